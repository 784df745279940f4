// Explore from the current preset: its neighbours, the morph square, and the saved presets.

var NEIGHBOURS = 16;
var KEEPING_MS = 500; // the server saves a preset within this time, and then lists it

/** Hold the menus and the square: `show(kind, values)` updates them; `tell(text)` reports. */
function Ways(server, show, tell) {
    this.server = server;
    this.show = show;
    this.tell = tell;
    this.place = [0.5, 0.5];
    this.kept = []; // ids, in the order of the menu
    this.listAt = Infinity; // ms
}

Ways.prototype.failed = function () {
    var tell = this.tell;
    return function (code, text) { tell(code + ": " + text); };
};

/** Request presets that sound like the current one; the menu lists them, the nearest first. */
Ways.prototype.neighbours = function () {
    var self = this;
    this.server.ask("NEIGHBOURS", [NEIGHBOURS], function (account) {
        self.fill("candidates", ["0: the starting preset"].concat(
            account.distances.map(function (distance, i) {
                return (i + 1) + ": distance " + distance.toFixed(1) + " dB";
            })
        ));
    }, this.failed());
};

Ways.prototype.candidate = function (place) {
    this.server.say("NEIGHBOUR", [place]);
};

Ways.prototype.fill = function (menu, lines) {
    this.show(menu, ["clear"]);
    for (var i = 0; i < lines.length; i++) {
        this.show(menu, ["append", lines[i]]);
    }
};

/** Put the current preset into corner 1 to 4: (0, 0), (1, 0), (0, 1), (1, 1). */
Ways.prototype.corner = function (number) {
    this.server.say("CORNER", [number]);
    this.show("pad", ["corner", number]);
};

/** Play a point of the square, and show it on the pad. */
Ways.prototype.morph = function (x, y) {
    this.place = [x, y];
    this.server.say("MORPH", [x, y]);
    this.show("pad", ["at", x, y]);
};

/** Set the stored numbers when the pad is released: one undo entry each. */
Ways.prototype.settle = function (x, y) {
    this.morph(x, y);
    this.show("morphx", ["set", x]);
    this.show("morphy", ["set", y]);
};

Ways.prototype.keep = function (name, now) {
    if (name) {
        this.server.say("KEEP", [name]);
        this.listAt = now + KEEPING_MS;
    }
};

Ways.prototype.tick = function (now) {
    if (now >= this.listAt) {
        this.listAt = Infinity;
        this.presets();
    }
};

Ways.prototype.presets = function () {
    var self = this;
    this.server.ask("PRESETS", [""], function (account) {
        self.kept = account.presets.map(function (preset) { return preset.id; });
        self.fill("favourites", account.presets.map(function (preset) { return preset.name; }));
    }, this.failed());
};

Ways.prototype.favourite = function (place) {
    if (this.kept[place] !== undefined) {
        this.server.say("LOAD", [this.kept[place]]);
    }
};

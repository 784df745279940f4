// The dials: the server sends names and positions, the dials send their turns.

var DIALS = 8;
var HAND_MS = 1000; // after a turn, the server does not move that dial for this long
var SAME = 0.002; // smaller steps are ignored, because each makes an entry in Live's undo history

/** Hold the dials; `show(kind, number, value)` shows a dial's position or name. */
function Knobs(server, show) {
    this.server = server;
    this.show = show;
    this.positions = []; // of the dials, by number
    this.names = [];
    this.turned = []; // ms
    this.ready = false; // a dial is not followed before the server's state is known
}

/** Start again with a server: use its positions, not those stored in the set. */
Knobs.prototype.reset = function () {
    this.positions = [];
    this.names = [];
};

/** Send a dial that a person or automation moved. */
Knobs.prototype.turn = function (number, position, now) {
    if (this.positions[number] === undefined || position === this.positions[number]) {
        return;
    }
    this.positions[number] = position;
    this.turned[number] = now;
    this.server.say("MACRO", [position], number);
};

/** Show a knob's position and name; brackets mark one that does nothing in the patch (`idle`).
 *  A knob that the instrument does not have has no name. */
Knobs.prototype.received = function (number, position, name, idle, now) {
    if (number > DIALS) {
        return;
    }
    name = idle && name ? "(" + name + ")" : name;
    if (this.names[number] !== name) {
        this.names[number] = name;
        this.show("name", number, name.replace("/", " / ")); // spaces allow a line break
    }
    // Setting a dial stops its automation in Live. So wait while a person or an envelope moves it.
    if (now - this.turned[number] < HAND_MS) {
        return;
    }
    if (!(Math.abs(this.positions[number] - position) < SAME)) {
        this.positions[number] = position;
        this.show("dial", number, position);
    }
};

// The dials: names and positions from the server, turns to it.

var DIALS = 8;
var HAND_MS = 1000; // for so long after a turn the server does not move that dial
var SAME = 0.002; // a smaller step is not worth an entry in Live's undo history

/** `show(kind, number, value)` shows a dial's position or name. */
function Knobs(server, show) {
    this.server = server;
    this.show = show;
    this.positions = []; // as the dials stand, by number
    this.names = [];
    this.turned = []; // ms
    this.ready = false; // before the server's state is known a dial is not followed
}

/** The server begins anew: its positions rule, not those that the set was stored with. */
Knobs.prototype.reset = function () {
    this.positions = [];
    this.names = [];
};

/** A hand, or automation, put a dial somewhere. */
Knobs.prototype.turn = function (number, position, now) {
    if (this.positions[number] === undefined || position === this.positions[number]) {
        return;
    }
    this.positions[number] = position;
    this.turned[number] = now;
    this.server.say("MACRO", [position], number);
};

/** The server tells where a knob is, and its name. */
Knobs.prototype.told = function (number, position, name, now) {
    if (number > DIALS) {
        return;
    }
    if (this.names[number] !== name) {
        this.names[number] = name;
        this.show("name", number, name.replace("/", " / ")); // so that it may break there
    }
    // Setting a dial stops its automation in Live, so never against a hand or an envelope.
    if (now - this.turned[number] < HAND_MS) {
        return;
    }
    if (!(Math.abs(this.positions[number] - position) < SAME)) {
        this.positions[number] = position;
        this.show("dial", number, position);
    }
};

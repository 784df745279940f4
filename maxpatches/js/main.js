// Handle the patch's messages. Outlets: 0 OSC to the server, 1 the panel, 2 values for the synth,
// 3 the Live parameter that each slot of outlet 2 moves.

autowatch = 0;
inlets = 1;
outlets = 4;

var TICK_MS = 25;
var STATE_MS = 1000; // the server sends its whole state within this time
var STEPS = { undo: "UNDO", redo: "REDO", switch: "SWITCH", wander: "WANDER" };
var inLive = jsarguments[1] === "live";

var server = new Server(function (path, values) {
    outlet(0, [path].concat(values)); // outlet() sends a list as arguments; it has no apply()
}, function (port) {
    outlet(1, "listen", "port", port);
}, status);
var knobs = new Knobs(server, function (kind, number, value) {
    outlet(1, kind, number, "set", value);
});
var plugin = new Plugin(function (slot, value) {
    outlet(2, slot, value);
}, function (slot, id) {
    outlet(3, slot, "id", id);
}, function (text) {
    outlet(1, "plugin", "set", text);
});
var sketch = new Sketch(server, panel, status);
var ways = new Ways(server, panel, status);
var ticking = new Task(tick);
var reportAt = Infinity;

server.begun = function () {
    knobs.reset();
    plugin.release();
    plugin.forget();
    ways.presets();
    reportAt = now() + STATE_MS;
};
sketch.found = function () { ways.neighbours(); };

function panel(kind, values) {
    outlet(1, [kind].concat(values));
}
panel.local = 1;

function status(text) {
    outlet(1, "status", "set", text);
}
status.local = 1;

function now() {
    return new Date().getTime();
}
now.local = 1;

function tick() {
    var time = now();
    server.tick(time);
    sketch.tick(time);
    ways.tick(time);
    if (inLive) {
        plugin.look(time);
        plugin.tick(time);
        if (time >= reportAt) {
            reportAt = Infinity;
            plugin.report();
        }
    }
}
tick.local = 1;

/** Start when the device is loaded; only now may the Live API be used. */
function start() {
    if (inLive) {
        plugin.find();
    }
    status("looking for the server");
    ticking.interval = TICK_MS;
    ticking.repeat();
}

function close() {
    ticking.cancel();
    plugin.release();
    server.close();
}

// -- the panel ------------------------------------------------------------------------------------

function dial(number, position) { knobs.turn(number, position, now()); }
function corner(number) { ways.corner(number); }
function drag(x, y) { ways.morph(x, y); }
function settle(x, y) { ways.settle(x, y); }
function morphx(x) { ways.morph(x, ways.place[1]); }
function morphy(y) { ways.morph(ways.place[0], y); }
function neighbours() { ways.neighbours(); }
function candidate(place) { ways.candidate(place); }
function favourite(place) { ways.favourite(place); }
function keep() { ways.keep(arrayfromargs(arguments).join(" "), now()); }
function step(name) { server.say(STEPS[name]); }
function record(on) { sketch.record(on, now()); }
function place(path) { sketch.place(path); }
function written() { sketch.written(); }
function drop(path) { sketch.drop(path); }
function budget(name) { sketch.budget = name; }
function cancel() { sketch.cancel(); }
function push() { plugin.push(now()); }
function attach() { plugin.seek(now()); }
function serverport() { server.restart(); }

// -- the server -----------------------------------------------------------------------------------

/** Handle messages without a function of their name: OSC from the server. */
function anything() {
    var values = arrayfromargs(arguments);
    var numbered = messagename.match(/^(.*\/)([0-9]+)$/);
    var pattern = numbered ? numbered[1] + "N" : messagename;
    if (!isReceived(pattern)) {
        return;
    }
    server.received();
    if (pattern === RECEIVED.MACRO_STATE) {
        knobs.received(Number(numbered[2]), values[0], String(values[1]), values[2], now());
    } else if (pattern === RECEIVED.PARAMETER) {
        parameter(String(values[0]), values[1], values[2]);
    } else if (pattern === RECEIVED.PROGRESS) {
        sketch.progress(values[0], values[1], values[2], values[3]);
    } else if (pattern === RECEIVED.RESULT) {
        server.result(values[0], values[1]);
    } else if (pattern === RECEIVED.ERROR && !server.error(values[0], values[1], values[2])) {
        status(values[1] + ": " + values[2]);
    }
}

function isReceived(pattern) {
    return Object.keys(RECEIVED).some(function (name) { return RECEIVED[name] === pattern; });
}
isReceived.local = 1;

function parameter(name, unit, native) {
    if (inLive) {
        plugin.received(name, native, now());
    } else {
        outlet(2, name, unit, native);
    }
}
parameter.local = 1;

// patchwright in Max: built by `python -m maxpatches.build` from js/ and the protocol.
// Plain ES5 for [js], which runs in Max 8 and Live 11 as well as in Max 9 and Live 12.

// Addresses that the device sends; N is a number from 1.
var SENT = {
    "MACRO": "/patchwright/macro/N",
    "SET_PARAMETER": "/patchwright/param/set",
    "SET_NUMBER": "/patchwright/param/N",
    "SUBSCRIBE": "/patchwright/subscribe",
    "REFRESH": "/patchwright/refresh",
    "TOKEN": "/patchwright/token",
    "UNDO": "/patchwright/undo",
    "REDO": "/patchwright/redo",
    "SWITCH": "/patchwright/switch",
    "LOCK": "/patchwright/lock",
    "MATCH": "/patchwright/match",
    "PATCH": "/patchwright/patch",
    "CANCEL": "/patchwright/cancel",
    "NEIGHBOURS": "/patchwright/neighbours",
    "NEIGHBOUR": "/patchwright/neighbour",
    "WANDER": "/patchwright/wander",
    "CORNER": "/patchwright/corner",
    "MORPH": "/patchwright/morph",
    "MODEL": "/patchwright/model",
    "REBUILD": "/patchwright/rebuild",
    "KEEP": "/patchwright/keep",
    "PRESETS": "/patchwright/presets",
    "LOAD": "/patchwright/load"
};

// Addresses that the device receives.
var RECEIVED = {
    "PARAMETER": "/patchwright/param",
    "MACRO_STATE": "/patchwright/macro/N",
    "PROGRESS": "/patchwright/progress",
    "RESULT": "/patchwright/result",
    "ERROR": "/patchwright/error"
};

// Vital's controls: the plugin's name and the range of each.
var HOSTED = {
    "chorus_dry_wet": ["Chorus Mix", 0.0, 1.0],
    "chorus_feedback": ["Chorus Feedback", -0.95, 0.95],
    "chorus_frequency": ["Chorus Frequency", -6.0, 3.0],
    "chorus_mod_depth": ["Chorus Mod Depth", 0.0, 1.0],
    "delay_dry_wet": ["Delay Mix", 0.0, 1.0],
    "delay_feedback": ["Delay Feedback", -1.0, 1.0],
    "delay_frequency": ["Delay Frequency", -2.0, 9.0],
    "distortion_drive": ["Distortion Drive", -30.0, 30.0],
    "env_1_attack": ["Envelope 1 Attack", 0.0, 2.37842],
    "env_1_decay": ["Envelope 1 Decay", 0.0, 2.37842],
    "env_1_release": ["Envelope 1 Release", 0.0, 2.37842],
    "env_1_sustain": ["Envelope 1 Sustain", 0.0, 1.0],
    "env_2_attack": ["Envelope 2 Attack", 0.0, 2.37842],
    "env_2_decay": ["Envelope 2 Decay", 0.0, 2.37842],
    "env_2_sustain": ["Envelope 2 Sustain", 0.0, 1.0],
    "eq_high_gain": ["EQ High Gain", -15.0, 15.0],
    "eq_low_gain": ["EQ Low Gain", -15.0, 15.0],
    "filter_1_blend": ["Filter 1 Blend", 0.0, 2.0],
    "filter_1_cutoff": ["Filter 1 Cutoff", 8.0, 136.0],
    "filter_1_drive": ["Filter 1 Drive", 0.0, 20.0],
    "filter_1_resonance": ["Filter 1 Resonance", 0.0, 1.0],
    "filter_2_blend": ["Filter 2 Blend", 0.0, 2.0],
    "filter_2_cutoff": ["Filter 2 Cutoff", 8.0, 136.0],
    "filter_2_drive": ["Filter 2 Drive", 0.0, 20.0],
    "filter_2_resonance": ["Filter 2 Resonance", 0.0, 1.0],
    "flanger_center": ["Flanger Center", 8.0, 136.0],
    "flanger_dry_wet": ["Flanger Mix", 0.0, 0.5],
    "lfo_1_frequency": ["LFO 1 Frequency", -7.0, 9.0],
    "lfo_2_frequency": ["LFO 2 Frequency", -7.0, 9.0],
    "modulation_1_amount": ["Modulation 1 Amount", -1.0, 1.0],
    "modulation_2_amount": ["Modulation 2 Amount", -1.0, 1.0],
    "modulation_3_amount": ["Modulation 3 Amount", -1.0, 1.0],
    "modulation_4_amount": ["Modulation 4 Amount", -1.0, 1.0],
    "osc_1_distortion_amount": ["Oscillator 1 Distortion Amount", 0.0, 1.0],
    "osc_1_level": ["Oscillator 1 Level", 0.0, 1.0],
    "osc_1_pan": ["Oscillator 1 Pan", -1.0, 1.0],
    "osc_1_phase": ["Oscillator 1 Phase", 0.0, 1.0],
    "osc_1_spectral_morph_amount": ["Oscillator 1 Frequency Morph Amount", 0.0, 1.0],
    "osc_1_stereo_spread": ["Oscillator 1 Stereo Spread", 0.0, 1.0],
    "osc_1_transpose": ["Oscillator 1 Transpose", -48.0, 48.0],
    "osc_1_tune": ["Oscillator 1 Tune", -1.0, 1.0],
    "osc_1_unison_blend": ["Oscillator 1 Blend", 0.0, 1.0],
    "osc_1_unison_detune": ["Oscillator 1 Unison Detune", 0.0, 10.0],
    "osc_1_unison_voices": ["Oscillator 1 Unison Voices", 1.0, 16.0],
    "osc_1_wave_frame": ["Oscillator 1 Wave Frame", 0.0, 256.0],
    "osc_2_distortion_amount": ["Oscillator 2 Distortion Amount", 0.0, 1.0],
    "osc_2_level": ["Oscillator 2 Level", 0.0, 1.0],
    "osc_2_pan": ["Oscillator 2 Pan", -1.0, 1.0],
    "osc_2_spectral_morph_amount": ["Oscillator 2 Frequency Morph Amount", 0.0, 1.0],
    "osc_2_transpose": ["Oscillator 2 Transpose", -48.0, 48.0],
    "osc_2_tune": ["Oscillator 2 Tune", -1.0, 1.0],
    "osc_2_unison_detune": ["Oscillator 2 Unison Detune", 0.0, 10.0],
    "osc_2_unison_voices": ["Oscillator 2 Unison Voices", 1.0, 16.0],
    "osc_2_wave_frame": ["Oscillator 2 Wave Frame", 0.0, 256.0],
    "osc_3_level": ["Oscillator 3 Level", 0.0, 1.0],
    "osc_3_transpose": ["Oscillator 3 Transpose", -48.0, 48.0],
    "osc_3_wave_frame": ["Oscillator 3 Wave Frame", 0.0, 256.0],
    "phaser_center": ["Phaser Center", 8.0, 136.0],
    "phaser_dry_wet": ["Phaser Mix", 0.0, 1.0],
    "phaser_frequency": ["Phaser Frequency", -5.0, 2.0],
    "reverb_decay_time": ["Reverb Decay Time", -6.0, 6.0],
    "reverb_dry_wet": ["Reverb Mix", 0.0, 1.0],
    "reverb_size": ["Reverb Size", 0.0, 1.0],
    "sample_level": ["Sample Level", 0.0, 1.0]
};

// The connection to the server: our own reply port, a renewed subscription, requests and answers.
//
// Each device chooses a random port, and another one if no answer arrives there. So devices in one
// set, and other programs, do not need the same port.

var LOWEST_PORT = 20000;
var HIGHEST_PORT = 59999;
var TTL_S = 60;
var PACE_HZ = 60; // the server sends each knob and parameter at most this often, the newest value
var RENEW_MS = 15000;
var PATIENCE_MS = 2500; // no answer to a subscription in this time: no server, or the port is taken
var BIND_MS = 100; // between opening a port and the subscription that uses it

/** Return the path of an address by its name in the protocol; `number` replaces its N. */
function addressOf(table, name, number) {
    if (!table.hasOwnProperty(name)) {
        throw new Error("address " + name + ": not in the protocol");
    }
    return number === undefined ? table[name] : table[name].replace(/N$/, String(number));
}

/** `send(path, values)` sends OSC, `listen(port)` sets the receiver, `tell(text)` reports. */
function Server(send, listen, tell) {
    this.send = send;
    this.listen = listen;
    this.tell = tell;
    this.port = 0;
    this.alive = false;
    this.subscribeAt = 0; // ms; 0: not due
    this.askedAt = -Infinity;
    this.answered = true; // false from a subscription until the next message
    this.nextId = 1 + Math.floor(Math.random() * 1e6);
    this.waiting = {}; // by id: the functions to call when a request ends
    this.begun = null; // called when a server starts to answer
}

/** Send a message that has no answer: `say("MACRO", [0.5], 3)`. */
Server.prototype.say = function (name, values, number) {
    this.send(addressOf(SENT, name, number), values || []);
};

/** Send a request and return its id; `done(account)` or `failed(code, text)` is called once. */
Server.prototype.ask = function (name, values, done, failed) {
    var id = this.nextId++;
    this.waiting[id] = { done: done, failed: failed };
    this.say(name, [id].concat(values));
    return id;
};

/** Renew or replace the subscription when it is time; called often, `now` in ms. */
Server.prototype.tick = function (now) {
    if (!this.answered && now - this.askedAt > PATIENCE_MS) {
        this.lose();
    }
    if (this.subscribeAt && now >= this.subscribeAt) {
        this.subscribe(now);
    } else if (!this.subscribeAt && (!this.alive || now - this.askedAt > RENEW_MS)) {
        this.renew(now);
    }
};

Server.prototype.renew = function (now) {
    if (this.alive) {
        this.subscribe(now);
    } else if (this.answered) {
        this.port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT + 1));
        this.listen(this.port);
        this.subscribeAt = now + BIND_MS;
    }
};

Server.prototype.subscribe = function (now) {
    this.subscribeAt = 0;
    this.askedAt = now;
    this.answered = false;
    this.say("SUBSCRIBE", [this.port, TTL_S, PACE_HZ]);
};

Server.prototype.lose = function () {
    this.answered = true; // stop waiting and try another port
    this.alive = false;
    this.waiting = {}; // a new server does not know these requests
    this.tell("no answer from the server: start it with  patchwright serve");
};

/** Note that a message arrived from the server. */
Server.prototype.received = function () {
    this.answered = true;
    if (!this.alive) {
        this.alive = true;
        this.tell("connected");
        this.begun();
    }
};

/** End one of our requests; return false for another program's request. */
Server.prototype.result = function (id, json) {
    var account = JSON.parse(json);
    var request = this.waiting[id];
    if (request && account.parts) {
        request.presets = (request.presets || []).concat(account.presets);
        request.missing = (request.missing || account.parts) - 1;
        if (request.missing > 0) {
            return true; // a list that is too long for one packet comes in several results
        }
        account.presets = request.presets;
    }
    return this.end(id, function (request) { request.done(account); });
};

Server.prototype.error = function (id, code, text) {
    return this.end(id, function (request) { request.failed(code, text); });
};

Server.prototype.end = function (id, how) {
    var request = this.waiting[id];
    delete this.waiting[id];
    if (request) {
        how(request);
    }
    return Boolean(request);
};

/** Start again at once, for example when the server's port has changed. */
Server.prototype.restart = function () {
    this.answered = true;
    this.alive = false;
    this.subscribeAt = 0;
};

/** End the subscription. */
Server.prototype.close = function () {
    if (this.port) {
        this.say("SUBSCRIBE", [this.port, 0]);
    }
};

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

// The plugin on our track, through the Live API. A gesture goes through live.remote~ and ends in
// one commit.
//
// live.remote~ writes without undo steps, but it blocks the parameter's own value. So it is used
// only during a movement. After the movement its slots are released and the values are set once.

var SLOTS = 64; // live.remote~ objects in the patch
var REST_MS = 400; // a gesture ends after this time without a change
var SEEK_MS = 30000; // after Attach, a plugin that is clicked in Live within this time is used
var LOOK_MS = 250;
var PLUGINS = { PluginDevice: true, AuPluginDevice: true };

/** Return only letters and digits of a name: hosts and formats differ in the other characters. */
function bareName(name) {
    return String(name).toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** `move(slot, value)` and `hold(slot, id)` control live.remote~; `tell(text)` reports. */
function Plugin(move, hold, tell) {
    this.move = move;
    this.hold = hold;
    this.tell = tell;
    this.name = "";
    this.parameters = {}; // of the plugin in Live, by bare name: {id, min, max}
    this.seekUntil = -Infinity; // ms
    this.lookAt = 0;
    this.forget();
}

/** Start again with a server: the first values that it sends are its state, not changes. */
Plugin.prototype.forget = function () {
    this.values = {}; // from the server, 0..1 of the plugin's range, by the server's name
    this.written = {}; // values that the plugin already has
    this.moving = {}; // values in the slots during a gesture
    this.slots = []; // names, by slot from 0
    this.movedAt = null;
};

/** Find the plugin on this device's track. */
Plugin.prototype.find = function () {
    var track = new LiveAPI("this_device canonical_parent");
    for (var i = 0; i < track.getcount("devices"); i++) {
        var device = new LiveAPI("this_device canonical_parent devices " + i);
        if (PLUGINS[String(device.get("class_name"))]) {
            this.attach(device);
            return;
        }
    }
    this.tell("no plugin on this track: press Attach, then click a plugin");
};

/** Use the next plugin that is clicked in Live; our own button may have selected this device. */
Plugin.prototype.seek = function (now) {
    this.seekUntil = now + SEEK_MS;
    this.lookAt = now;
    this.tell("click the plugin's title in Live");
};

Plugin.prototype.look = function (now) {
    if (now > this.seekUntil || now < this.lookAt) {
        return;
    }
    this.lookAt = now + LOOK_MS;
    var device = new LiveAPI("live_set view selected_track view selected_device");
    if (PLUGINS[String(device.get("class_name"))]) {
        this.seekUntil = -Infinity;
        this.attach(device);
    }
};

Plugin.prototype.attach = function (device) {
    this.release();
    this.name = String(device.get("name"));
    this.parameters = {};
    for (var i = 0; i < device.getcount("parameters"); i++) {
        var parameter = new LiveAPI(device.unquotedpath + " parameters " + i);
        this.parameters[bareName(parameter.get("name"))] = {
            id: Number(parameter.id),
            min: Number(parameter.get("min")),
            max: Number(parameter.get("max"))
        };
    }
    this.written = {};
    this.report();
};

/** Report how many parameters of the preset Live can set in the plugin. */
Plugin.prototype.report = function () {
    var missing = this.missing();
    var all = Object.keys(this.values).length;
    if (!this.name) {
        return;
    }
    if (all === 0) {
        this.tell(this.name);
        return;
    }
    if (missing.length === 0) {
        this.tell(this.name + ": all " + all + " parameters");
        return;
    }
    this.tell(this.name + ": " + (all - missing.length) + " of " + all + "; Configure " +
        missing.slice(0, 3).join(", ") + (missing.length > 3 ? ", ..." : ""));
    post("patchwright: in " + this.name + " press Configure and add: " + missing.join(", ") + "\n");
};

/** Return the parameters that Live does not offer, by the names in the plugin. */
Plugin.prototype.missing = function () {
    return Object.keys(this.values).filter(function (name) {
        return !this.of(name);
    }, this).map(shownName);
};

Plugin.prototype.of = function (name) {
    return this.parameters[bareName(shownName(name))];
};

/** Store one parameter's native value from the server. */
Plugin.prototype.received = function (name, native, now) {
    var share = shareOf(name, native);
    var first = !this.values.hasOwnProperty(name);
    if (!first && this.values[name] === share) {
        return;
    }
    this.values[name] = share;
    if (!first) {
        this.movedAt = now;
    }
};

/** Write the whole preset, as if every value had changed. */
Plugin.prototype.push = function (now) {
    this.written = {};
    this.movedAt = now;
};

/** Show a gesture, and commit it when it ends; called often. */
Plugin.prototype.tick = function (now) {
    if (this.movedAt === null) {
        return;
    }
    if (now - this.movedAt < REST_MS) {
        this.unwritten().forEach(this.show, this);
    } else {
        this.commit();
    }
};

/** Return the values that the plugin does not have: after attaching, the whole preset. */
Plugin.prototype.unwritten = function () {
    return Object.keys(this.values).filter(function (name) {
        return this.of(name) && this.written[name] !== this.values[name];
    }, this);
};

Plugin.prototype.show = function (name) {
    var slot = this.slots.indexOf(name);
    if (slot < 0 && this.slots.length < SLOTS) {
        slot = this.slots.push(name) - 1;
        this.hold(slot + 1, this.of(name).id);
    }
    if (slot >= 0 && this.moving[name] !== this.values[name]) {
        this.moving[name] = this.values[name];
        this.move(slot + 1, this.valueOf(name));
    }
};

/** Release the slots and set the changed values: the gesture's only entries in the undo history. */
Plugin.prototype.commit = function () {
    var changed = this.unwritten();
    this.release();
    changed.forEach(function (name) {
        new LiveAPI("id " + this.of(name).id).set("value", this.valueOf(name));
        this.written[name] = this.values[name];
    }, this);
};

Plugin.prototype.release = function () {
    for (var slot = 1; slot <= this.slots.length; slot++) {
        this.hold(slot, 0);
    }
    this.slots = [];
    this.moving = {};
    this.movedAt = null;
};

/** Return a value in the units of Live's own parameter. */
Plugin.prototype.valueOf = function (name) {
    var parameter = this.of(name);
    var share = Math.min(1, Math.max(0, this.values[name]));
    return parameter.min + share * (parameter.max - parameter.min);
};

/** Return the name of a parameter in the plugin's display. */
function shownName(name) {
    return HOSTED.hasOwnProperty(name) ? HOSTED[name][0] : name;
}

/** Return 0..1 of the plugin's own range; a hosted plugin's native values are already 0..1. */
function shareOf(name, native) {
    if (!HOSTED.hasOwnProperty(name)) {
        return native;
    }
    return (native - HOSTED[name][1]) / (HOSTED[name][2] - HOSTED[name][1]);
}

// Match a sound that is dropped, or recorded and written to a file.

var PRESET = /\.(vital|fxp|vstpreset|bank|h2p)$/i; // other files are sounds
var LONGEST_MS = 8000; // longest recording: the length of the patch's buffer

/** Hold the sketch: `show(kind, values)` controls the patch's tape; `tell(text)` reports. */
function Sketch(server, show, tell) {
    this.server = server;
    this.show = show;
    this.tell = tell;
    this.budget = "quick";
    this.path = ""; // where recordings are written
    this.recordingSince = null;
    this.writing = false;
    this.id = null; // of the running match
    this.found = null; // called after a match
}

Sketch.prototype.record = function (on, now) {
    if (on) {
        this.show("tape", ["clear"]);
        this.show("record", [1]);
        this.recordingSince = now;
        this.tell("recording");
    } else if (this.recordingSince !== null) {
        this.recordingSince = null;
        this.show("record", [0]);
        this.show("recbutton", ["set", 0]);
        this.write();
    }
};

Sketch.prototype.tick = function (now) {
    if (this.recordingSince !== null && now - this.recordingSince >= LONGEST_MS) {
        this.record(0, now);
    }
};

/** Write the recording. The first time, ask where: a device does not know a writable folder. */
Sketch.prototype.write = function () {
    if (this.path) {
        this.writing = true;
        this.show("tape", ["writewave", this.path]);
    } else {
        this.tell("choose where to save recordings");
        this.show("askplace", ["bang"]);
    }
};

Sketch.prototype.place = function (path) {
    this.path = /\.wav$/i.test(path) ? path : path + ".wav";
    this.write();
};

/** Match the file when the buffer has written it; other file operations are ignored. */
Sketch.prototype.written = function () {
    if (this.writing) {
        this.writing = false;
        this.match(this.path);
    }
};

/** Match a dropped sound, or play on a dropped preset file. */
Sketch.prototype.drop = function (path) {
    if (!this.server.alive) {
        return; // before a server answers, live.drop only repeats a stored set's file
    }
    if (PRESET.test(path)) {
        this.patch(path);
    } else {
        this.match(path);
    }
};

/** Play on a preset file: everything in it stays, and the dials start from it. */
Sketch.prototype.patch = function (path) {
    var tell = this.tell;
    tell("loading the patch");
    this.server.ask("PATCH", [path], function (account) {
        var lacks = account.missing.length;
        var more = lacks ? "; Max's console lists what it lacks (" + lacks + ")" : "";
        tell("on " + account.file + more);
        account.missing.forEach(function (line) { post(line + "\n"); });
    }, function (code, text) { tell(code + ": " + text); });
};

Sketch.prototype.match = function (path) {
    var self = this;
    this.tell("matching");
    this.id = this.server.ask("MATCH", [path, this.budget], function (account) {
        self.id = null;
        self.tell(answerText(account));
        self.found();
    }, function (code, text) {
        self.id = null;
        self.tell(code + ": " + text);
    });
};

Sketch.prototype.cancel = function () {
    if (this.id !== null) {
        this.server.say("CANCEL", [this.id]);
    }
};

Sketch.prototype.progress = function (id, renders, of, distance) {
    if (id === this.id) {
        var best = distance < 0 ? "" : ", best distance " + distance.toFixed(1) + " dB";
        this.tell("matching: " + renders + " of " + of + " rendered" + best);
    }
};

/** Return the distance of the loaded answer in dB: by parameters or by resynthesis. */
function chosenDistance(account) {
    var chosen = (account.answers || []).filter(function (answer) {
        return answer.method === account.method && typeof answer.distance === "number";
    });
    return chosen.length ? chosen[0].distance : account.distance;
}

/** Return the text about an answer; a distance is not a percentage. */
function answerText(account) {
    var text = "distance " + chosenDistance(account).toFixed(1) + " dB";
    if (account.method === "resynthesis") {
        text += ", a whole preset by resynthesis";
    }
    var confidence = account.confidence;
    if (!confidence) {
        return text;
    }
    text = confidence.verdict + ": " + text;
    var expected = confidence.expected || {};
    var larger = Object.keys(expected).map(function (budget) {
        return budget + " may reach " + expected[budget].toFixed(1);
    });
    return larger.length ? text + "; " + larger.join(", ") : text;
}

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

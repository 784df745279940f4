// patchwright in Max: built by `python -m maxpatches.build` from js/ and the protocol.
// Plain ES5 for [js], so that Max 8 and Live 11 run it as Max 9 and Live 12 do.

// Addresses that the device sends; N is a number from 1.
var TOLD = {
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
    "CANCEL": "/patchwright/cancel",
    "NEIGHBOURS": "/patchwright/neighbours",
    "NEIGHBOUR": "/patchwright/neighbour",
    "WANDER": "/patchwright/wander",
    "CORNER": "/patchwright/corner",
    "MORPH": "/patchwright/morph",
    "MODEL": "/patchwright/model",
    "KEEP": "/patchwright/keep",
    "PRESETS": "/patchwright/presets",
    "LOAD": "/patchwright/load"
};

// Addresses that it hears.
var HEARD = {
    "PARAMETER": "/patchwright/param",
    "MACRO_STATE": "/patchwright/macro/N",
    "PROGRESS": "/patchwright/progress",
    "RESULT": "/patchwright/result",
    "ERROR": "/patchwright/error"
};

// Vital's controls: the plugin's name of each, and the range it spans.
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

// The server's side: a reply port of our own, a subscription kept alive, requests and answers.
//
// Any port will do, so each device draws one at random and draws again when nothing answers there:
// devices in one set, and other programs, never fight for a port.

var LOWEST_PORT = 20000;
var HIGHEST_PORT = 59999;
var TTL_S = 60;
var PACE_HZ = 60; // knobs and parameters are told this often at most, each with its newest value
var RENEW_MS = 15000;
var PATIENCE_MS = 2500; // without an answer to a subscription: no server, or the port is taken
var BIND_MS = 100; // between taking a port and being answered there

/** The path of an address by its name in the protocol; `number` fills in its N. */
function addressOf(table, name, number) {
    if (!table.hasOwnProperty(name)) {
        throw new Error("no address " + name + " in the protocol");
    }
    return number === undefined ? table[name] : table[name].replace(/N$/, String(number));
}

/** `send(path, values)` sends OSC, `listen(port)` moves the receiver, `tell(text)` reports. */
function Server(send, listen, tell) {
    this.send = send;
    this.listen = listen;
    this.tell = tell;
    this.port = 0;
    this.alive = false;
    this.subscribeAt = 0; // ms; 0: not due
    this.askedAt = -Infinity;
    this.answered = true; // whether anything came since the last subscription
    this.nextId = 1 + Math.floor(Math.random() * 1e6);
    this.waiting = {}; // by id: what to do with a request's end
    this.begun = null; // called when a server begins to answer
}

/** Say something without an answer: `say("MACRO", [0.5], 3)`. */
Server.prototype.say = function (name, values, number) {
    this.send(addressOf(TOLD, name, number), values || []);
};

/** Ask for something; `done(account)` or `failed(code, text)` is called once. Returns the id. */
Server.prototype.ask = function (name, values, done, failed) {
    var id = this.nextId++;
    this.waiting[id] = { done: done, failed: failed };
    this.say(name, [id].concat(values));
    return id;
};

/** To be called often; `now` in ms. */
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
    this.answered = true; // given up waiting: another port is tried
    this.alive = false;
    this.waiting = {}; // a server that begins anew knows nothing of them
    this.tell("no answer from the server: start it with  patchwright serve");
};

/** Anything came from the server. */
Server.prototype.heard = function () {
    this.answered = true;
    if (!this.alive) {
        this.alive = true;
        this.tell("connected");
        this.begun();
    }
};

/** The end of one of our requests; false for another's. */
Server.prototype.result = function (id, json) {
    return this.end(id, function (request) { request.done(JSON.parse(json)); });
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

/** Start over at once, as when the server's port was changed. */
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

// The plugin on our track, by the Live API. A gesture goes through live.remote~ and ends in one
// commit.
//
// live.remote~ writes without undo steps but holds the parameter's own value back, so it only
// carries a movement; when that rests, its slots are let go and the values are set once.

var SLOTS = 64; // live.remote~ objects in the patch
var REST_MS = 400; // without a change: the gesture is over
var SEEK_MS = 30000; // after Attach: for so long a plugin that is clicked in Live is taken
var LOOK_MS = 250;
var PLUGINS = { PluginDevice: true, AuPluginDevice: true };

/** Letters and digits alone: hosts and formats differ in the rest of a name. */
function bareName(name) {
    return String(name).toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** `move(slot, value)` and `hold(slot, id)` go to live.remote~; `tell(text)` reports. */
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

/** The server begins anew: what it tells first is its state, not a change. */
Plugin.prototype.forget = function () {
    this.values = {}; // what the server told, 0..1 of the plugin's range, by the server's name
    this.written = {}; // what the plugin holds of it
    this.moving = {}; // what the slots show during a gesture
    this.slots = []; // names, by slot from 0
    this.movedAt = null;
};

/** Find the plugin beside this device. */
Plugin.prototype.find = function () {
    var track = new LiveAPI("this_device canonical_parent");
    for (var i = 0; i < track.getcount("devices"); i++) {
        var device = new LiveAPI("this_device canonical_parent devices " + i);
        if (PLUGINS[String(device.get("class_name"))]) {
            this.attach(device);
            return;
        }
    }
    this.tell("no plugin on this track: press Attach, then click one");
};

/** Take the next plugin that is clicked in Live: a press of our own button may select ourselves. */
Plugin.prototype.seek = function (now) {
    this.seekUntil = now + SEEK_MS;
    this.lookAt = now;
    this.tell("now click the plugin's title in Live");
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

/** Say how much of the preset the plugin can be told. */
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

/** Names, as the plugin shows them, that Live does not offer. */
Plugin.prototype.missing = function () {
    return Object.keys(this.values).filter(function (name) {
        return !this.of(name);
    }, this).map(shownName);
};

Plugin.prototype.of = function (name) {
    return this.parameters[bareName(shownName(name))];
};

/** The server tells one parameter's native value. */
Plugin.prototype.told = function (name, native, now) {
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

/** Write the whole preset, as if all of it had just changed. */
Plugin.prototype.push = function (now) {
    this.written = {};
    this.movedAt = now;
};

/** To be called often: shows a gesture, and commits it once it rests. */
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

/** What the plugin does not hold yet: after attaching, the whole preset. */
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

/** Let the slots go and set what has changed: the gesture's only entries in the undo history. */
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

/** In the units of Live's own parameter. */
Plugin.prototype.valueOf = function (name) {
    var parameter = this.of(name);
    var share = Math.min(1, Math.max(0, this.values[name]));
    return parameter.min + share * (parameter.max - parameter.min);
};

/** What the plugin's display calls a parameter. */
function shownName(name) {
    return HOSTED.hasOwnProperty(name) ? HOSTED[name][0] : name;
}

/** 0..1 of the plugin's own range; a hosted plugin's native values are that already. */
function shareOf(name, native) {
    if (!HOSTED.hasOwnProperty(name)) {
        return native;
    }
    return (native - HOSTED[name][1]) / (HOSTED[name][2] - HOSTED[name][1]);
}

// A sound in: dropped, or recorded and written to a file, then matched.

var LONGEST_MS = 8000; // of a recording: the length of the patch's buffer

/** `show(kind, values)` works the patch's tape; `tell(text)` says how the match goes. */
function Sketch(server, show, tell) {
    this.server = server;
    this.show = show;
    this.tell = tell;
    this.budget = "quick";
    this.path = ""; // where recordings are written
    this.recordingSince = null;
    this.writing = false;
    this.id = null; // of the match under way
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

/** The first time the musician is asked where: a device cannot know a folder it may write to. */
Sketch.prototype.write = function () {
    if (this.path) {
        this.writing = true;
        this.show("tape", ["writewave", this.path]);
    } else {
        this.tell("where shall sketches be kept?");
        this.show("askplace", ["bang"]);
    }
};

Sketch.prototype.place = function (path) {
    this.path = /\.wav$/i.test(path) ? path : path + ".wav";
    this.write();
};

/** The buffer has finished a file operation; only our own is matched. */
Sketch.prototype.written = function () {
    if (this.writing) {
        this.writing = false;
        this.match(this.path);
    }
};

/** live.drop may say again what a set was stored with, long before a server answers. */
Sketch.prototype.drop = function (path) {
    if (this.server.alive) {
        this.match(path);
    }
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
        var best = distance < 0 ? "" : ", best " + distance.toFixed(1) + " dB away";
        this.tell("matching: " + renders + " of " + of + " played" + best);
    }
};

/** Of the answer that was loaded, dB: by parameters or by resynthesis. */
function chosenDistance(account) {
    var chosen = (account.answers || []).filter(function (answer) {
        return answer.method === account.method && typeof answer.distance === "number";
    });
    return chosen.length ? chosen[0].distance : account.distance;
}

/** What a musician is told of an answer; a distance is no percentage. */
function answerText(account) {
    var text = "answer " + chosenDistance(account).toFixed(1) + " dB away";
    if (account.method === "resynthesis") {
        text += ", the sound itself as a whole preset";
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

// Ways on: neighbours to choose from, the square of four presets, and what was kept.

var NEIGHBOURS = 16;
var KEEPING_MS = 500; // the server has kept a preset by then, and lists it

/** `show(kind, values)` fills menus and moves the pad; `tell(text)` reports. */
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

/** Ask what sounds like the present preset; the menu then holds them, the nearest first. */
Ways.prototype.neighbours = function () {
    var self = this;
    this.server.ask("NEIGHBOURS", [NEIGHBOURS], function (account) {
        self.fill("candidates", ["0: where it was asked"].concat(
            account.distances.map(function (distance, i) {
                return (i + 1) + ": " + distance.toFixed(1) + " dB away";
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

/** Put the present preset into a corner from 1: (0, 0), (1, 0), (0, 1), (1, 1). */
Ways.prototype.corner = function (number) {
    this.server.say("CORNER", [number]);
    this.show("pad", ["corner", number]);
};

/** A point of the square; the pad and the two numbers follow each other. */
Ways.prototype.morph = function (x, y) {
    this.place = [x, y];
    this.server.say("MORPH", [x, y]);
    this.show("pad", ["at", x, y]);
};

/** The hand has left the pad: only now are the stored numbers set, one undo entry each. */
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

// What the patch's messages do. Outlets: 0 OSC to the server, 1 the panel, 2 values that go on to
// the synth, 3 which Live parameter each slot of outlet 2 moves.

autowatch = 0;
inlets = 1;
outlets = 4;

var TICK_MS = 25;
var STATE_MS = 1000; // the whole state has come by then
var STEPS = { undo: "UNDO", redo: "REDO", switch: "SWITCH", wander: "WANDER" };
var inLive = jsarguments[1] === "live";

var server = new Server(function (path, values) {
    outlet(0, [path].concat(values)); // a list is unrolled; Max's outlet has no apply()
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

/** The device is loaded: from here on the Live API may be used. */
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

/** Whatever has no function of its own here: OSC. */
function anything() {
    var values = arrayfromargs(arguments);
    var numbered = messagename.match(/^(.*\/)([0-9]+)$/);
    var pattern = numbered ? numbered[1] + "N" : messagename;
    if (!isHeard(pattern)) {
        return;
    }
    server.heard();
    if (pattern === HEARD.MACRO_STATE) {
        knobs.told(Number(numbered[2]), values[0], String(values[1]), now());
    } else if (pattern === HEARD.PARAMETER) {
        parameter(String(values[0]), values[1], values[2]);
    } else if (pattern === HEARD.PROGRESS) {
        sketch.progress(values[0], values[1], values[2], values[3]);
    } else if (pattern === HEARD.RESULT) {
        server.result(values[0], values[1]);
    } else if (pattern === HEARD.ERROR && !server.error(values[0], values[1], values[2])) {
        status(values[1] + ": " + values[2]);
    }
}

function isHeard(pattern) {
    return Object.keys(HEARD).some(function (name) { return HEARD[name] === pattern; });
}
isHeard.local = 1;

function parameter(name, unit, native) {
    if (inLive) {
        plugin.told(name, native, now());
    } else {
        outlet(2, name, unit, native);
    }
}
parameter.local = 1;

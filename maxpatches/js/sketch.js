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

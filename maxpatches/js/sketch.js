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

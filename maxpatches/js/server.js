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

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

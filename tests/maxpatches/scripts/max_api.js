// A fake of Max's side of [js] and [jsui]: what a script may call, and nothing else.
//
// Time does not move until it is advanced. Outlets are recorded; `say` sends messages and OSC.

"use strict";

const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const FOLDER = path.join(__dirname, "..", "..", "..", "maxpatches");

class Clock {
    constructor() {
        this.now = 1e6;
        this.tasks = new Set();
    }

    advance(ms) {
        for (const end = this.now + ms; this.now < end; this.now++) {
            for (const task of this.tasks) {
                if ((this.now - task.since) % task.interval === 0) {
                    task.work();
                }
            }
        }
    }
}

/** Max's Task, as far as the scripts use it: `interval`, `repeat()` and `cancel()`. */
function taskOf(clock) {
    return class Task {
        constructor(work) {
            this.work = work;
            this.interval = 500;
        }

        repeat() {
            this.since = clock.now;
            clock.tasks.add(this);
        }

        cancel() {
            clock.tasks.delete(this);
        }
    };
}

/** A script in a patch. `more` adds globals, such as LiveAPI, and may replace the fake's own. */
class Patch {
    constructor(file, mode, more = {}) {
        this.clock = new Clock();
        this.said = []; // [outlet, word, ...]
        this.posted = [];
        const clock = this.clock;
        // Max's outlet unrolls lists, one level deep, and is no function of JavaScript's own.
        const outlet = (...values) => this.said.push(values.flat());
        Object.setPrototypeOf(outlet, null);
        this.globals = vm.createContext({
            arrayfromargs: (given) => Array.from(given),
            Date: class { getTime() { return clock.now; } },
            jsarguments: [file, mode],
            messagename: "",
            outlet,
            post: (...words) => this.posted.push(words.join("")),
            Task: taskOf(clock),
            ...more
        });
        vm.runInContext(fs.readFileSync(path.join(FOLDER, file), "utf8"), this.globals, file);
    }

    /** A message to the inlet, for the function of its name or for `anything`, as Max does. */
    say(word, ...values) {
        this.globals.messagename = word;
        const handler = this.globals[word];
        const found = typeof handler === "function" && !handler.local;
        (found ? handler : this.globals.anything)(...values);
    }

    /** What came out of an outlet since the last look, beginning with these words. */
    take(outlet, ...words) {
        const found = this.said.filter((one) => begins(one, [outlet, ...words]));
        this.said = this.said.filter((one) => !found.includes(one));
        return found.map((one) => one.slice(1));
    }
}

function begins(values, words) {
    return words.every((word, i) => values[i] === word);
}

/** A device that a server has answered, with three knobs and two parameters. */
function connected(mode, more) {
    const patch = new Patch("patchwright.js", mode, more);
    patch.say("start");
    patch.clock.advance(300);
    patch.say("/patchwright/macro/1", 0.25, "Dark/Bright");
    patch.say("/patchwright/macro/2", 0.5, "Soft/Aggressive");
    patch.say("/patchwright/macro/3", 0.75, "axis 3");
    patch.say("/patchwright/param", "osc_1_level", 0.5, 0.5, "50 %", 0);
    patch.say("/patchwright/param", "osc_1_transpose", 0.5, 0, "0", 0);
    patch.clock.advance(1500);
    patch.take(2);
    return patch;
}

/** The id of the last request that was sent to an address. */
function idOf(patch, address) {
    return patch.take(0, address).at(-1)[1];
}

module.exports = { FOLDER, Patch, connected, idOf };

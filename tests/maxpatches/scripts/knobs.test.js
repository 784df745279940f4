"use strict";

const assert = require("node:assert");
const test = require("node:test");
const { Patch, connected } = require("./max_api.js");

test("dials take the server's names and places", () => {
    const patch = connected("max");
    assert.deepEqual(patch.take(1, "name"), [
        ["name", 1, "set", "Dark / Bright"],
        ["name", 2, "set", "Soft / Aggressive"],
        ["name", 3, "set", "axis 3"]
    ]);
    assert.deepEqual(patch.take(1, "dial"), [
        ["dial", 1, "set", 0.25],
        ["dial", 2, "set", 0.5],
        ["dial", 3, "set", 0.75]
    ]);
});

test("a set's stored values are not sent before the server sends its own", () => {
    const patch = new Patch("patchwright.js", "max");
    patch.say("start");
    patch.say("dial", 1, 0.5);
    assert.deepEqual(patch.take(0, "/patchwright/macro/1"), []);
});

test("a knob that the instrument does not have has an empty name", () => {
    const patch = connected("max");
    patch.take(1);
    patch.say("/patchwright/macro/3", 0, "", 1);
    assert.deepEqual(patch.take(1), [["name", 3, "set", ""], ["dial", 3, "set", 0]]);
});

test("a turn is sent, once for each place", () => {
    const patch = connected("max");
    patch.say("dial", 2, 0.6);
    patch.say("dial", 2, 0.6);
    patch.say("dial", 2, 0.7);
    assert.deepEqual(patch.take(0, "/patchwright/macro/2"), [
        ["/patchwright/macro/2", 0.6],
        ["/patchwright/macro/2", 0.7]
    ]);
});

test("a dial that is being turned or automated is never set", () => {
    const patch = connected("max");
    patch.take(1);
    patch.say("dial", 1, 0.9);
    patch.clock.advance(500);
    patch.say("/patchwright/macro/1", 0.3, "Dark/Bright");
    assert.deepEqual(patch.take(1, "dial"), []);
    patch.clock.advance(600);
    patch.say("/patchwright/macro/1", 0.3, "Dark/Bright");
    assert.deepEqual(patch.take(1, "dial"), [["dial", 1, "set", 0.3]]);
});

test("a repeated state sets no dial: each setting is an entry in Live's undo history", () => {
    const patch = connected("max");
    patch.take(1);
    for (let i = 0; i < 20; i++) {
        patch.say("/patchwright/macro/1", 0.25 + i * 1e-5, "Dark/Bright");
    }
    assert.deepEqual(patch.take(1), []);
});

test("knobs beyond the eighth have no dial", () => {
    const patch = connected("max");
    patch.take(1);
    patch.say("/patchwright/macro/9", 0.5, "axis 9");
    assert.deepEqual(patch.take(1), []);
});

test("a knob that does nothing in the patch is in brackets, until another patch plays", () => {
    const patch = connected("max");
    patch.take(1);
    patch.say("/patchwright/macro/1", 0.25, "Dark/Bright", 1);
    assert.deepEqual(patch.take(1, "name"), [["name", 1, "set", "(Dark / Bright)"]]);
    patch.say("/patchwright/macro/1", 0.25, "Dark/Bright");
    assert.deepEqual(patch.take(1, "name"), [["name", 1, "set", "Dark / Bright"]]);
});

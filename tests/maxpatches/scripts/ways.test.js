"use strict";

const assert = require("node:assert");
const test = require("node:test");
const { connected, idOf } = require("./max_api.js");

test("neighbours fill the menu, and a choice loads one", () => {
    const patch = connected("max");
    patch.say("neighbours");
    const answer = JSON.stringify({ distances: [1.25, 2.5] });
    patch.say("/patchwright/result", idOf(patch, "/patchwright/neighbours"), answer);
    assert.deepEqual(patch.take(1, "candidates"), [
        ["candidates", "clear"],
        ["candidates", "append", "0: the starting preset"],
        ["candidates", "append", "1: distance 1.3 dB"],
        ["candidates", "append", "2: distance 2.5 dB"]
    ]);
    patch.say("candidate", 2);
    assert.deepEqual(patch.take(0, "/patchwright/neighbour"), [["/patchwright/neighbour", 2]]);
});

test("corners are filled and the square moved in", () => {
    const patch = connected("max");
    patch.say("corner", 4);
    assert.deepEqual(patch.take(0, "/patchwright/corner"), [["/patchwright/corner", 4]]);
    assert.deepEqual(patch.take(1, "pad"), [["pad", "corner", 4]]);
    patch.say("morphx", 0.25);
    patch.say("morphy", 0.75);
    assert.deepEqual(patch.take(0, "/patchwright/morph"), [
        ["/patchwright/morph", 0.25, 0.5],
        ["/patchwright/morph", 0.25, 0.75]
    ]);
    assert.deepEqual(patch.take(1, "pad").at(-1), ["pad", "at", 0.25, 0.75]);
});

test("the stored numbers are set once, when the hand leaves the pad", () => {
    const patch = connected("max");
    for (let i = 0; i < 50; i++) {
        patch.say("drag", i / 50, 0.5);
    }
    assert.deepEqual(patch.take(1, "morphx"), []);
    patch.say("settle", 0.98, 0.5);
    assert.deepEqual(patch.take(1, "morphx"), [["morphx", "set", 0.98]]);
    assert.deepEqual(patch.take(1, "morphy"), [["morphy", "set", 0.5]]);
});

test("presets are kept, listed by name, and loaded by their place", () => {
    const patch = connected("max");
    patch.take(0);
    patch.say("keep", "glass", "harp");
    assert.deepEqual(patch.take(0, "/patchwright/keep"), [["/patchwright/keep", "glass harp"]]);
    assert.deepEqual(patch.take(0, "/patchwright/presets"), []);
    patch.clock.advance(600);
    const presets = [{ id: "b7", name: "glass harp" }, { id: "a1", name: "old" }];
    const asked = idOf(patch, "/patchwright/presets");
    patch.say("/patchwright/result", asked, JSON.stringify({ presets }));
    assert.deepEqual(patch.take(1, "favourites"), [
        ["favourites", "clear"],
        ["favourites", "append", "glass harp"],
        ["favourites", "append", "old"]
    ]);
    patch.say("favourite", 1);
    patch.say("favourite", 2);
    assert.deepEqual(patch.take(0, "/patchwright/load"), [["/patchwright/load", "a1"]]);
});

test("nothing is kept without a name", () => {
    const patch = connected("max");
    patch.say("keep");
    assert.deepEqual(patch.take(0, "/patchwright/keep"), []);
});

test("favourites are asked for when a server answers", () => {
    assert.equal(connected("max").take(0, "/patchwright/presets").length, 1);
});

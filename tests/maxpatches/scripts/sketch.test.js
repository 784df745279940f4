"use strict";

const assert = require("node:assert");
const test = require("node:test");
const { Patch, connected, idOf } = require("./max_api.js");

function status(patch) {
    return patch.take(1, "status").at(-1)[2];
}

test("a dropped sound is matched within the budget that is shown", () => {
    const patch = connected("max");
    patch.say("budget", "refine");
    patch.say("drop", "/sounds/a voice.wav");
    const [[, id, path, budget]] = patch.take(0, "/patchwright/match");
    assert.ok(Number.isInteger(id));
    assert.deepEqual([path, budget], ["/sounds/a voice.wav", "refine"]);
});

test("a dropped preset file becomes the patch to play on, and what it lacks is listed", () => {
    const patch = connected("max");
    patch.say("drop", "/presets/My Bass.vital");
    assert.deepEqual(patch.take(0, "/patchwright/match"), []);
    const [[, id, path]] = patch.take(0, "/patchwright/patch");
    assert.equal(path, "/presets/My Bass.vital");
    const result = { file: "My Bass.vital", missing: ["the patch has reverb off"], idle_knobs: [2] };
    patch.say("/patchwright/result", id, JSON.stringify(result));
    assert.equal(status(patch), "on My Bass.vital; Max's console lists what it lacks (1)");
    patch.say("drop", "/presets/bad.FXP");
    const [[, second]] = patch.take(0, "/patchwright/patch");
    patch.say("/patchwright/error", second, "store", "bad.fxp is no preset");
    assert.equal(status(patch), "store: bad.fxp is no preset");
});

test("a recording is written where the musician says, then matched", () => {
    const patch = connected("max");
    patch.take(1);
    patch.say("record", 1);
    assert.deepEqual(patch.take(1, "tape"), [["tape", "clear"]]);
    assert.deepEqual(patch.take(1, "record"), [["record", 1]]);
    patch.clock.advance(1500);
    patch.say("record", 0);
    assert.deepEqual(patch.take(1, "record"), [["record", 0]]);
    assert.deepEqual(patch.take(1, "askplace"), [["askplace", "bang"]]);
    patch.say("place", "/sounds/sketch");
    assert.deepEqual(patch.take(1, "tape"), [["tape", "writewave", "/sounds/sketch.wav"]]);
    assert.deepEqual(patch.take(0, "/patchwright/match"), []);
    patch.say("written");
    patch.say("written");
    const matched = patch.take(0, "/patchwright/match").map((said) => said[2]);
    assert.deepEqual(matched, ["/sounds/sketch.wav"]);
    patch.say("record", 1);
    patch.say("record", 0);
    assert.deepEqual(patch.take(1, "askplace"), []);
});

test("another file operation of the buffer is no sketch", () => {
    const patch = connected("max");
    patch.say("written");
    assert.deepEqual(patch.take(0, "/patchwright/match"), []);
});

test("a recording ends with the buffer", () => {
    const patch = connected("max");
    patch.say("record", 1);
    patch.take(1);
    patch.clock.advance(8100);
    assert.deepEqual(patch.take(1, "recbutton"), [["recbutton", "set", 0]]);
    assert.deepEqual(patch.take(1, "askplace"), [["askplace", "bang"]]);
    patch.say("record", 0);
    assert.deepEqual(patch.take(1, "askplace"), []);
});

test("progress and answer are shown as text, and the answer's neighbours are requested", () => {
    const patch = connected("max");
    patch.say("drop", "/a.wav");
    const id = idOf(patch, "/patchwright/match");
    patch.say("/patchwright/progress", id, 0, 16, -1);
    assert.equal(status(patch), "matching: 0 of 16 rendered");
    patch.say("/patchwright/progress", id, 8, 16, 6.25);
    assert.equal(status(patch), "matching: 8 of 16 rendered, best distance 6.3 dB");
    patch.say("/patchwright/progress", id + 1, 9, 16, 6.25);
    assert.deepEqual(patch.take(1, "status"), []);
    const confidence = { verdict: "in the direction", floor: 0, expected: { refine: 4.2 } };
    patch.say("/patchwright/result", id, JSON.stringify({ distance: 5.04, confidence }));
    assert.equal(status(patch), "in the direction: distance 5.0 dB; refine may reach 4.2");
    assert.equal(patch.take(0, "/patchwright/neighbours").length, 1);
});

test("an answer without confidence shows its distance alone", () => {
    const patch = connected("max");
    patch.say("drop", "/a.wav");
    patch.say("/patchwright/result", idOf(patch, "/patchwright/match"), '{"distance": 2.5}');
    assert.equal(status(patch), "distance 2.5 dB");
});

test("an answer by resynthesis is named, with its own distance", () => {
    const patch = connected("max");
    patch.say("drop", "/a.wav");
    const id = idOf(patch, "/patchwright/match");
    const answers = [
        { method: "parameters", distance: 6.2 },
        { method: "resynthesis", distance: 1.31 },
    ];
    const account = { distance: 6.2, method: "resynthesis", answers };
    patch.say("/patchwright/result", id, JSON.stringify(account));
    assert.equal(status(patch), "distance 1.3 dB, a whole preset by resynthesis");
});

test("a match can be cancelled while it runs, and fails in words", () => {
    const patch = connected("max");
    patch.say("cancel");
    assert.deepEqual(patch.take(0, "/patchwright/cancel"), []);
    patch.say("drop", "/a.wav");
    const id = idOf(patch, "/patchwright/match");
    patch.say("cancel");
    assert.deepEqual(patch.take(0, "/patchwright/cancel"), [["/patchwright/cancel", id]]);
    patch.say("/patchwright/error", id, "audio", "the sound is silent");
    assert.equal(status(patch), "audio: the sound is silent");
    patch.say("cancel");
    assert.deepEqual(patch.take(0, "/patchwright/cancel"), []);
});

test("a drop that a set was stored with is not matched when the set is opened", () => {
    const patch = new Patch("patchwright.js", "max");
    patch.say("start");
    patch.say("drop", "/a.wav");
    patch.clock.advance(1000);
    assert.deepEqual(patch.take(0, "/patchwright/match"), []);
});

"use strict";

const assert = require("node:assert");
const test = require("node:test");
const { Patch, connected, idOf } = require("./max_api.js");

function started() {
    const patch = new Patch("patchwright.js", "max");
    patch.say("start");
    return patch;
}

test("it takes a port and then subscribes to be answered there", () => {
    const patch = started();
    patch.clock.advance(300);
    const [[, , port]] = patch.take(1, "listen");
    assert.ok(port >= 20000 && port <= 59999 && Number.isInteger(port));
    assert.deepEqual(patch.take(0), [["/patchwright/subscribe", port, 60, 60]]);
});

test("a port that stays silent is changed, until a server answers", () => {
    const patch = started();
    patch.clock.advance(20000);
    const ports = patch.take(1, "listen").map((said) => said[2]);
    assert.ok(ports.length >= 4);
    assert.equal(new Set(ports).size, ports.length);
    assert.match(patch.take(1, "status").at(-1)[2], /patchwright serve/);
    patch.say("/patchwright/macro/1", 0.5, "bright");
    patch.clock.advance(30000);
    assert.deepEqual(patch.take(1, "status")[0], ["status", "set", "connected"]);
});

test("a subscription is renewed at its port while it is answered", () => {
    const patch = connected("max");
    const [[, , port]] = patch.take(1, "listen");
    for (let i = 0; i < 40; i++) {
        patch.clock.advance(1000);
        patch.say("/patchwright/macro/1", 0.25, "Dark/Bright");
    }
    const renewed = patch.take(0, "/patchwright/subscribe");
    assert.ok(renewed.length >= 3);
    assert.ok(renewed.every((said) => said[1] === port));
    assert.deepEqual(patch.take(1, "listen"), []);
});

test("a lost server is reported, and a returning one sets the dials again", () => {
    const patch = connected("max");
    patch.take(1);
    patch.clock.advance(20000);
    assert.match(patch.take(1, "status").at(-1)[2], /no answer/);
    patch.say("/patchwright/macro/1", 0.9, "Dark/Bright");
    assert.deepEqual(patch.take(1, "dial"), [["dial", 1, "set", 0.9]]);
});

test("others' results are ignored, and each of ours is reported once", () => {
    const patch = connected("max");
    patch.take(0);
    patch.say("neighbours");
    const id = idOf(patch, "/patchwright/neighbours");
    const answer = JSON.stringify({ distances: [1.25] });
    patch.say("/patchwright/result", id + 1, answer);
    assert.deepEqual(patch.take(1, "candidates"), []);
    patch.say("/patchwright/result", id, answer);
    assert.equal(patch.take(1, "candidates").length, 3);
    patch.say("/patchwright/result", id, answer);
    assert.deepEqual(patch.take(1, "candidates"), []);
});

test("an error is shown, whether it answers a request or not", () => {
    const patch = connected("max");
    patch.say("neighbours");
    const id = idOf(patch, "/patchwright/neighbours");
    patch.say("/patchwright/error", id, "checkpoint", "the model has no neighbourhoods");
    assert.match(patch.take(1, "status").at(-1)[2], /no neighbourhoods/);
    patch.say("/patchwright/error", -1, "serve", "0 corners hold a preset");
    assert.match(patch.take(1, "status").at(-1)[2], /0 corners/);
});

test("closing ends the subscription and all work", () => {
    const patch = connected("max");
    const [[, , port]] = patch.take(1, "listen");
    patch.take(0);
    patch.say("close");
    assert.deepEqual(patch.take(0), [["/patchwright/subscribe", port, 0]]);
    patch.clock.advance(60000);
    assert.deepEqual(patch.take(0), []);
});

test("another server port starts over", () => {
    const patch = connected("max");
    patch.take(0);
    patch.say("serverport");
    patch.clock.advance(300);
    assert.equal(patch.take(0, "/patchwright/subscribe").length, 1);
});

test("what is not OSC and not ours is passed over", () => {
    const patch = connected("max");
    patch.take(0);
    patch.take(1);
    patch.say("hello", 1);
    patch.say("/elsewhere", 1);
    assert.deepEqual(patch.said, []);
});

test("the buttons for steps each ask the server", () => {
    const patch = connected("max");
    patch.take(0);
    for (const word of ["undo", "redo", "switch", "wander"]) {
        patch.say("step", word);
        assert.deepEqual(patch.take(0), [[`/patchwright/${word}`]]);
    }
});

test("a list in several results is complete before it is shown", () => {
    const patch = connected("max");
    const id = idOf(patch, "/patchwright/presets");
    patch.take(1);
    const part = (number, presets) => JSON.stringify({ presets, part: number, parts: 2 });
    patch.say("/patchwright/result", id, part(1, [{ id: "b7", name: "glass harp" }]));
    assert.deepEqual(patch.take(1, "favourites"), []);
    patch.say("/patchwright/result", id, part(2, [{ id: "a1", name: "old" }]));
    const listed = patch.take(1, "favourites").map((said) => said.at(-1));
    assert.ok(listed.includes("glass harp") && listed.includes("old"));
});

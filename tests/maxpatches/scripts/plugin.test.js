"use strict";

const assert = require("node:assert");
const test = require("node:test");
const { connected } = require("./max_api.js");
const { EFFECT, LiveSet, VITAL } = require("./live_set.js");

function inLive(devices) {
    const set = new LiveSet(devices);
    const patch = connected("live", { LiveAPI: set.LiveAPI });
    return { set, patch };
}

/** Send a parameter's native value as the server does. */
function change(patch, name, native) {
    patch.say("/patchwright/param", name, 0, native, "", 0);
    patch.clock.advance(25);
}

test("the plugin on the track is found, and its state is left alone", () => {
    const { set, patch } = inLive([EFFECT, VITAL]);
    assert.deepEqual(patch.take(1, "plugin").at(-1), ["plugin", "set", "Vital: all 2 parameters"]);
    patch.clock.advance(5000);
    assert.deepEqual(patch.take(2), []);
    assert.deepEqual(set.sets, []);
});

test("a gesture moves through slots, and ends in one value for each parameter", () => {
    const { set, patch } = inLive([EFFECT, VITAL]);
    for (let i = 1; i <= 100; i++) {
        change(patch, "osc_1_level", 0.5 + i / 250);
    }
    assert.deepEqual(set.sets, []);
    const level = patch.take(3).find((said) => said[2] === 2002)[0];
    const moves = patch.take(2).filter((said) => said[0] === level);
    assert.ok(moves.length > 90);
    assert.equal(moves.at(-1)[1], 0.9);
    patch.clock.advance(1000);
    const ends = [["Oscillator 1 Level", 0.9], ["Oscillator 1 Transpose", 0.5]];
    assert.deepEqual(set.sets.sort(), ends);
    assert.deepEqual(patch.take(3), [[1, "id", 0], [2, "id", 0]]);
    patch.clock.advance(60000);
    assert.equal(set.sets.length, 2);
});

test("the first gesture brings the whole preset, the next only what it changes", () => {
    const { set, patch } = inLive([VITAL]);
    change(patch, "osc_1_level", 0.75);
    patch.clock.advance(1000);
    assert.equal(set.sets.length, 2);
    change(patch, "osc_1_level", 0.25);
    patch.clock.advance(1000);
    assert.deepEqual(set.sets.slice(2), [["Oscillator 1 Level", 0.25]]);
});

test("Vital's own units become the plugin's 0..1, other plugins' are that already", () => {
    const parameters = [["Osc 1 Transpose", 0, 1], ["cutoff!", 10, 20], VITAL.parameters[1]];
    const { set, patch } = inLive([{ ...VITAL, parameters }]);
    patch.say("/patchwright/param", "cutoff", 0.1, 0.1, "", 0);
    change(patch, "osc_1_transpose", 24);
    change(patch, "cutoff", 0.5);
    patch.clock.advance(1000);
    assert.deepEqual(set.sets.sort(), [["Oscillator 1 Transpose", 0.75], ["cutoff!", 15]]);
});

test("parameters that Live does not offer are named, with what to do", () => {
    const { set, patch } = inLive([{ ...VITAL, parameters: VITAL.parameters.slice(0, 2) }]);
    assert.equal(patch.take(1, "plugin").at(-1)[2], "Vital: 1 of 2; Configure Oscillator 1 Level");
    assert.match(patch.posted.join(""), /press Configure and add: Oscillator 1 Level/);
    change(patch, "osc_1_level", 0.75);
    patch.clock.advance(1000);
    assert.deepEqual(set.sets, [["Oscillator 1 Transpose", 0.5]]);
});

test("without a plugin on the track the next one that is clicked is attached", () => {
    const { set, patch } = inLive([EFFECT]);
    assert.match(patch.take(1, "plugin").at(-1)[2], /no plugin on this track/);
    patch.say("attach");
    assert.match(patch.take(1, "plugin").at(-1)[2], /click the plugin/);
    patch.clock.advance(1000);
    assert.deepEqual(patch.take(1, "plugin"), []);
    set.devices.push({ ...VITAL, class_name: "AuPluginDevice" });
    set.selected = 1;
    patch.clock.advance(300);
    assert.deepEqual(patch.take(1, "plugin"), [["plugin", "set", "Vital: all 2 parameters"]]);
    change(patch, "osc_1_level", 0.75);
    patch.clock.advance(1000);
    assert.equal(set.sets.length, 2);
});

test("a click is waited for only a while, and without Attach none is taken", () => {
    const { set, patch } = inLive([EFFECT, { ...VITAL, class_name: "Compressor2" }, VITAL]);
    patch.take(1, "plugin");
    set.selected = 1;
    patch.say("attach");
    patch.clock.advance(31000);
    patch.take(1, "plugin");
    set.selected = 2;
    patch.clock.advance(1000);
    assert.deepEqual(patch.take(1, "plugin"), []);
});

test("Push all writes the whole preset", () => {
    const { set, patch } = inLive([VITAL]);
    patch.say("push");
    patch.clock.advance(1000);
    const whole = [["Oscillator 1 Level", 0.5], ["Oscillator 1 Transpose", 0.5]];
    assert.deepEqual(set.sets.sort(), whole);
    patch.say("push");
    patch.clock.advance(1000);
    assert.equal(set.sets.length, 4);
});

test("more parameters than slots: all are set when the gesture ends", () => {
    const many = Array.from({ length: 70 }, (_, i) => [`p${i}`, 0, 1]);
    const { set, patch } = inLive([{ ...VITAL, parameters: many }]);
    for (const native of [0.25, 0.5]) {
        many.forEach(([name]) => patch.say("/patchwright/param", name, native, native, "", 0));
    }
    patch.clock.advance(100);
    assert.equal(patch.take(3).length, 64);
    patch.clock.advance(1000);
    assert.equal(set.sets.length, 70);
    assert.equal(patch.take(3).length, 64);
});

test("a restarted server is not mirrored at once", () => {
    const { set, patch } = inLive([VITAL]);
    patch.clock.advance(40000);
    patch.say("/patchwright/param", "osc_1_level", 0.1, 0.1, "", 0);
    patch.clock.advance(1000);
    assert.deepEqual(set.sets, []);
});

test("another server in the middle of a gesture: the slots are let go", () => {
    const { set, patch } = inLive([VITAL]);
    change(patch, "osc_1_level", 0.75);
    assert.deepEqual(patch.take(3).map((said) => said[2]).sort(), [1001, 1002]);
    patch.say("serverport");
    patch.say("/patchwright/param", "osc_1_level", 0.1, 0.1, "", 0);
    assert.deepEqual(patch.take(3), [[1, "id", 0], [2, "id", 0]]);
    patch.clock.advance(1000);
    assert.deepEqual(set.sets, []);
});

test("in Max alone each change goes out by name, unit and native value", () => {
    const patch = connected("max");
    patch.take(2);
    patch.say("/patchwright/param", "osc_1_level", 0.7, 0.75, "75 %", 0);
    assert.deepEqual(patch.take(2), [["osc_1_level", 0.7, 0.75]]);
});

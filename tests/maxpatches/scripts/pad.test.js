"use strict";

const assert = require("node:assert");
const test = require("node:test");
const { Patch } = require("./max_api.js");

/** The pad of the patch, 110 pixels square, and what is drawn on it. */
function pad() {
    const drawn = [];
    const pen = (word) => (...values) => drawn.push([word, ...values]);
    const words = ["init", "rectangle", "ellipse", "fill", "stroke", "redraw"];
    const mgraphics = { set_source_rgba() {}, set_line_width() {} };
    words.forEach((word) => { mgraphics[word] = pen(word); });
    const box = { rect: [0, 0, 110, 110] };
    const patch = new Patch("patchwright-pad.js", undefined, { mgraphics, box });
    return { patch, drawn };
}

test("a drag sends the point, kept inside the square, and its end", () => {
    const { patch } = pad();
    patch.globals.onclick(6, 104);
    patch.globals.ondrag(55, 55, 1);
    patch.globals.ondrag(200, -50, 1);
    patch.globals.ondrag(200, -50, 0);
    const drags = [["drag", 0, 0], ["drag", 0.5, 0.5], ["drag", 1, 1]];
    assert.deepEqual(patch.take(0), [...drags, ["settle", 1, 1]]);
});

test("a point that is shown says nothing and is drawn there", () => {
    const { patch, drawn } = pad();
    patch.say("at", 1, 0);
    assert.deepEqual(patch.said, []);
    assert.ok(drawn.some(([word]) => word === "redraw"));
    patch.globals.paint();
    const circles = drawn.filter(([word]) => word === "ellipse");
    assert.deepEqual(circles.at(-1), ["ellipse", 99, 99, 10, 10]);
});

test("corners that hold a preset are filled", () => {
    const { patch, drawn } = pad();
    patch.globals.paint();
    assert.equal(drawn.filter(([word]) => word === "stroke").length, 4);
    drawn.length = 0;
    patch.say("corner", 3);
    patch.globals.paint();
    const at = drawn.findIndex(([word, x, y]) => word === "ellipse" && x === 2 && y === 2);
    assert.equal(drawn[at + 1][0], "fill");
    assert.equal(drawn.filter(([word]) => word === "stroke").length, 3);
});

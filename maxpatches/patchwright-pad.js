// Draw the morph square of four presets and let it be dragged (jsui). Corner 1 is at the bottom
// left, (0, 0).

mgraphics.init();
mgraphics.relative_coords = 0;
mgraphics.autofill = 0;

var place = [0.5, 0.5];
var held = [false, false, false, false]; // corners that hold a preset, as reported to this pad
var MARGIN = 6;

function size() {
    return [box.rect[2] - box.rect[0], box.rect[3] - box.rect[1]];
}
size.local = 1;

/** Return the pixels of a point of the square. */
function pixels(x, y) {
    var s = size();
    return [MARGIN + x * (s[0] - 2 * MARGIN), MARGIN + (1 - y) * (s[1] - 2 * MARGIN)];
}
pixels.local = 1;

/** Return the point of the square under a pixel, [0..1, 0..1]. */
function point(x, y) {
    var s = size();
    var across = (x - MARGIN) / (s[0] - 2 * MARGIN);
    var up = 1 - (y - MARGIN) / (s[1] - 2 * MARGIN);
    return [Math.min(1, Math.max(0, across)), Math.min(1, Math.max(0, up))];
}
point.local = 1;

function circle(x, y, radius) {
    var at = pixels(x, y);
    mgraphics.ellipse(at[0] - radius, at[1] - radius, 2 * radius, 2 * radius);
}
circle.local = 1;

function paint() {
    var s = size();
    mgraphics.set_source_rgba(0.12, 0.13, 0.15, 1);
    mgraphics.rectangle(0, 0, s[0], s[1]);
    mgraphics.fill();
    mgraphics.set_line_width(1.5);
    mgraphics.set_source_rgba(0.55, 0.6, 0.65, 1);
    for (var i = 0; i < 4; i++) {
        circle(i % 2, i >> 1, 4);
        if (held[i]) {
            mgraphics.fill();
        } else {
            mgraphics.stroke();
        }
    }
    mgraphics.set_source_rgba(1, 0.68, 0.2, 1);
    circle(place[0], place[1], 5);
    mgraphics.fill();
}

/** Show a point, without sending it. */
function at(x, y) {
    place = [x, y];
    mgraphics.redraw();
}

/** Mark that corner 1 to 4 holds a preset. */
function corner(number) {
    held[number - 1] = true;
    mgraphics.redraw();
}

function onclick(x, y) {
    ondrag(x, y, 1);
}

/** Send the dragged point; `button` is 0 when the mouse button is released. */
function ondrag(x, y, button) {
    place = point(x, y);
    mgraphics.redraw();
    outlet(0, button ? "drag" : "settle", place[0], place[1]);
}

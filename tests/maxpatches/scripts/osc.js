// OSC packets as Max's udpsend writes them and udpreceive reads them, bundles unrolled.

"use strict";

function padded(text) {
    const bytes = Buffer.from(text + "\0", "utf8");
    return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

/** Whole numbers go as ints: Max's script engine does not tell 1.0 from 1. */
function encode([path, ...values]) {
    const tags = values.map((value) => {
        return typeof value === "string" ? "s" : Number.isInteger(value) ? "i" : "f";
    });
    const parts = values.map((value, i) => {
        if (tags[i] === "s") {
            return padded(value);
        }
        const bytes = Buffer.alloc(4);
        tags[i] === "i" ? bytes.writeInt32BE(value) : bytes.writeFloatBE(value);
        return bytes;
    });
    return Buffer.concat([padded(path), padded("," + tags.join("")), ...parts]);
}

/** All messages of a packet: [[path, value, ...], ...]. */
function decode(packet) {
    if (packet.toString("latin1", 0, 8) !== "#bundle\0") {
        return [message(packet)];
    }
    const found = [];
    for (let at = 16; at < packet.length;) {
        const size = packet.readInt32BE(at);
        found.push(...decode(packet.subarray(at + 4, at + 4 + size)));
        at += 4 + size;
    }
    return found;
}

function message(packet) {
    let at = 0;
    const text = () => {
        const end = packet.indexOf(0, at);
        const read = packet.toString("utf8", at, end);
        at = end + 4 - (end % 4);
        return read;
    };
    const path = text();
    const readers = {
        s: text,
        i: () => { at += 4; return packet.readInt32BE(at - 4); },
        f: () => { at += 4; return packet.readFloatBE(at - 4); }
    };
    return [path, ...Array.from(text().slice(1), (tag) => readers[tag]())];
}

module.exports = { decode, encode };

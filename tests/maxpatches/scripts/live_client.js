// The device's own script with real sockets and real time, against a running server.
//
//   node live_client.js PORT turn     turns knob 1, prints the values before and after
//   node live_client.js PORT listen   prints "ready", then knob 1's position once it moves
//   node live_client.js PORT match SOUND   drops a sound and prints what the panel then says
//   node live_client.js PORT keep NAME     keeps the preset, prints the favourites with it

"use strict";

const dgram = require("node:dgram");
const { Patch } = require("./max_api.js");
const { decode, encode } = require("./osc.js");

const [, , port, what, given] = process.argv;
const sender = dgram.createSocket("udp4"); // udpsend
let receiver = null; // udpreceive
const received = { names: {}, dials: {}, params: {}, port: 0 };
const statuses = [];
let favourites = [];

class RealTask {
    constructor(work) {
        this.work = work;
    }

    repeat() {
        this.timer = setInterval(this.work, this.interval);
    }

    cancel() {
        clearInterval(this.timer);
    }
}

function listen(number) {
    if (receiver) {
        receiver.close();
    }
    received.port = number;
    receiver = dgram.createSocket("udp4");
    receiver.bind(number, "127.0.0.1");
    receiver.on("message", (packet) => decode(packet).forEach((said) => device.say(...said)));
}

function outlet(number, ...said) {
    const values = said.flat();
    if (number === 0) {
        sender.send(encode(values), Number(port), "127.0.0.1");
    } else if (number === 2) {
        received.params[values[0]] = values.slice(1);
    } else if (values[0] === "listen") {
        listen(values[2]);
    } else if (values[0] === "status") {
        statuses.push(values[2]);
    } else if (values[0] === "favourites") {
        favourites = values[1] === "clear" ? [] : [...favourites, values[2]];
    } else if (values[0] === "name" || values[0] === "dial") {
        received[`${values[0]}s`][values[1]] = values[3];
    }
}

const device = new Patch("patchwright.js", "max", { Task: RealTask, Date, outlet });

async function until(done) {
    for (const end = Date.now() + 15000; Date.now() < end;) {
        if (done()) {
            return;
        }
        await new Promise((resume) => setTimeout(resume, 20));
    }
    throw new Error(`no message within 15 s; received ${JSON.stringify(received)}`);
}

/** Wait until nothing more has come for a while; all of it. */
async function settled() {
    let last = "";
    await until(() => Object.keys(received.params).length > 0 && received.names[1] !== undefined);
    for (;;) {
        const now = JSON.stringify(received);
        if (now === last) {
            return JSON.parse(now);
        }
        last = now;
        await new Promise((resume) => setTimeout(resume, 400));
    }
}

const plays = {
    async turn(before) {
        device.say("dial", 1, before.dials[1] < 0.5 ? 0.75 : 0.25);
        await until(() => JSON.stringify(received.params) !== JSON.stringify(before.params));
        return { before, after: await settled() };
    },
    async listen(before) {
        console.log("ready");
        await until(() => received.dials[1] !== before.dials[1]);
        return { position: received.dials[1], port: received.port };
    },
    async match(before) {
        device.say("drop", given);
        await until(() => statuses.some((text) => text.includes("distance")));
        return { before, statuses, after: await settled() };
    },
    async keep() {
        device.say("keep", given);
        await until(() => favourites.includes(given));
        return { favourites };
    }
};

async function main() {
    device.say("start");
    console.log(JSON.stringify(await plays[what](await settled())));
    device.say("close");
    setTimeout(() => process.exit(0), 100);
}

main();

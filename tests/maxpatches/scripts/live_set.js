// A fake of Live's object model: one track, its devices, and what was set on their parameters.

"use strict";

class LiveSet {
    /** `devices`: [{class_name, name, parameters: [[name, min, max], ...]}, ...]. */
    constructor(devices) {
        this.devices = devices;
        this.selected = 0;
        this.sets = []; // [parameter's name, value]: each is an entry in Live's undo history
        const set = this;
        this.LiveAPI = class {
            constructor(path) {
                this.unquotedpath = path;
                this.object = set.at(path);
                this.id = String(this.object.id || 0);
            }

            get(property) {
                return [this.object[property]];
            }

            getcount(children) {
                return (this.object[children] || []).length;
            }

            set(property, value) {
                set.sets.push([this.object.name, value]);
                this.object[property] = value;
            }
        };
    }

    at(path) {
        const byId = path.match(/^id (\d+)$/);
        if (byId) {
            return this.parameter(Number(byId[1]));
        }
        const relative = /^this_device canonical_parent(?: devices (\d+))?(?: parameters (\d+))?$/;
        const track = path.match(relative);
        if (track && track[1] === undefined) {
            return { id: 1, devices: this.devices };
        }
        const chosen = /^live_set view selected_track view selected_device(?: parameters (\d+))?$/;
        const picked = path.match(chosen);
        const number = track ? Number(track[1]) : this.selected;
        const parameter = track ? track[2] : picked[1];
        const device = this.devices[number];
        return parameter === undefined
            ? { id: 100 + number, ...device }
            : this.parameter(1000 * (number + 1) + Number(parameter));
    }

    parameter(id) {
        const device = this.devices[Math.floor(id / 1000) - 1];
        const [name, min, max] = device.parameters[id % 1000];
        return { id, name, min, max };
    }
}

const VITAL = {
    class_name: "PluginDevice",
    name: "Vital",
    parameters: [
        ["Device On", 0, 1],
        ["Oscillator 1 Transpose", 0, 1],
        ["Oscillator 1 Level", 0, 1]
    ]
};
const EFFECT = { class_name: "Reverb", name: "Reverb", parameters: [["Device On", 0, 1]] };

module.exports = { EFFECT, LiveSet, VITAL };

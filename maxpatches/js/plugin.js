// The plugin on our track, by the Live API. A gesture goes through live.remote~ and ends in one
// commit.
//
// live.remote~ writes without undo steps but holds the parameter's own value back, so it only
// carries a movement; when that rests, its slots are let go and the values are set once.

var SLOTS = 64; // live.remote~ objects in the patch
var REST_MS = 400; // without a change: the gesture is over
var SEEK_MS = 30000; // after Attach: for so long a plugin that is clicked in Live is taken
var LOOK_MS = 250;
var PLUGINS = { PluginDevice: true, AuPluginDevice: true };

/** Letters and digits alone: hosts and formats differ in the rest of a name. */
function bareName(name) {
    return String(name).toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** `move(slot, value)` and `hold(slot, id)` go to live.remote~; `tell(text)` reports. */
function Plugin(move, hold, tell) {
    this.move = move;
    this.hold = hold;
    this.tell = tell;
    this.name = "";
    this.parameters = {}; // of the plugin in Live, by bare name: {id, min, max}
    this.seekUntil = -Infinity; // ms
    this.lookAt = 0;
    this.forget();
}

/** The server begins anew: what it tells first is its state, not a change. */
Plugin.prototype.forget = function () {
    this.values = {}; // what the server told, 0..1 of the plugin's range, by the server's name
    this.written = {}; // what the plugin holds of it
    this.moving = {}; // what the slots show during a gesture
    this.slots = []; // names, by slot from 0
    this.movedAt = null;
};

/** Find the plugin beside this device. */
Plugin.prototype.find = function () {
    var track = new LiveAPI("this_device canonical_parent");
    for (var i = 0; i < track.getcount("devices"); i++) {
        var device = new LiveAPI("this_device canonical_parent devices " + i);
        if (PLUGINS[String(device.get("class_name"))]) {
            this.attach(device);
            return;
        }
    }
    this.tell("no plugin on this track: press Attach, then click one");
};

/** Take the next plugin that is clicked in Live: a press of our own button may select ourselves. */
Plugin.prototype.seek = function (now) {
    this.seekUntil = now + SEEK_MS;
    this.lookAt = now;
    this.tell("now click the plugin's title in Live");
};

Plugin.prototype.look = function (now) {
    if (now > this.seekUntil || now < this.lookAt) {
        return;
    }
    this.lookAt = now + LOOK_MS;
    var device = new LiveAPI("live_set view selected_track view selected_device");
    if (PLUGINS[String(device.get("class_name"))]) {
        this.seekUntil = -Infinity;
        this.attach(device);
    }
};

Plugin.prototype.attach = function (device) {
    this.release();
    this.name = String(device.get("name"));
    this.parameters = {};
    for (var i = 0; i < device.getcount("parameters"); i++) {
        var parameter = new LiveAPI(device.unquotedpath + " parameters " + i);
        this.parameters[bareName(parameter.get("name"))] = {
            id: Number(parameter.id),
            min: Number(parameter.get("min")),
            max: Number(parameter.get("max"))
        };
    }
    this.written = {};
    this.report();
};

/** Say how much of the preset the plugin can be told. */
Plugin.prototype.report = function () {
    var missing = this.missing();
    var all = Object.keys(this.values).length;
    if (!this.name) {
        return;
    }
    if (all === 0) {
        this.tell(this.name);
        return;
    }
    if (missing.length === 0) {
        this.tell(this.name + ": all " + all + " parameters");
        return;
    }
    this.tell(this.name + ": " + (all - missing.length) + " of " + all + "; Configure " +
        missing.slice(0, 3).join(", ") + (missing.length > 3 ? ", ..." : ""));
    post("patchwright: in " + this.name + " press Configure and add: " + missing.join(", ") + "\n");
};

/** Names, as the plugin shows them, that Live does not offer. */
Plugin.prototype.missing = function () {
    return Object.keys(this.values).filter(function (name) {
        return !this.of(name);
    }, this).map(shownName);
};

Plugin.prototype.of = function (name) {
    return this.parameters[bareName(shownName(name))];
};

/** The server tells one parameter's native value. */
Plugin.prototype.told = function (name, native, now) {
    var share = shareOf(name, native);
    var first = !this.values.hasOwnProperty(name);
    if (!first && this.values[name] === share) {
        return;
    }
    this.values[name] = share;
    if (!first) {
        this.movedAt = now;
    }
};

/** Write the whole preset, as if all of it had just changed. */
Plugin.prototype.push = function (now) {
    this.written = {};
    this.movedAt = now;
};

/** To be called often: shows a gesture, and commits it once it rests. */
Plugin.prototype.tick = function (now) {
    if (this.movedAt === null) {
        return;
    }
    if (now - this.movedAt < REST_MS) {
        this.unwritten().forEach(this.show, this);
    } else {
        this.commit();
    }
};

/** What the plugin does not hold yet: after attaching, the whole preset. */
Plugin.prototype.unwritten = function () {
    return Object.keys(this.values).filter(function (name) {
        return this.of(name) && this.written[name] !== this.values[name];
    }, this);
};

Plugin.prototype.show = function (name) {
    var slot = this.slots.indexOf(name);
    if (slot < 0 && this.slots.length < SLOTS) {
        slot = this.slots.push(name) - 1;
        this.hold(slot + 1, this.of(name).id);
    }
    if (slot >= 0 && this.moving[name] !== this.values[name]) {
        this.moving[name] = this.values[name];
        this.move(slot + 1, this.valueOf(name));
    }
};

/** Let the slots go and set what has changed: the gesture's only entries in the undo history. */
Plugin.prototype.commit = function () {
    var changed = this.unwritten();
    this.release();
    changed.forEach(function (name) {
        new LiveAPI("id " + this.of(name).id).set("value", this.valueOf(name));
        this.written[name] = this.values[name];
    }, this);
};

Plugin.prototype.release = function () {
    for (var slot = 1; slot <= this.slots.length; slot++) {
        this.hold(slot, 0);
    }
    this.slots = [];
    this.moving = {};
    this.movedAt = null;
};

/** In the units of Live's own parameter. */
Plugin.prototype.valueOf = function (name) {
    var parameter = this.of(name);
    var share = Math.min(1, Math.max(0, this.values[name]));
    return parameter.min + share * (parameter.max - parameter.min);
};

/** What the plugin's display calls a parameter. */
function shownName(name) {
    return HOSTED.hasOwnProperty(name) ? HOSTED[name][0] : name;
}

/** 0..1 of the plugin's own range; a hosted plugin's native values are that already. */
function shareOf(name, native) {
    if (!HOSTED.hasOwnProperty(name)) {
        return native;
    }
    return (native - HOSTED[name][1]) / (HOSTED[name][2] - HOSTED[name][1]);
}

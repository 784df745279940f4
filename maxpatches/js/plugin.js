// The plugin on our track, through the Live API. A gesture goes through live.remote~ and ends in
// one commit.
//
// live.remote~ writes without undo steps, but it blocks the parameter's own value. So it is used
// only during a movement. After the movement its slots are released and the values are set once.

var SLOTS = 64; // live.remote~ objects in the patch
var REST_MS = 400; // a gesture ends after this time without a change
var SEEK_MS = 30000; // after Attach, a plugin that is clicked in Live within this time is used
var LOOK_MS = 250;
var PLUGINS = { PluginDevice: true, AuPluginDevice: true };

/** Return only letters and digits of a name: hosts and formats differ in the other characters. */
function bareName(name) {
    return String(name).toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** `move(slot, value)` and `hold(slot, id)` control live.remote~; `tell(text)` reports. */
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

/** Start again with a server: the first values that it sends are its state, not changes. */
Plugin.prototype.forget = function () {
    this.values = {}; // from the server, 0..1 of the plugin's range, by the server's name
    this.written = {}; // values that the plugin already has
    this.moving = {}; // values in the slots during a gesture
    this.slots = []; // names, by slot from 0
    this.movedAt = null;
};

/** Find the plugin on this device's track. */
Plugin.prototype.find = function () {
    var track = new LiveAPI("this_device canonical_parent");
    for (var i = 0; i < track.getcount("devices"); i++) {
        var device = new LiveAPI("this_device canonical_parent devices " + i);
        if (PLUGINS[String(device.get("class_name"))]) {
            this.attach(device);
            return;
        }
    }
    this.tell("no plugin on this track: press Attach, then click a plugin");
};

/** Use the next plugin that is clicked in Live; our own button may have selected this device. */
Plugin.prototype.seek = function (now) {
    this.seekUntil = now + SEEK_MS;
    this.lookAt = now;
    this.tell("click the plugin's title in Live");
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

/** Report how many parameters of the preset Live can set in the plugin. */
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

/** Return the parameters that Live does not offer, by the names in the plugin. */
Plugin.prototype.missing = function () {
    return Object.keys(this.values).filter(function (name) {
        return !this.of(name);
    }, this).map(shownName);
};

Plugin.prototype.of = function (name) {
    return this.parameters[bareName(shownName(name))];
};

/** Store one parameter's native value from the server. */
Plugin.prototype.received = function (name, native, now) {
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

/** Write the whole preset, as if every value had changed. */
Plugin.prototype.push = function (now) {
    this.written = {};
    this.movedAt = now;
};

/** Show a gesture, and commit it when it ends; called often. */
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

/** Return the values that the plugin does not have: after attaching, the whole preset. */
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

/** Release the slots and set the changed values: the gesture's only entries in the undo history. */
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

/** Return a value in the units of Live's own parameter. */
Plugin.prototype.valueOf = function (name) {
    var parameter = this.of(name);
    var share = Math.min(1, Math.max(0, this.values[name]));
    return parameter.min + share * (parameter.max - parameter.min);
};

/** Return the name of a parameter in the plugin's display. */
function shownName(name) {
    return HOSTED.hasOwnProperty(name) ? HOSTED[name][0] : name;
}

/** Return 0..1 of the plugin's own range; a hosted plugin's native values are already 0..1. */
function shareOf(name, native) {
    if (!HOSTED.hasOwnProperty(name)) {
        return native;
    }
    return (native - HOSTED[name][1]) / (HOSTED[name][2] - HOSTED[name][1]);
}

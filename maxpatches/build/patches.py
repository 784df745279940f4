"""Build the two patches: the device for Live, and the patch for Max alone."""

from __future__ import annotations

from maxpatches.build.canvas import Canvas, Fields
from maxpatches.build.container import AUDIO_EFFECT, DATED
from maxpatches.build.face import PANEL, WIDTH, add_face, bang_to_script, button, from_panel, label
from plugin_bridge.protocol import LOOPBACK, OSC_PORT

SCRIPT, PAD = "patchwright.js", "patchwright-pad.js"
SLOTS = 64  # parameters that a gesture can move at once; the same as in js/plugin.js
RECORDING_MS = 8000  # the same as in js/sketch.js
NO_PORT = 19999  # until the script has chosen one


def device() -> Fields:
    """Return the Max for Live device, an audio effect."""
    canvas = Canvas("patchwright")
    _wires(canvas, "live")
    bang_to_script(canvas, canvas.add("loaded", "live.thisdevice"), "start")
    add_face(canvas)
    _plugin(canvas)
    # Live replaces three dashes by a number for each device, so devices do not share one buffer.
    _tape(canvas, "plugin~", "---patchwright")
    canvas.cord("sound", canvas.add("through", "plugout~"))
    canvas.cord("sound", "through", 1, 1)
    return _document(canvas, devicewidth=float(WIDTH), project=_project())


def standalone() -> Fields:
    """Return the patch for Max without Live: parameters go to ``receive patchwright.param``."""
    canvas = Canvas("patchwright")
    _wires(canvas, "max")
    bang_to_script(canvas, canvas.add("loaded", "loadbang"), "start")
    add_face(canvas)
    canvas.column(20, 820)
    canvas.cord("script", canvas.add("param", "send patchwright.param"), 2)
    label(canvas, "param-label", "each change: receive patchwright.param", (560, 116, 142, 32))
    _tape(canvas, "adc~", "patchwright")
    from_panel(canvas, "record", canvas.add("recording", "sel 1"))
    canvas.chain("recording", canvas.message("audio-on", "start"), "sound")
    return _document(canvas)


def _document(canvas: Canvas, **more: object) -> Fields:
    """Return the document with the names of the scripts, as Max lists the files of a patch."""
    here = {"bootpath": ".", "patcherrelativepath": ".", "type": "TEXT", "implicit": 1}
    files = [{"name": name, **here} for name in (PAD, SCRIPT)]
    return canvas.document(openinpresentation=1, dependency_cache=files, **more)


def _wires(canvas: Canvas, mode: str) -> None:
    """Add the script, its two sockets, and the message that closes it."""
    canvas.column(20)
    canvas.add("receive", f"udpreceive {NO_PORT} @defer 1 @quiet 1")
    canvas.chain("receive", canvas.add("script", f"js {SCRIPT} {mode}"))
    canvas.cord("script", canvas.add("send", f"udpsend {LOOPBACK} {OSC_PORT}"))
    canvas.cord("script", canvas.add("panel", f"route {' '.join(PANEL)}"), 1)
    from_panel(canvas, "listen", "receive")
    bang_to_script(canvas, canvas.add("ended", "freebang"), "close")


def _plugin(canvas: Canvas) -> None:
    """Add the status of the plugin on the same track, and the slots that move its parameters."""
    canvas.column(1700, 560)
    label(canvas, "plugin", "no plugin yet", (560, 132, 142, 32))
    from_panel(canvas, "plugin", "plugin")
    button(canvas, "attach", "Attach", (560, 110, 69, 18), "attach")
    button(canvas, "push", "Push all", (633, 110, 69, 18), "push")
    canvas.column(20, 820)
    canvas.inside("slots", "slots", _slots(canvas))
    canvas.cord("script", "slots", 2, 0)
    canvas.cord("script", "slots", 3, 1)


def _slots(outer: Canvas) -> Canvas:
    """Return ``live.remote~`` objects: values to the first inlet, parameter ids to the second."""
    canvas = Canvas("slots", (60, 80, 1900, 900), outer)
    numbers = " ".join(str(slot) for slot in range(1, SLOTS + 1))
    for name, x, y in (("values", 20, 20), ("ids", 100, 150)):
        canvas.column(x, y)
        canvas.chain(canvas.port(name), canvas.add(f"{name}-by-slot", f"route {numbers}"))
    for slot in range(SLOTS):
        canvas.column(20 + 200 * (slot % 8), 300 + 40 * (slot // 8))
        remote = canvas.add(f"slot-{slot + 1}", "live.remote~")
        canvas.cord("values-by-slot", remote, slot, 0)
        canvas.cord("ids-by-slot", remote, slot, 1)
    return canvas


def _tape(canvas: Canvas, source: str, buffer: str) -> None:
    """Mix both channels and record them into a buffer; the script writes it to a file."""
    canvas.column(320, 820)
    canvas.add("sound", source)
    canvas.add("mono", "*~ 0.5")
    canvas.chain("mono", canvas.add("recorder", f"record~ {buffer}"))
    canvas.cord("sound", "mono")
    canvas.cord("sound", "mono", 1)
    from_panel(canvas, "record", "recorder")
    from_panel(canvas, "tape", canvas.add("tape", f"buffer~ {buffer} {RECORDING_MS}"))
    bang_to_script(canvas, "tape", "written", outlet=1)


def _project() -> Fields:
    """Return the project fields that Max expects; without them it reports a missing name."""
    return {
        "version": 1,
        "creationdate": DATED,
        "modificationdate": DATED,
        "viewrect": [0.0, 0.0, 300.0, 500.0],
        "autoorganize": 1,
        "hideprojectwindow": 1,
        "showdependencies": 1,
        "autolocalize": 0,
        "contents": {"patchers": {}},
        "layout": {},
        "searchpath": {},
        "detailsvisible": 0,
        "amxdtype": int.from_bytes(AUDIO_EFFECT, "big"),
        "readonly": 0,
        "devpathtype": 0,
        "devpath": ".",
        "sortmode": 0,
        "viewmode": 0,
        "includepackages": 0,
    }

"""Build the controls that the musician sees, and their cords to the script.

``script`` is the [js] box, ``panel`` is the [route] after its second outlet.
"""

from __future__ import annotations

from maxpatches.build.canvas import BLOB, ENUM, FLOAT, HIDDEN, STORED, VISIBLE, Area, Canvas, Fields
from plugin_bridge.protocol import OSC_PORT

DIALS = 8
WIDTH, HEIGHT = 704, 169  # pixels; Live's device view is 169 high
BUDGETS = ("instant", "quick", "refine", "deep")
# First words of the messages from the script's second outlet, in the order of the panel's outlets.
PANEL = (
    "dial", "name", "status", "plugin", "listen", "pad", "morphx", "morphy", "candidates",
    "favourites", "record", "recbutton", "tape", "askplace",
)  # fmt: skip


def add_face(canvas: Canvas) -> None:
    """Add all controls and their cords; ``script`` and ``panel`` must exist on the canvas."""
    _status(canvas)
    _dials(canvas)
    _square(canvas)
    _sketch(canvas)
    _candidates(canvas)
    _history(canvas)
    _favourites(canvas)


def to_script(canvas: Canvas, source: str, words: str, outlet: int = 0) -> None:
    """Send a box's output to the script, after some words.

    Args:
        canvas: The patcher.
        source: Name of the box.
        words: Words before the output.
        outlet: The box's outlet, from 0.
    """
    prepend = canvas.add(f"{source}-said", f"prepend {words}")
    canvas.cord(source, prepend, outlet)
    canvas.cord(prepend, "script")


def bang_to_script(canvas: Canvas, source: str, message: str, outlet: int = 0) -> None:
    """Send one message to the script for each bang of a box.

    Args:
        canvas: The patcher.
        source: Name of the box.
        message: The message.
        outlet: The box's outlet, from 0.
    """
    box = canvas.message(f"{source}-says", message)
    canvas.cord(source, box, outlet)
    canvas.cord(box, "script")


def from_panel(canvas: Canvas, word: str, target: str) -> None:
    """Send the script's messages that start with a word to a box.

    Args:
        canvas: The patcher.
        word: One of ``PANEL``.
        target: Name of the box.
    """
    canvas.cord("panel", target, PANEL.index(word))


def label(canvas: Canvas, name: str, text: str, area: Area, **more: object) -> str:
    """Show text on the panel.

    Args:
        canvas: The patcher.
        name: Name of the box.
        text: The text.
        area: Where presentation mode shows it.
        more: More fields of the box.

    Returns:
        The name.
    """
    return canvas.show(name, "live.comment", area, text=text, textjustification=0, **more)


def button(canvas: Canvas, name: str, text: str, area: Area, message: str) -> None:
    """Add a button that sends one message to the script.

    Args:
        canvas: The patcher.
        name: Name of the box.
        text: The text on the button.
        area: Where presentation mode shows it.
        message: The message.
    """
    _text(canvas, name, text, area, mode=0)
    bang_to_script(canvas, name, message)


def _text(canvas: Canvas, name: str, text: str, area: Area, **more: object) -> None:
    # Hidden from Live: a press is not a state, so it must not be in Live's undo history.
    settings = {"parameter_type": ENUM, "parameter_enum": ["off", "on"], "parameter_mmax": 1}
    settings |= {"parameter_invisible": HIDDEN}
    canvas.parameter(name, "live.text", area, f"Press {name}", settings, text=text, **more)


def _range(low: float, high: float, initial: float, style: int) -> Fields:
    """Return the fields of a number that Live automates; style 1 shows a float, 0 an int."""
    ends = {"parameter_mmin": low, "parameter_mmax": high, "parameter_unitstyle": style}
    start = {"parameter_initial_enable": 1, "parameter_initial": [initial]}
    return {"parameter_type": FLOAT, "parameter_invisible": VISIBLE, **ends, **start}


def _status(canvas: Canvas) -> None:
    canvas.column(20, 300)
    label(canvas, "status", "patchwright", (8, 3, 540, 16))
    from_panel(canvas, "status", "status")
    label(canvas, "port-label", "server port", (560, 3, 66, 16))
    # Live's own ints end at 255, so the port is a float shown as an int.
    settings = _range(1024.0, 65535.0, float(OSC_PORT), 0) | {"parameter_invisible": STORED}
    canvas.parameter("port", "live.numbox", (630, 3, 72, 15), "Server Port", settings)
    canvas.add("port-int", "i")
    canvas.chain("port", "port-int", canvas.add("port-set", "prepend port"), "send")
    canvas.chain("port-int", canvas.message("port-says", "serverport"), "script")


def _dials(canvas: Canvas) -> None:
    numbers = " ".join(str(number) for number in range(1, DIALS + 1))
    canvas.column(600, 300)
    from_panel(canvas, "dial", canvas.add("dials", f"route {numbers}"))
    from_panel(canvas, "name", canvas.add("names", f"route {numbers}"))
    for number in range(1, DIALS + 1):
        x, y = 8 + 56 * ((number - 1) % 4), 20 + 74 * ((number - 1) // 4)
        canvas.column(20 + 130 * (number - 1), 560)
        label(canvas, f"name-{number}", f"knob {number}", (x, y, 54, 24), fontsize=8.0)
        settings = _range(0.0, 1.0, 0.5, 1)
        area = (x, y + 24, 44, 48)
        long = f"Macro {number}"
        canvas.parameter(f"dial-{number}", "live.dial", area, long, settings, showname=0)
        to_script(canvas, f"dial-{number}", f"dial {number}")
        canvas.cord("dials", f"dial-{number}", number - 1)
        canvas.cord("names", f"name-{number}", number - 1)


def _square(canvas: Canvas) -> None:
    canvas.column(920)
    area = (262, 22, 110, 110)
    canvas.show("pad", "jsui", area, filename="patchwright-pad.js", parameter_enable=0)
    from_panel(canvas, "pad", "pad")
    canvas.cord("pad", "script")
    for number, x, y in ((1, 240, 114), (2, 376, 114), (3, 240, 22), (4, 376, 22)):
        button(canvas, f"corner-{number}", str(number), (x, y, 18, 18), f"corner {number}")
    canvas.column(1080)
    for axis, x in (("x", 262), ("y", 322)):
        long, area = f"Morph {axis.upper()}", (x, 140, 50, 15)
        name = f"morph{axis}"
        canvas.parameter(name, "live.numbox", area, long, _range(0.0, 1.0, 0.5, 1))
        to_script(canvas, name, name)
        from_panel(canvas, name, name)


def _sketch(canvas: Canvas) -> None:
    canvas.column(1240)
    dropped = {"parameter_type": BLOB, "parameter_invisible": HIDDEN}
    words = {"legend": "drop a sound here", "decodemode": 1}
    canvas.parameter("drop", "live.drop", (406, 22, 144, 44), "Drop", dropped, **words)
    canvas.chain("drop", canvas.add("drop-path", "conformpath slash boot"))
    to_script(canvas, "drop-path", "drop")
    _text(canvas, "record", "Record", (406, 70, 46, 18), texton="Stop", mode=1)
    to_script(canvas, "record", "record")
    from_panel(canvas, "recbutton", "record")
    settings = {"parameter_type": ENUM, "parameter_enum": list(BUDGETS)}
    settings |= {"parameter_mmax": len(BUDGETS) - 1, "parameter_invisible": STORED}
    settings |= {"parameter_initial_enable": 1, "parameter_initial": [BUDGETS.index("quick")]}
    canvas.parameter("budget", "live.menu", (456, 70, 52, 18), "Budget", settings)
    to_script(canvas, "budget", "budget", outlet=1)
    button(canvas, "cancel", "Cancel", (512, 70, 38, 18), "cancel")
    canvas.column(1460)
    canvas.chain(canvas.add("ask", "savedialog WAVE"), canvas.add("path", "conformpath slash boot"))
    to_script(canvas, "path", "place")
    from_panel(canvas, "askplace", "ask")


def _candidates(canvas: Canvas) -> None:
    canvas.column(1100, 560)
    label(canvas, "candidates-label", "similar sounds", (406, 94, 144, 16))
    canvas.show("candidates", "umenu", (406, 110, 144, 20), items=[], parameter_enable=0)
    from_panel(canvas, "candidates", "candidates")
    to_script(canvas, "candidates", "candidate")
    button(canvas, "neighbours", "Neighbours", (406, 136, 70, 18), "neighbours")
    button(canvas, "wander", "Wander", (480, 136, 70, 18), "step wander")


def _history(canvas: Canvas) -> None:
    canvas.column(1700)
    for name, text, x in (("switch", "A/B", 560), ("undo", "Undo", 609), ("redo", "Redo", 658)):
        button(canvas, name, text, (x, 22, 44, 18), f"step {name}")


def _favourites(canvas: Canvas) -> None:
    canvas.column(1400, 560)
    label(canvas, "favourites-label", "favourites", (560, 46, 144, 16))
    canvas.show("favourites", "umenu", (560, 62, 142, 20), items=[], parameter_enable=0)
    from_panel(canvas, "favourites", "favourites")
    to_script(canvas, "favourites", "favourite")
    typed: Fields = {"keymode": 1, "outputmode": 1, "lines": 1, "parameter_enable": 0}
    typed |= {"text": "type a name, press Enter"}
    canvas.show("keep", "textedit", (560, 86, 142, 20), **typed)
    canvas.chain("keep", canvas.add("keep-text", "route text"))
    to_script(canvas, "keep-text", "keep")

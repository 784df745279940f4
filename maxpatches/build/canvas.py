"""Build a patch: named boxes, parameters and cords, written with py2max.

py2max writes the ids and the patcher's frame and checks cords against Max's reference. It leaves
out a device's ``parameters`` block and writes a dial's outlet types as text, so both are made here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from py2max import Patcher
from py2max.core.box import Box
from py2max.core.common import Rect
from py2max.maxref import porttypes

Fields = dict[str, Any]  # of a box or a parameter, as the patch file has them
Area = tuple[int, int, int, int]  # x, y, width, height in whole pixels: Live draws others blurred
VISIBLE, STORED, HIDDEN = 0, 1, 2  # automated and stored, only stored, neither
FLOAT, ENUM, BLOB = 0, 2, 4  # of a parameter; Live's own ints end at 255
GAP = 12  # pixels between boxes in patching mode

# What the reference leaves to the object's arguments, or does not hold.
PORTS = {"live.remote~": (2, 0), "js": (1, 4), "jsui": (1, 1), "record~": (3, 1), "inlet": (0, 1)}
OUTLETS = {"live.dial": ["", "float"], "live.numbox": ["", "float"], "live.menu": ["", "", "float"]}


class Canvas:
    """One patcher. Boxes stand below each other in columns; cords go by the boxes' names."""

    def __init__(
        self, title: str, area: Area = (60, 80, 1900, 1100), within: Canvas | None = None
    ) -> None:
        outer: Patcher | None = within.patcher if within else None
        self.patcher: Patcher = Patcher(None, title=title, parent=outer, auto_layout=False)
        self.patcher.rect = Rect(*area)
        self._boxes: dict[str, Box] = {}
        self._parameters: dict[str, tuple[str, str]] = {}  # long and short name by box
        self._at = [GAP, GAP]

    def column(self, x: int, y: int = GAP) -> None:
        """Where the next box stands."""
        self._at = [x, y]

    def add(self, name: str, text: str) -> str:
        """An object box such as ``route a b``; returns its name, for cords."""
        kind = text.split()[0]
        inlets, outlets = _ports(kind, text)
        signal = porttypes.outlet_emits(kind, 0) == "signal"
        types = ["signal" if signal else ""] * outlets
        width = max(40, 8 * len(text) + 16, 14 * max(inlets, outlets))
        self._put(name, "newobj", (width, 22), inlets, outlets, outlettype=types, text=text)
        return name

    def port(self, name: str) -> str:
        """An inlet of a subpatcher; Max counts them from left to right."""
        self._put(name, "inlet", (30, 30), *PORTS["inlet"], outlettype=[""], index=0, comment=name)
        return name

    def message(self, name: str, text: str) -> str:
        """A message box."""
        self._put(name, "message", (8 * len(text) + 16, 22), 2, 1, outlettype=[""], text=text)
        return name

    def show(self, name: str, maxclass: str, area: Area, **attributes: object) -> str:
        """A box that presentation mode shows at an area."""
        inlets, outlets = _ports(maxclass, maxclass)
        attributes.setdefault("outlettype", OUTLETS.get(maxclass, [""] * outlets))
        shown: Fields = {"presentation": 1, "presentation_rect": list(area), "varname": name}
        self._put(name, maxclass, area[2:], inlets, outlets, **shown, **attributes)
        return name

    def parameter(
        self, name: str, maxclass: str, area: Area, long: str, settings: Fields, **more: object
    ) -> str:
        """The same for one of Live's own controls; ``long`` is what sets recall it by, for ever."""
        valueof = {"parameter_longname": long, "parameter_shortname": long, **settings}
        saved = {"valueof": valueof}
        more |= {"parameter_enable": 1, "saved_attribute_attributes": saved}
        self.show(name, maxclass, area, **more)
        self._parameters[name] = (long, long)
        return name

    def inside(self, name: str, title: str, inner: Canvas) -> str:
        """A subpatcher ``p title`` that holds another canvas, made within this one."""
        inlets = sum(box.maxclass == "inlet" for box in inner._boxes.values())
        more: Fields = {"text": f"p {title}", "patcher": inner.patcher, "outlettype": []}
        self._put(name, "newobj", (8 * len(title) + 40, 22), inlets, 0, **more)
        return name

    def _put(
        self,
        name: str,
        maxclass: str,
        size: Sequence[int],
        inlets: int,
        outlets: int,
        **rest: object,
    ) -> None:
        if name in self._boxes:
            raise ValueError(f"two boxes are called {name!r}: give each its own name")
        at = Rect(*self._at, *size)
        fields: Fields = dict(rest)
        box = Box(maxclass, inlets, outlets, f"obj-{len(self._boxes) + 1}", at, **fields)
        self._boxes[name] = self.patcher.add_box(box)
        self._at[1] += size[1] + GAP

    def cord(self, source: str, target: str, outlet: int = 0, inlet: int = 0) -> None:
        """A cord from one box's outlet to another's inlet."""
        self.patcher.add_line(self._boxes[source], self._boxes[target], inlet, outlet)

    def chain(self, *names: str) -> None:
        """Cords from each box's first outlet to the next one's first inlet."""
        for source, target in pairwise(names):
            self.cord(source, target)

    def document(self, **patcher: object) -> dict[str, Any]:
        """The patcher as Max reads it; ``patcher`` adds fields, such as a device's project."""
        self.patcher.render(reset=True)
        document: dict[str, Any] = json.loads(json.dumps(self.patcher.to_dict()))
        document["patcher"] |= {"parameters": self._parameter_block(), **patcher}
        return document

    def _parameter_block(self) -> dict[str, Any]:
        rows: dict[str, Any] = {
            str(self._boxes[name].id): [long, short, 0]
            for name, (long, short) in self._parameters.items()
        }
        banked = [long for long, _ in self._parameters.values() if long.startswith("Macro ")]
        rows["parameterbanks"] = {"0": {"index": 0, "name": "Macros", "parameters": banked}}
        rows["inherited_shortname"] = 1
        return rows


def _ports(kind: str, text: str) -> tuple[int, int]:
    """How many inlets and outlets an object has."""
    inlets, outlets = PORTS.get(kind, porttypes.port_counts(kind, text))
    if inlets is None or outlets is None:
        raise ValueError(f"the reference does not count the ports of {text!r}: add it to PORTS")
    return inlets, outlets

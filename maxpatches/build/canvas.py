"""Build a patch: named boxes, parameters and cords, written with py2max.

py2max writes the ids and the patcher's frame, and checks cords against Max's reference. It has no
``parameters`` block for devices, and it writes a dial's outlet types as text. This module makes
both.
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

Fields = dict[str, Any]  # Fields of a box or a parameter, as in the patch file.
Area = tuple[int, int, int, int]  # x, y, width, height in whole pixels: Live blurs fractions.
VISIBLE, STORED, HIDDEN = 0, 1, 2  # Automated and stored, only stored, neither.
FLOAT, ENUM, BLOB = 0, 2, 4  # Parameter types. Live's own ints end at 255.
GAP = 12  # Pixels between boxes in patching mode.

# Ports that depend on the object's arguments, or that the reference lacks.
PORTS = {"live.remote~": (2, 0), "js": (1, 4), "jsui": (1, 1), "record~": (3, 1), "inlet": (0, 1)}
OUTLETS = {"live.dial": ["", "float"], "live.numbox": ["", "float"], "live.menu": ["", "", "float"]}


class Canvas:
    """Build one patcher.

    Boxes are in columns, one below the other. Cords refer to the boxes' names.
    """

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
        """Set where the next box goes."""
        self._at = [x, y]

    def add(self, name: str, text: str) -> str:
        """Add an object box such as ``route a b``; return its name, for cords."""
        kind = text.split()[0]
        inlets, outlets = _ports(kind, text)
        signal = porttypes.outlet_emits(kind, 0) == "signal"
        types = ["signal" if signal else ""] * outlets
        width = max(40, 8 * len(text) + 16, 14 * max(inlets, outlets))
        self._put(name, "newobj", (width, 22), inlets, outlets, outlettype=types, text=text)
        return name

    def port(self, name: str) -> str:
        """Add an inlet of a subpatcher; Max counts inlets from left to right."""
        self._put(name, "inlet", (30, 30), *PORTS["inlet"], outlettype=[""], index=0, comment=name)
        return name

    def message(self, name: str, text: str) -> str:
        """Add a message box."""
        self._put(name, "message", (8 * len(text) + 16, 22), 2, 1, outlettype=[""], text=text)
        return name

    def show(self, name: str, maxclass: str, area: Area, **attributes: object) -> str:
        """Add a box that presentation mode shows.

        Args:
            name: The box's name, for cords.
            maxclass: The kind of box.
            area: Where presentation mode shows it.
            attributes: More fields of the box.

        Returns:
            The name.
        """
        inlets, outlets = _ports(maxclass, maxclass)
        attributes.setdefault("outlettype", OUTLETS.get(maxclass, [""] * outlets))
        shown: Fields = {"presentation": 1, "presentation_rect": list(area), "varname": name}
        self._put(name, maxclass, area[2:], inlets, outlets, **shown, **attributes)
        return name

    def parameter(
        self, name: str, maxclass: str, area: Area, long: str, settings: Fields, **more: object
    ) -> str:
        """Add a box with one of Live's own controls.

        Args:
            name: The box's name, for cords.
            maxclass: The kind of box.
            area: Where presentation mode shows it.
            long: The parameter's name in Live sets; it must never change.
            settings: The parameter's fields, such as its range.
            more: More fields of the box.

        Returns:
            The name.
        """
        valueof = {"parameter_longname": long, "parameter_shortname": long, **settings}
        saved = {"valueof": valueof}
        more |= {"parameter_enable": 1, "saved_attribute_attributes": saved}
        self.show(name, maxclass, area, **more)
        self._parameters[name] = (long, long)
        return name

    def inside(self, name: str, title: str, inner: Canvas) -> str:
        """Add a subpatcher ``p title`` that holds another canvas.

        Args:
            name: The box's name, for cords.
            title: The subpatcher's title.
            inner: The other canvas, made with this one as ``within``.

        Returns:
            The name.
        """
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
            raise ValueError(f"box name {name!r} is used twice: give each box its own name")
        at = Rect(*self._at, *size)
        fields: Fields = dict(rest)
        box = Box(maxclass, inlets, outlets, f"obj-{len(self._boxes) + 1}", at, **fields)
        self._boxes[name] = self.patcher.add_box(box)
        self._at[1] += size[1] + GAP

    def cord(self, source: str, target: str, outlet: int = 0, inlet: int = 0) -> None:
        """Connect an outlet of one box to an inlet of another.

        Args:
            source: Name of the first box.
            target: Name of the second box.
            outlet: Outlet of the first box, from 0.
            inlet: Inlet of the second box, from 0.
        """
        self.patcher.add_line(self._boxes[source], self._boxes[target], inlet, outlet)

    def chain(self, *names: str) -> None:
        """Connect each box's first outlet to the next one's first inlet."""
        for source, target in pairwise(names):
            self.cord(source, target)

    def document(self, **patcher: object) -> dict[str, Any]:
        """Return the patcher as Max reads it; ``patcher`` adds fields, such as a project."""
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
    """Return the number of inlets and outlets of an object."""
    inlets, outlets = PORTS.get(kind, porttypes.port_counts(kind, text))
    if inlets is None or outlets is None:
        raise ValueError(f"object {text!r}: Max's reference has no port counts; add it to PORTS")
    return inlets, outlets

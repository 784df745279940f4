"""Find a device of the Live set again after tracks or devices were moved.

AbletonOSC addresses a device by its place, and its place changes. Live's own names of tracks, such
as ``1-MIDI``, change with the place too. What stays is the device's name, its parameters and their
values, and a track's name that a person has given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from plugin_bridge.ableton.abletonosc_client import AbletonOsc, numbers
from plugin_bridge.ableton.device import (
    GET,
    MOST_TOLD,
    Dial,
    LiveDevice,
    all_devices,
    parameter_names,
)
from plugin_bridge.sync.target import TargetError

ROUNDING = 0.005  # Share of the range: largest rounding error of a plugin.
NAMED_BY_LIVE = re.compile(r"\d+-")  # "1-MIDI": the number is the track's place


class DeviceMemory:
    """Remember which device the bridge controls: what it is, and which values it had."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget the device, because another Live set is open."""
        self.device: LiveDevice | None = None
        self._values: dict[str, tuple[float, float]] = {}  # value and tolerance, by Live's name
        self._alone = False

    def remember(
        self, device: LiveDevice, dials: Mapping[str, Dial], values: Sequence[float]
    ) -> None:
        """Remember a device and its values.

        Args:
            device: Device that the bridge controls.
            dials: Learned parameters on its panel.
            values: Live's values, by parameter index.
        """
        self.device = device
        self._values = {
            dial.host.name: (values[dial.index], ROUNDING * dial.span) for dial in dials.values()
        }

    def note_others(self, live: AbletonOsc) -> None:
        """Remember whether the set has another device like this one."""
        self._alone = len(self._alike(live)) == 1

    def find(self, live: AbletonOsc) -> LiveDevice:
        """Return the remembered device, at its new place.

        Args:
            live: Connection to AbletonOSC.

        Returns:
            The device.

        Raises:
            TargetError: The device is gone, or it is not certain which one it is.
        """
        alike = self._alike(live)
        same = [one for one in alike if self._has_values(live, one)]
        if len(same) == 1:
            return same[0]
        named = [one for one in same or alike if self._is_on_track(one)]
        if len(named) == 1:
            return named[0]
        if self._alone and len(alike) == 1:
            return alike[0]
        raise TargetError(self._lost(alike))

    def _alike(self, live: AbletonOsc) -> list[LiveDevice]:
        """Return the devices with the same name and class."""
        assert self.device is not None
        kind = self.device.name, self.device.class_name
        return [one for one in all_devices(live) if (one.name, one.class_name) == kind]

    def _has_values(self, live: AbletonOsc, device: LiveDevice) -> bool:
        """Return whether a device has the remembered parameters with the remembered values."""
        names = parameter_names(live, device)
        values = numbers(live.ask(f"{GET}/parameters/value", device.track, device.number))
        found = dict(zip(names, values, strict=False))
        return bool(self._values) and all(
            name in found and abs(found[name] - value) <= tolerance
            for name, (value, tolerance) in self._values.items()
        )

    def _is_on_track(self, one: LiveDevice) -> bool:
        """Return whether a device is on a track that a person gave the remembered name."""
        assert self.device is not None
        return one.track_name == self.device.track_name and not NAMED_BY_LIVE.match(one.track_name)

    def _lost(self, alike: Sequence[LiveDevice]) -> str:
        """Return the error text for a device that is gone or not certain."""
        if not alike:
            return f"{self.device} is no longer in the Live set: undo its deletion"
        listed = "; ".join(str(one) for one in alike[:MOST_TOLD])
        return (
            f"{self.device} was moved or deleted, and it is not certain which one it is now "
            f"({listed}): give its track the name {self.device.track_name!r} and no other track, "  # type: ignore[union-attr]
            "or restart the bridge with --track and --device"
        )

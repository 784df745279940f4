"""Notice that another device is at a device's place in the Live set.

AbletonOSC addresses a device by its place: the numbers of the track and of the device on it. A
user moves tracks and devices, and the place then belongs to another device.
"""

from __future__ import annotations

from collections.abc import Sequence

from plugin_bridge.ableton.abletonosc_client import AbletonOsc
from plugin_bridge.ableton.device import DEVICE_NAMES, TRACK_NAMES, Dial, LiveDevice
from plugin_bridge.ableton.device_memory import ROUNDING
from plugin_bridge.sync.target import TargetError

SILENT = 3  # So many values that change without a report belong to another device.


class DevicePlace:
    """Check that a device is still at its place."""

    def __init__(self, live: AbletonOsc, device: LiveDevice) -> None:
        """Read the names of all tracks, and of the devices on the device's track.

        Args:
            live: Connection to AbletonOSC.
            device: Device that was found now.

        Raises:
            TargetError: Live does not answer.
        """
        self._live, self._device = live, device
        self._layout = {
            TRACK_NAMES: live.ask(TRACK_NAMES),
            DEVICE_NAMES: [device.track, *live.ask(DEVICE_NAMES, device.track)],
        }
        self._polled: dict[int, float] = {}  # value of the last poll, by parameter index

    def ask_layout(self) -> None:
        """Ask for the names again; ``check_layout`` gets the answers."""
        self._live.send(TRACK_NAMES)
        self._live.send(DEVICE_NAMES, self._device.track)

    def check_layout(self, path: str, values: Sequence[object]) -> None:
        """Compare a message of Live with the names at the start.

        Args:
            path: Address of the message; others than those of ``ask_layout`` are ignored.
            values: Arguments of the message.

        Raises:
            TargetError: A track or device was moved, renamed, added or deleted.
        """
        before = self._layout.get(path)
        if before is None or (path == DEVICE_NAMES and list(values[:1]) != before[:1]):
            return
        if list(values) != before:
            raise TargetError(
                f"{self._device} or another device or track was moved, renamed or deleted in Live"
            )

    def check_values(
        self, resting: Sequence[Dial], values: Sequence[float], known: Sequence[float]
    ) -> None:
        """Check that the values at the place did not change without a report.

        Live reports the changes of the device that the bridge subscribed to, even after a move.
        The answer to a poll comes from the device that is at the place now.

        Args:
            resting: Parameters to which nothing was sent lately.
            values: Live's answer to a poll, by parameter index.
            known: Values that were sent or reported, by parameter index.

        Raises:
            TargetError: Many values changed, so they are another device's.
        """
        silent = 0
        for dial in resting:
            value, off = values[dial.index], ROUNDING * dial.span
            lost = self._polled.get(dial.index, known[dial.index])  # before a write that was lost
            silent += abs(value - known[dial.index]) > off and abs(value - lost) > off
            self._polled[dial.index] = value
        if silent >= SILENT:
            raise TargetError(
                f"another device is in the place of {self._device}: it was moved in Live"
            )

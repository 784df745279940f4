"""Find a plugin in the open Live set, and the parameters that Live shows for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from datasets.spec import SynthSpec
from plugin_bridge.ableton.abletonosc_client import AbletonOsc, Question, numbers
from plugin_bridge.sync.host_parameters import (
    HostParameter,
    find_names,
    folded,
    host_parameters,
    plugin_names,
)
from plugin_bridge.sync.target import TargetError
from renderer.engines.vita_patch import MACROS

PLUGIN_CLASSES = ("PluginDevice", "AuPluginDevice")  # VST2 and VST3; Audio Units
GET = "/live/device/get"
TRACK_NAMES, DEVICE_NAMES = "/live/song/get/track_names", "/live/track/get/devices/name"
MOST_TOLD = 8  # most devices to list in an error


@dataclass(frozen=True)
class LiveDevice:
    """Describe one device; Live counts tracks and devices from 0, musicians from 1."""

    track: int
    number: int
    name: str
    class_name: str
    track_name: str

    def __str__(self) -> str:
        return f"{self.name!r} on track {self.track + 1} {self.track_name!r}"


@dataclass(frozen=True)
class Dial:
    """Describe a learned parameter on a device's panel."""

    index: int  # in the device's parameters; 0 is Device On
    host: HostParameter
    low: float  # ends of Live's own range
    high: float
    quantized: bool

    @property
    def span(self) -> float:
        """Return the width of Live's range; never 0."""
        return self.high - self.low or 1.0

    def to_live(self, native: float) -> float:
        """Return Live's value of a native value, clipped, because AbletonOSC does not clip."""
        value = self.low + self.host.to_host(native) * (self.high - self.low)
        return float(round(value)) if self.quantized else value

    def to_native(self, value: float) -> float:
        """Return the native value of Live's value."""
        return self.host.to_native((value - self.low) / self.span)


def find_device(live: AbletonOsc, spec: SynthSpec, track: str = "", device: str = "") -> LiveDevice:
    """Find the device that holds a spec's plugin.

    Args:
        live: Connection to AbletonOSC.
        spec: Spec of the model.
        track: Name of the track, or its number from 1; if empty, all tracks are searched.
        device: Name of the device, or its number from 1; if empty, it is found by class and name.

    Returns:
        The device.

    Raises:
        TargetError: No device fits, or more than one; the message lists those in the set.
    """
    devices = list(all_devices(live))
    on_track = [one for one in devices if not track or _is(track, one.track_name, one.track)]
    if device:
        found = [one for one in on_track if _is(device, one.name, one.number)]
    else:
        wanted = tuple(folded(name) for name in plugin_names(spec))
        plugins = [one for one in on_track if one.class_name in PLUGIN_CLASSES]
        found = [one for one in plugins if folded(one.name) in wanted] or [
            one
            for one in plugins
            if folded(one.name).startswith(wanted)  # "Diva(x64)"
        ]
    if len(found) == 1:
        return found[0]
    raise TargetError(_not_one(found, devices, device or plugin_names(spec)[0], track))


def all_devices(live: AbletonOsc) -> Iterator[LiveDevice]:
    """Yield every device on every track, except in racks, return tracks and the master."""
    tracks = [str(name) for name in live.ask(TRACK_NAMES)]
    asked: list[Question] = [
        (f"/live/track/get/devices/{what}", number)
        for number in range(len(tracks))
        for what in ("name", "class_name")
    ]
    answers = live.ask_all(asked)
    for track, track_name in enumerate(tracks):
        names = answers.get((DEVICE_NAMES, track), [])
        classes = answers.get(("/live/track/get/devices/class_name", track), [])
        for number, (name, class_name) in enumerate(zip(names, classes, strict=False)):
            yield LiveDevice(track, number, str(name), str(class_name), track_name)


def read_panel(live: AbletonOsc, device: LiveDevice) -> tuple[list[str], list[float], list[float]]:
    """Return the names of a device's parameters, and their low and high ends.

    Raises:
        TargetError: The panel changed during the reading.
    """
    ids = device.track, device.number
    names = parameter_names(live, device)
    low, high = (numbers(live.ask(f"{GET}/parameters/{end}", *ids)) for end in ("min", "max"))
    if not len(names) == len(low) == len(high):
        raise TargetError(f"{device}: its panel changed while the bridge read it; try again")
    return names, low, high


def dials(
    live: AbletonOsc, device: LiveDevice, spec: SynthSpec
) -> tuple[dict[str, Dial], list[str], list[str]]:
    """Return the parameters that can be turned.

    Args:
        live: Connection to AbletonOSC.
        device: Device that holds the plugin.
        spec: Spec of the model.

    Returns:
        Dials by the spec's names, the missing names, and the names of Live's parameters.

    Raises:
        TargetError: The panel changed during the reading.
    """
    names, low, high = read_panel(live, device)
    quantized = live.ask(f"{GET}/parameters/is_quantized", device.track, device.number)
    hosts = host_parameters(spec)
    places, missing = find_names(hosts, ["", *names[1:]])  # index 0 is Device On
    if len(quantized) != len(names):
        raise TargetError(f"{device}: its panel changed while the bridge read it; try again")
    found = {
        name: Dial(at, hosts[name], low[at], high[at], bool(quantized[at]))
        for name, at in places.items()
    }
    return found, missing, names


def how_to_configure(device: LiveDevice, spec: SynthSpec, missing: Sequence[str]) -> str:
    """Return how to make Live show the missing parameters.

    Args:
        device: Device that holds the plugin.
        spec: Spec of the model.
        missing: Names of the parameters that Live does not show.

    Returns:
        Steps in Live, in words for a musician; empty if nothing is missing.
    """
    hosts = host_parameters(spec)
    learned = [name for name in spec.names if name not in MACROS]  # macros are for whole presets
    missing = [name for name in missing if name in learned]
    if not missing:
        return ""
    shown = ", ".join(hosts[name].name for name in missing)
    return (
        f"Live shows {len(learned) - len(missing)} of the {len(learned)} learned parameters of "
        f"{device}: "
        "unfold the device (triangle in its title bar), press Configure, touch these parameters in "
        f"the plugin's window, press Configure again: {shown}"
    )


def parameter_names(live: AbletonOsc, device: LiveDevice) -> list[str]:
    """Return a device's parameter names: at once, or one by one if a packet cannot hold them."""
    ids = device.track, device.number
    at_once: Question = (f"{GET}/parameters/name", *ids)
    answers = live.ask_all([at_once])
    if at_once in answers:
        return [str(name) for name in answers[at_once]]
    count = int(numbers(live.ask(f"{GET}/num_parameters", *ids))[0])
    asked: list[Question] = [(f"{GET}/parameter/name", *ids, index) for index in range(count)]
    answers = live.ask_all(asked)
    return [str(answers.get(question, ["?"])[0]) for question in asked]


def _is(asked: str, name: str, index: int) -> bool:
    """Return whether a user's text is a name, or a number counted from 1."""
    return folded(asked) == folded(name) or asked == str(index + 1)


def _not_one(
    found: Sequence[LiveDevice], devices: Sequence[LiveDevice], wanted: str, track: str
) -> str:
    """Return the error text for no device, or for several."""
    if found:
        listed = "; ".join(str(one) for one in found[:MOST_TOLD])
        return (
            f"{wanted!r} fits {len(found)} devices in the Live set ({listed}): give --track and "
            "--device"
        )
    plugins = [one for one in devices if one.class_name in PLUGIN_CLASSES]
    listed = "; ".join(str(one) for one in plugins[:MOST_TOLD]) or "no plugin on any track"
    where = f" on track {track!r}" if track else ""
    return (
        f"the Live set has no device {wanted!r}{where}, but it has: {listed}. Put the plugin "
        "directly on a track (not in a rack), or give --track and --device"
    )

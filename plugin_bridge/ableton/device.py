"""Find a plugin in the open Live set, and the parameters that Live exposes."""

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
MOST_TOLD = 8  # devices in an error


@dataclass(frozen=True)
class LiveDevice:
    """One device; Live counts tracks and devices from 0, musicians from 1."""

    track: int
    number: int
    name: str
    class_name: str
    track_name: str

    def __str__(self) -> str:
        return f"{self.name!r} on track {self.track + 1} {self.track_name!r}"


@dataclass(frozen=True)
class Dial:
    """A learned parameter on a device's panel."""

    index: int  # in the device's parameters, 0 being Device On
    host: HostParameter
    low: float  # Live's own ends of it
    high: float
    quantized: bool

    @property
    def span(self) -> float:
        """How wide Live's range is; never 0."""
        return self.high - self.low or 1.0

    def to_live(self, native: float) -> float:
        """Live's value of a native one, within Live's range: AbletonOSC would not see to that."""
        value = self.low + self.host.to_host(native) * (self.high - self.low)
        return float(round(value)) if self.quantized else value

    def to_native(self, value: float) -> float:
        """The native value of Live's."""
        return self.host.to_native((value - self.low) / self.span)


def find_device(live: AbletonOsc, spec: SynthSpec, track: str = "", device: str = "") -> LiveDevice:
    """The device that holds a spec's plugin.

    ``track`` and ``device`` are names, or numbers from 1; without ``device`` it is known by its
    class and name. TargetError tells what is there when it is none, or more than one.
    """
    devices = list(all_devices(live))
    there = [one for one in devices if not track or _is(track, one.track_name, one.track)]
    if device:
        found = [one for one in there if _is(device, one.name, one.number)]
    else:
        wanted = tuple(folded(name) for name in plugin_names(spec))
        plugins = [one for one in there if one.class_name in PLUGIN_CLASSES]
        found = [one for one in plugins if folded(one.name) in wanted] or [
            one
            for one in plugins
            if folded(one.name).startswith(wanted)  # "Diva(x64)"
        ]
    if len(found) == 1:
        return found[0]
    raise TargetError(_not_one(found, devices, device or plugin_names(spec)[0], track))


def all_devices(live: AbletonOsc) -> Iterator[LiveDevice]:
    """Every device of every track; AbletonOSC sees none in racks, returns and the master."""
    tracks = [str(name) for name in live.ask("/live/song/get/track_names")]
    asked: list[Question] = [
        (f"/live/track/get/devices/{what}", number)
        for number in range(len(tracks))
        for what in ("name", "class_name")
    ]
    answers = live.ask_all(asked)
    for track, track_name in enumerate(tracks):
        names = answers.get(("/live/track/get/devices/name", track), [])
        classes = answers.get(("/live/track/get/devices/class_name", track), [])
        for number, (name, class_name) in enumerate(zip(names, classes, strict=False)):
            yield LiveDevice(track, number, str(name), str(class_name), track_name)


def read_panel(live: AbletonOsc, device: LiveDevice) -> tuple[list[str], list[float], list[float]]:
    """Names of a device's parameters, and their low and high ends."""
    ids = device.track, device.number
    names = _names(live, device)
    low, high = (numbers(live.ask(f"{GET}/parameters/{end}", *ids)) for end in ("min", "max"))
    if not len(names) == len(low) == len(high):
        raise TargetError(f"the panel of {device} changed while it was read: try again")
    return names, low, high


def dials(
    live: AbletonOsc, device: LiveDevice, spec: SynthSpec
) -> tuple[dict[str, Dial], list[str], int]:
    """What can be turned, by the spec's names; which names are missing; how many Live has."""
    names, low, high = read_panel(live, device)
    quantized = live.ask(f"{GET}/parameters/is_quantized", device.track, device.number)
    hosts = host_parameters(spec)
    places, missing = find_names(hosts, ["", *names[1:]])  # index 0 is Device On
    if len(quantized) != len(names):
        raise TargetError(f"the panel of {device} changed while it was read: try again")
    found = {
        name: Dial(at, hosts[name], low[at], high[at], bool(quantized[at]))
        for name, at in places.items()
    }
    return found, missing, len(names)


def how_to_configure(device: LiveDevice, spec: SynthSpec, missing: Sequence[str]) -> str:
    """What a musician does in Live so that the missing parameters can be turned."""
    hosts = host_parameters(spec)
    learned = [name for name in spec.names if name not in MACROS]  # those are for whole presets
    missing = [name for name in missing if name in learned]
    if not missing:
        return ""
    shown = ", ".join(hosts[name].name for name in missing)
    return (
        f"Live shows {len(learned) - len(missing)} of the {len(learned)} learned parameters of "
        f"{device}: "
        "unfold the device (triangle in its title bar), press Configure, touch these in the "
        f"plugin's own window, press Configure again: {shown}"
    )


def _names(live: AbletonOsc, device: LiveDevice) -> list[str]:
    """All names at once, or one by one where they do not fit a packet (128 long ones)."""
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
    return folded(asked) == folded(name) or asked == str(index + 1)


def _not_one(
    found: Sequence[LiveDevice], devices: Sequence[LiveDevice], wanted: str, track: str
) -> str:
    if found:
        told = "; ".join(str(one) for one in found[:MOST_TOLD])
        return f"{wanted!r} is {len(found)} devices of the set: give --track and --device ({told})"
    plugins = [one for one in devices if one.class_name in PLUGIN_CLASSES]
    told = "; ".join(str(one) for one in plugins[:MOST_TOLD]) or "no plugin on any track"
    where = f" on track {track!r}" if track else ""
    return (
        f"the Live set has no device {wanted!r}{where}, but {told}: put the plugin on a track "
        "itself (not in a rack), or give --track and --device"
    )

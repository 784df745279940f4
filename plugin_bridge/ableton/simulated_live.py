"""Simulate Ableton Live with AbletonOSC, from their documentation and issues.

For tests, and to try the bridge without Live: ``python -m plugin_bridge.ableton.simulated_live``.
It simulates these properties:

- One tick every 100 ms executes all messages that have arrived.
- Answers go to a fixed port of the sender's machine. Reports to listeners go to the machine that
  sent the last message.
- A new listener receives the value at once, and then two messages per change.
- Values are stored as they arrive, even outside a parameter's range.
- Packets over 9,216 bytes are lost.
- A message that fails ends its tick and is reported as ``/live/error``.
- Index 0 of a device is its Device On.
- ``#`` in a track's name is shown as the number of the track, as in Live's own names (``1-MIDI``).
- A listener stays with its parameter when tracks or devices are moved, and reports the old place.

A real Live may behave in ways that are not known here.
"""

from __future__ import annotations

import argparse
import contextlib
import queue
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pythonosc.osc_message_builder import OscMessageBuilder

from datasets.spec import SynthSpec, load_spec
from plugin_bridge.ableton.abletonosc_client import HERE, MOST_BYTES, LiveAddress
from plugin_bridge.osc_datagram import PACKET_BYTES, decode
from plugin_bridge.protocol import LOOPBACK
from plugin_bridge.sync.host_parameters import host_parameters, plugin_names

TICK_S = 0.1
Values = tuple[object, ...]


@dataclass
class SimulatedParameter:
    """Hold a configured parameter."""

    name: str
    value: float = 0.0
    low: float = 0.0
    high: float = 1.0
    quantized: bool = False
    grid: float = 0.0  # The plugin rounds values to multiples of it; 0 for none.
    sets: int = 0  # Number of writes over OSC.
    strays: list[float] = field(default_factory=list)  # Values written outside low..high.


@dataclass
class SimulatedDevice:
    """Hold a device of the set; Live puts Device On before its configured parameters."""

    name: str
    configured: Sequence[SimulatedParameter] = ()
    class_name: str = "PluginDevice"

    def __post_init__(self) -> None:
        """Put Device On before the configured parameters."""
        on = SimulatedParameter("Device On", 1.0, quantized=True)
        self.parameters = [on, *self.configured]

    def named(self, name: str) -> SimulatedParameter:
        """Return a parameter by its name; raise KeyError if it is not configured."""
        return {parameter.name: parameter for parameter in self.parameters}[name]


def plugin_of(spec: SynthSpec, missing: Sequence[str] = ()) -> SimulatedDevice:
    """Return a spec's plugin; all learned parameters are configured except the missing ones."""
    shown = [one for name, one in host_parameters(spec).items() if name not in missing]
    return SimulatedDevice(plugin_names(spec)[0], [SimulatedParameter(one.name) for one in shown])


class SimulatedLive:
    """Run a set of tracks with devices in a thread, from ``start`` to ``close``."""

    def __init__(
        self,
        tracks: Mapping[str, list[SimulatedDevice]],
        at: LiveAddress = HERE,
        tick_s: float = TICK_S,
    ) -> None:
        """Open the UDP port; ``start`` starts the thread.

        Args:
            tracks: Devices by the name of their track. Spaces at the end of a name are not shown,
                so two tracks can have the same name.
            at: Address to use; port 0 takes a free port, which ``self.at`` then gives.
            tick_s: Seconds between two ticks.
        """
        self.tracks = {name: list(devices) for name, devices in tracks.items()}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind((LOOPBACK, at.port))
        self._socket.setblocking(False)
        self.at = LiveAddress(LOOPBACK, self._socket.getsockname()[1], at.reply_port)
        self.lost, self.writes = 0, 0  # packets over the limit; written values
        self.arrivals: list[float] = []  # times of the ticks that wrote a value
        self._tick_s, self._thread = tick_s, threading.Thread(target=self._play, daemon=True)
        self._stopped = threading.Event()
        self._last_sender = LOOPBACK
        self._turns: queue.SimpleQueue[tuple[SimulatedParameter, float]] = queue.SimpleQueue()
        self._listened: dict[int, tuple[SimulatedParameter, Values]] = {}
        self._answers = self._device_answers() | self._set_answers()

    def start(self) -> SimulatedLive:
        """Start the thread, and return the simulation itself."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop, and free the port."""
        self.stop()
        self._socket.close()

    def stop(self) -> None:
        """Stop the thread; from now on only ``tick`` executes messages."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def move_tracks(self, names: Sequence[str]) -> None:
        """Put the tracks in a new order; delete those that are not named."""
        self.tracks = {name: self.tracks[name] for name in names}

    def turn(self, parameter: SimulatedParameter, value: float) -> None:
        """Turn a parameter as a user does in Live; it takes effect at the next tick."""
        self._turns.put((parameter, value))

    def tick(self) -> None:
        """Run one tick of 100 ms: execute the messages, then apply the user's turns."""
        wrote = self.writes
        # A failure ends the tick; the other messages wait for the next one.
        with contextlib.suppress(BlockingIOError):
            while self._follow(*self._socket.recvfrom(PACKET_BYTES)):
                pass
        if self.writes > wrote:
            self.arrivals.append(time.monotonic())
        while not self._turns.empty():
            self._set(*self._turns.get())

    def _play(self) -> None:
        """Run ticks until stopped."""
        while not self._stopped.wait(self._tick_s):
            self.tick()

    def _follow(self, packet: bytes, sender: tuple[str, int]) -> bool:
        """Execute one packet; return False if a message in it failed."""
        if len(packet) > MOST_BYTES:
            self.lost += 1
            return True
        self._last_sender = sender[0]
        try:
            for message in decode(packet):
                path, values = message.address, tuple(message.params)
                answer = self._answers[path](values)
                if answer is not None:
                    self._say(path, answer, sender[0])
        except Exception as error:  # AbletonOSC reports every error so
            self._say("/live/error", (f"{type(error).__name__}: {error}",), sender[0])
            return False
        return True

    def _say(self, path: str, values: Sequence[object], ip: str) -> None:
        """Send one message to the reply port, unless it is too large."""
        builder = OscMessageBuilder(path)
        for value in values:
            builder.add_arg(value)  # type: ignore[arg-type]
        packet = builder.build().dgram
        if len(packet) > MOST_BYTES:
            self.lost += 1
            return
        self._socket.sendto(packet, (ip, self.at.reply_port))

    # -- the set -----------------------------------------------------------------------------------

    def _set_answers(self) -> dict[str, Callable[[Values], Values | None]]:
        """Return the handlers of questions about the set."""

        def of_devices(get: Callable[[SimulatedDevice], str]) -> Callable[[Values], Values]:
            def answer(values: Values) -> Values:
                number = int(str(values[0]))
                return number, *(get(one) for one in list(self.tracks.values())[number])

            return answer

        return {
            "/live/test": lambda _: ("ok",),
            "/live/song/get/num_tracks": lambda _: (len(self.tracks),),
            "/live/song/get/track_names": lambda _: self._track_names(),
            "/live/track/get/devices/name": of_devices(lambda one: one.name),
            "/live/track/get/devices/class_name": of_devices(lambda one: one.class_name),
        }

    def _track_names(self) -> Values:
        """Return the names of the tracks, as Live shows them."""
        return tuple(
            name.replace("#", str(number)).strip() for number, name in enumerate(self.tracks, 1)
        )

    # -- devices -----------------------------------------------------------------------------------

    def _device_answers(self) -> dict[str, Callable[[Values], Values | None]]:
        """Return the handlers of questions and commands for devices."""

        def of_all(get: Callable[[SimulatedParameter], object]) -> Callable[[Values], Values]:
            return lambda v: (*v[:2], *(get(one) for one in self._device(v).parameters))

        def of_one(get: Callable[[SimulatedParameter], object]) -> Callable[[Values], Values]:
            return lambda v: (*v[:3], get(self._parameter(v)))

        get = "/live/device/get"
        return {
            f"{get}/name": lambda v: (*v[:2], self._device(v).name),
            f"{get}/class_name": lambda v: (*v[:2], self._device(v).class_name),
            f"{get}/num_parameters": lambda v: (*v[:2], len(self._device(v).parameters)),
            f"{get}/parameters/name": of_all(lambda one: one.name),
            f"{get}/parameters/value": of_all(lambda one: one.value),
            f"{get}/parameters/min": of_all(lambda one: one.low),
            f"{get}/parameters/max": of_all(lambda one: one.high),
            f"{get}/parameters/is_quantized": of_all(lambda one: one.quantized),
            f"{get}/parameter/name": of_one(lambda one: one.name),
            f"{get}/parameter/value": of_one(lambda one: one.value),
            "/live/device/set/parameters/value": self._set_all,
            "/live/device/set/parameter/value": self._set_one,
            "/live/device/start_listen/parameter/value": self._listen,
            "/live/device/stop_listen/parameter/value": self._stop_listening,
        }

    def _device(self, values: Values) -> SimulatedDevice:
        """Return the device that a message's first two numbers give."""
        track, device = int(str(values[0])), int(str(values[1]))
        return list(self.tracks.values())[track][device]

    def _parameter(self, values: Values) -> SimulatedParameter:
        """Return the parameter that a message's first three numbers give."""
        return self._device(values).parameters[int(str(values[2]))]

    def _set_all(self, values: Values) -> None:
        """Write the parameters from index 0 on."""
        parameters = self._device(values).parameters
        for index, value in enumerate(values[2:]):
            self._written(parameters[index], value)

    def _set_one(self, values: Values) -> None:
        """Write one parameter."""
        self._written(self._parameter(values), values[3])

    def _written(self, parameter: SimulatedParameter, value: object) -> None:
        """Write a value and count it."""
        number = float(str(value))
        parameter.sets += 1
        self.writes += 1
        if not parameter.low <= number <= parameter.high:
            parameter.strays.append(number)
        self._set(parameter, number)

    def _listen(self, values: Values) -> None:
        """Start to report a parameter's changes."""
        if not isinstance(
            values[2], int
        ):  # a float is not an index, and AbletonOSC does not convert it
            raise TypeError("list indices must be integers or slices, not float")
        parameter = self._device(values).parameters[values[2]]
        self._listened[id(parameter)] = (parameter, values[:3])
        self._tell(parameter)

    def _stop_listening(self, values: Values) -> None:
        """Stop reporting a parameter's changes."""
        self._listened.pop(id(self._parameter(values)), None)

    def _set(self, parameter: SimulatedParameter, value: float) -> None:
        """Store a value as the plugin rounds it, and report a change."""
        if parameter.grid:
            value = round(value / parameter.grid) * parameter.grid
        if value != parameter.value:
            parameter.value = value
            self._tell(parameter)

    def _tell(self, parameter: SimulatedParameter) -> None:
        """Report a value, and its text, to the listener."""
        if id(parameter) in self._listened:
            _, ids = self._listened[id(parameter)]
            address = "/live/device/get/parameter"
            self._say(f"{address}/value", (*ids, parameter.value), self._last_sender)
            shown = f"{parameter.value:.2f}"
            self._say(f"{address}/value_string", (*ids, shown), self._last_sender)


def main() -> None:
    """Run a set with one plugin, and print how its parameters change."""
    parser = argparse.ArgumentParser(description="Simulate Ableton Live with AbletonOSC.")
    parser.add_argument("--spec", default="vital-32", help="spec of the plugin in the set")
    spec = load_spec(parser.parse_args().spec)
    device = plugin_of(spec)
    live = SimulatedLive({"1-MIDI": [device]}).start()
    print(f"Live set with {device.name}, {len(spec)} parameters configured; Ctrl-C ends it")
    shown: dict[str, float] = {}
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(0.5)
            values = {one.name: one.value for one in device.parameters}
            for name in [name for name, value in values.items() if shown.get(name) != value]:
                print(f"{name}: {values[name]:.4f}", flush=True)
            shown = values
    live.close()


if __name__ == "__main__":
    main()

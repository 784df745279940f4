"""The live host on JACK: audio to its ports, notes from its MIDI port.

The synth is played inside JACK's own callback, where no buffer stands between a knob and the sound,
or some blocks ahead of it (``plugin_bridge.host.block_buffer``).
docs/research-notes/2026-11-28-host-late-blocks-idle.md says how long a block takes.
"""

from __future__ import annotations

from typing import Any

from plugin_bridge.host.block_buffer import BlockBuffer
from plugin_bridge.host.player import Player
from plugin_bridge.host.priority import before_others
from plugin_bridge.sync.target import TargetError
from renderer.engines.stream import MidiEvent

NAME = "patchwright"


class JackOutput:
    """A JACK client that plays until it is closed."""

    def __init__(self, player: Player, ahead: int = 0) -> None:
        """Joined to the sound card, if JACK has one; ``ahead``: blocks made before they are due.

        Raises TargetError when JACK is not running or runs at another rate.
        """
        self.player, self.trouble, self.jack_xruns = player, "", 0
        self._client = _client()
        self.urgent = bool(self._client.realtime)
        self._ports: list[Any] = []
        self._ahead = BlockBuffer(player, ahead, self.urgent)
        try:
            self._set_up()
        except BaseException:
            self.close()
            raise

    @property
    def description(self) -> str:
        """Where it plays, for people."""
        client = self._client
        return f"JACK as {client.name}, {client.samplerate} Hz, {client.blocksize} frames a block"

    @property
    def xruns(self) -> int:
        """Blocks that came too late: those JACK told of, and those that were not made in time."""
        return self.jack_xruns + self._ahead.late

    @property
    def client_name(self) -> str:
        """The name that JACK gave it, before the colon of its ports."""
        return str(self._client.name)

    @property
    def ports(self) -> list[str]:
        """Full names of the audio ports."""
        return [port.name for port in self._ports]

    def close(self) -> None:
        """Play no more."""
        self._client.deactivate()
        self._client.close()
        self._ahead.close()

    def _set_up(self) -> None:
        client, player = self._client, self.player
        if client.samplerate != player.sample_rate:
            raise TargetError(
                f"JACK runs at {client.samplerate} Hz, the synth was learned at "
                f"{player.sample_rate}: start jackd with -r {player.sample_rate}"
            )
        self._midi = client.midi_inports.register("midi_in")
        self._ports = [client.outports.register(f"out_{i + 1}") for i in range(player.channels)]
        client.set_process_callback(self._process)
        client.set_xrun_callback(self._count)
        client.activate()
        speakers = client.get_ports(is_audio=True, is_input=True, is_physical=True)
        for i, speaker in enumerate(speakers[:2]):
            client.connect(self._ports[i % len(self._ports)], speaker)

    def _process(self, frames: int) -> None:
        came = self._midi.incoming_midi_events()
        events: list[MidiEvent] = [(bytes(data), offset) for offset, data in came]
        try:
            audio = self._ahead.block(frames, events)
            for port, channel in zip(self._ports, audio, strict=True):
                port.get_array()[:] = channel
        except Exception as error:  # may not leave the callback
            self.trouble = self.trouble or f"{type(error).__name__}: {error}"
            for port in self._ports:
                port.get_array().fill(0)

    def _count(self, delayed_us: float) -> None:
        if self.urgent:  # JACK calls this in a thread of its own
            before_others()
        self.jack_xruns += 1


def _client() -> Any:  # noqa: ANN401  jack has no types
    try:
        import jack
    except (ImportError, OSError) as error:
        raise TargetError(
            f"JACK cannot be used ({error}): pip install patchwright[host], and install JACK"
        ) from error
    jack.set_error_function(lambda text: None)
    jack.set_info_function(lambda text: None)
    try:
        return jack.Client(NAME, no_start_server=True)
    except jack.JackError as error:
        raise TargetError(f"JACK is not running ({error}): start it, as jackd -d alsa") from error

"""Play the live host on JACK: audio to its ports, notes from its MIDI port.

The synth is rendered inside JACK's own callback, without a buffer between a knob and the sound. Or
it is rendered some blocks in advance (``plugin_bridge.host.block_buffer``). The time that a block
takes: docs/research-notes/2026-11-28-host-late-blocks-idle.md.
"""

from __future__ import annotations

import glob
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from plugin_bridge.host.block_buffer import BlockBuffer
from plugin_bridge.host.player import Player
from plugin_bridge.host.priority import before_others
from plugin_bridge.sync.target import TargetError
from renderer.engines.stream import MidiEvent

NAME = "patchwright"
SHARED = Path("/dev/shm")  # JACK 2 on Linux has a file for each server there
SETTLED_S = 1.0  # A client that asks while a server registers itself can spoil its start.
QUIET_S = 3.0  # Without a block for so long, JACK may have ended without a word.


class JackOutput:
    """Run a JACK client that plays until it is closed."""

    def __init__(self, player: Player, ahead: int = 0) -> None:
        """Start the client, and connect it to the sound card if JACK has one.

        Args:
            player: Player to render.
            ahead: Number of blocks to render in advance.

        Raises:
            TargetError: JACK is not running, or runs at another sample rate.
        """
        self.player, self.trouble, self.jack_xruns = player, "", 0
        self._away = ""  # why JACK has ended; empty while it runs
        self._asked = time.time()  # time of the last block
        self._ended: list[Any] = []  # clients of servers that have ended, never closed
        self._client = _client()
        self._can_rejoin = bool(_registrations())
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
        """Describe the output for the user."""
        client = self._client
        return f"JACK as {client.name}, {client.samplerate} Hz, {client.blocksize} frames per block"

    @property
    def away(self) -> str:
        """Return why JACK plays nothing at the moment; empty while it runs.

        JACK does not always call its client when the server ends. It may only stop asking.
        """
        if self._away or time.time() - self._asked <= QUIET_S:
            return self._away
        return f"JACK has asked for no audio for {QUIET_S:g} s"

    @property
    def xruns(self) -> int:
        """Return the number of late blocks: those that JACK reported, and those of the buffer."""
        return self.jack_xruns + self._ahead.late

    @property
    def client_name(self) -> str:
        """Return the name that JACK gave the client; its ports' names start with it."""
        return str(self._client.name)

    @property
    def ports(self) -> list[str]:
        """Return the full names of the audio ports."""
        return [port.name for port in self._ports]

    def close(self) -> None:
        """Stop playing."""
        self._leave()
        self._ahead.close()

    def rejoin(self) -> bool:
        """Join a new JACK server after the last one has ended; return False while there is none.

        Raises:
            TargetError: The new server runs at another sample rate.
        """
        began = max(_registrations(), default=0.0)
        if not self._asked < began < time.time() - SETTLED_S:
            return False
        try:
            client = _client()
        except TargetError:
            return False
        self._ended.append(self._client)
        before, self._client, self._away, self._asked = self._away, client, "", time.time()
        try:
            self._set_up()
        except TargetError:
            self._leave()
            raise
        except Exception:  # the new server has ended too; each step raises different errors
            self._away = self._away or before or "JACK stopped"
        return not self._away

    def _leave(self) -> None:
        """Close the client, unless its server has ended: JACK's library would crash."""
        if self.away:
            self._ended.append(self._client)
        else:
            self._client.deactivate()
            self._client.close()

    def _set_up(self) -> None:
        """Register the ports and connect them; raise TargetError at a wrong sample rate."""
        client, player = self._client, self.player
        if client.samplerate != player.sample_rate:
            other = f", or give --rate {client.samplerate}" if player.axes else ""
            raise TargetError(
                f"JACK runs at {client.samplerate} Hz, but the synth plays at "
                f"{player.sample_rate} Hz: start jackd with -r {player.sample_rate}{other}"
            )
        self._midi = client.midi_inports.register("midi_in")
        self._input = client.inports.register("in_1") if player.listens else None
        self._ports = [client.outports.register(f"out_{i + 1}") for i in range(player.channels)]
        client.set_process_callback(self._process)
        client.set_xrun_callback(self._count)
        client.set_shutdown_callback(self._lose)
        client.activate()
        if self._input is not None:
            for source in client.get_ports(is_audio=True, is_output=True, is_physical=True)[:1]:
                client.connect(source, self._input)
        speakers = client.get_ports(is_audio=True, is_input=True, is_physical=True)
        for i, speaker in enumerate(speakers[:2]):
            client.connect(self._ports[i % len(self._ports)], speaker)

    def _process(self, frames: int) -> None:
        """Render one block in JACK's callback."""
        self._asked = time.time()
        incoming = self._midi.incoming_midi_events()
        events: list[MidiEvent] = [(bytes(data), offset) for offset, data in incoming]
        try:
            if self._input is not None:
                self.player.hear(self._input.get_array())
            audio = self._ahead.block(frames, events)
            for port, channel in zip(self._ports, audio, strict=True):
                port.get_array()[:] = channel
        except Exception as error:  # an error must not leave the callback
            self.trouble = self.trouble or f"{type(error).__name__}: {error}"
            for port in self._ports:
                port.get_array().fill(0)

    def _lose(self, status: object, reason: str) -> None:
        """Report that the server has ended; JACK calls this in a thread of its own."""
        self._away = f"JACK stopped ({reason})"
        if not self._can_rejoin:
            self.trouble = f"{self._away}; start it"

    def _count(self, delayed_us: float) -> None:
        """Count an xrun."""
        if self.urgent:  # JACK calls this in another thread
            before_others()
        self.jack_xruns += 1


def _registrations() -> list[float]:
    """Return when the servers of our name registered, in seconds as ``time.time``.

    The list is empty where JACK keeps no such file: PipeWire, macOS and Windows.
    """
    name = os.environ.get("JACK_DEFAULT_SERVER", "default")
    found = list[float]()
    for path in SHARED.glob(f"jack_{glob.escape(name)}_*"):
        with suppress(OSError):  # it has ended meanwhile
            found.append(path.stat().st_mtime)
    return found


def _client() -> Any:  # noqa: ANN401  jack has no types
    """Return a client of the running JACK server; raise TargetError if there is none.

    Python would close the client when it collects it. That crashes if its server has ended, so only
    `JackOutput.close` closes it.
    """
    try:
        import jack
    except (ImportError, OSError) as error:
        raise TargetError(
            f"JACK cannot be loaded ({error}): run pip install patchwright[host], and install JACK"
        ) from error
    jack.set_error_function(lambda text: None)
    jack.set_info_function(lambda text: None)
    kind = type("Client", (jack.Client,), {"__del__": lambda _: None})
    try:
        return kind(NAME, no_start_server=True)
    except jack.JackError as error:
        raise TargetError(
            f"JACK is not running ({error}): start it, for example with jackd -d alsa"
        ) from error

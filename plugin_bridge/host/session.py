"""Run a live host: a synth, an audio output, and its inputs."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Protocol

from datasets.errors import SpecError
from datasets.spec import SynthSpec
from plugin_bridge.host.block_buffer import MOST
from plugin_bridge.host.host_target import HostTarget
from plugin_bridge.host.jack_output import JackOutput
from plugin_bridge.host.midi_input import MidiNoteInput
from plugin_bridge.host.osc_input import OscNoteInput
from plugin_bridge.host.player import Player
from plugin_bridge.host.priority import before_others
from plugin_bridge.host.sound_card import SoundCard
from plugin_bridge.sync.link import Link
from plugin_bridge.sync.run_link import model_spec, parse_address
from plugin_bridge.sync.target import TargetError
from renderer.engines.stream import PluginStream
from renderer.scan.open_plugin import ScanSettings, bare_spec, open_plugin
from renderer.scan.probe import LIMITS

SWITCH_S = 0.0005  # longest that another thread of ours keeps Python from the audio's
LISTEN_S = 0.2  # longest wait of a hand before it looks whether to end
WATCH_S = 1.0  # how often it is looked whether the synth plays on
OUTPUTS = ("auto", "jack", "card")

Tell = Callable[[str], None]


@dataclass(frozen=True)
class HostOptions:
    """What to host, and where it plays."""

    synth: str  # spec, model, or a plugin's name or path
    output: str = "auto"  # jack, card, or the first of them that is there
    device: str = ""  # part of the sound card's name
    frames: int = 256  # of a block on the sound card; JACK has its own
    osc_port: int = 0  # UDP, for notes; 0 takes any
    server: str = ""  # HOST:PORT whose parameters it follows; none when empty
    token: str = ""  # of that server
    preset: str = ""  # a .vstpreset file to begin with
    midi: str = ""  # part of a MIDI port's name, for notes; JACK has a port of its own
    ahead: int = 0  # blocks made before they are due, 0..MOST


class AudioOutput(Protocol):
    """Somewhere that a player is heard."""

    urgent: bool  # whether its blocks go before every other program
    trouble: str  # why it fell silent; empty while all is well

    @property
    def description(self) -> str:
        """Where it plays, for people."""

    @property
    def xruns(self) -> int:
        """Blocks that came too late so far."""

    def close(self) -> None:
        """Play no more."""


@dataclass(frozen=True)
class Host:
    """A host that plays."""

    player: Player
    output: AudioOutput
    hand: OscNoteInput


def run_host(options: HostOptions, tell: Tell, stopped: Event | None = None) -> None:
    """Play until Ctrl-C, or until ``stopped`` is set; ``tell`` takes lines to read.

    Raises SpecError for an option, RenderError for a plugin, TargetError for an output or port.
    """
    stopped, told = stopped or Event(), 0
    with running_host(options, tell) as host:
        while not stopped.wait(WATCH_S):
            if host.output.trouble:
                raise TargetError(f"the synth can play no more: {host.output.trouble}")
            if host.output.xruns > 2 * told:  # told ever more rarely
                told = host.output.xruns
                more = min(options.ahead + 2, MOST)
                tell(f"late blocks so far: {told}; --ahead {more} would be steadier, and later")


@contextmanager
def running_host(options: HostOptions, tell: Tell) -> Iterator[Host]:
    """A host that plays for as long as the context lasts, with all its hands."""
    if options.output not in OUTPUTS:
        raise SpecError(f"--output {options.output!r}: use one of {', '.join(OUTPUTS)}")
    if not 0 <= options.ahead <= MOST:
        raise SpecError(f"--ahead {options.ahead}: give 0 to {MOST} blocks")
    stream = PluginStream(_spec(options.synth))
    if options.preset:
        stream.load_preset(_content(options.preset))
    player, ended = Player(stream), Event()
    with ExitStack() as open_now:
        hand = open_now.enter_context(closing(OscNoteInput(player, options.osc_port, tell)))
        hands = [_until(ended, lambda: hand.follow(LISTEN_S))]
        # Opened before JACK calls us back and closed after: rtmidi holds Python while it speaks to
        # JACK, which may be waiting for Python.
        if options.midi:
            keys = open_now.enter_context(closing(MidiNoteInput(player, options.midi)))
            hands.append(_until(ended, keys.follow))
        if options.server:
            link = open_now.enter_context(closing(_link(options, player, tell)))
            hands.append(partial(link.run, ended))
        open_now.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(SWITCH_S)
        open_now.enter_context(_nothing_to_collect())
        output = open_now.enter_context(closing(_output(options, player)))
        tell(f"{stream.spec.name} plays on {output.description}; OSC on UDP port {hand.port}")
        for follow in hands:
            thread = Thread(target=_follow, args=(follow, output.urgent), daemon=True)
            thread.start()
            open_now.callback(thread.join)
        open_now.callback(ended.set)
        yield Host(player, output, hand)


def _link(options: HostOptions, player: Player, tell: Tell) -> Link:
    """The host joined to the server that it follows."""
    spec, server = model_spec(options.synth), parse_address(options.server)
    return Link(server, lambda: HostTarget(player), spec, tell, options.token)


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """Keep Python's collector from what is here by now: to look through it takes 6 to 70 ms."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _until(ended: Event, step: Callable[[], None]) -> Callable[[], None]:
    def follow() -> None:
        while not ended.is_set():
            step()

    return follow


def _follow(follow: Callable[[], None], urgent: bool) -> None:
    """What a thread of a hand does."""
    if urgent:
        before_others()
    follow()


def _output(options: HostOptions, player: Player) -> AudioOutput:
    """The output that was asked for; with ``auto`` JACK if it runs, else the sound card."""
    if options.output != "card":
        try:
            return JackOutput(player, options.ahead)
        except TargetError as error:
            if options.output == "jack":
                raise
            away = error
    try:
        return SoundCard(player, options.device, options.frames, options.ahead)
    except TargetError as error:
        if options.output == "card":
            raise
        raise TargetError(f"nothing to play on: {away}; {error}") from error


def _spec(synth: str) -> SynthSpec:
    """The spec of a model or spec, or a plugin's own with nothing learned."""
    try:
        return model_spec(synth)
    except SpecError as error:
        if not str(error).startswith("no spec"):
            raise
    bare, _ = open_plugin(bare_spec(synth, "pedalboard", ScanSettings()), LIMITS)
    return replace(bare, description=f"{bare.name}, as it comes")


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SpecError(f"--preset {path} cannot be read: {error.strerror}") from error

"""Run a live host: a synth, an audio output and its inputs."""

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

from datasets.errors import SpecError, StoreError
from datasets.foreign_files import file_content
from datasets.spec import SynthSpec, available_specs
from plugin_bridge.addresses import parse_address
from plugin_bridge.host.block_buffer import MOST
from plugin_bridge.host.host_target import HostTarget
from plugin_bridge.host.jack_output import JackOutput
from plugin_bridge.host.midi_input import MidiNoteInput
from plugin_bridge.host.osc_input import OscNoteInput
from plugin_bridge.host.player import Player
from plugin_bridge.host.preset_writer import PresetWriter
from plugin_bridge.host.priority import before_others
from plugin_bridge.host.sound_card import SoundCard
from plugin_bridge.stop_signals import set_by_stop_signals
from plugin_bridge.sync.link import Link
from plugin_bridge.sync.run_link import model_spec
from plugin_bridge.sync.target import TargetError
from renderer.engines.stream import PluginStream, PresetMaker, SynthStream
from renderer.scan.open_plugin import ScanSettings, bare_spec, open_plugin
from renderer.scan.probe import LIMITS

SWITCH_S = 0.0005  # Longest time that another thread of ours holds Python's lock.
LISTEN_S = 0.2  # Longest wait of an input before it checks for the end.
WATCH_S = 1.0  # Time between two checks that the synth still plays.
OUTPUTS = ("auto", "jack", "card")

Tell = Callable[[str], None]


@dataclass(frozen=True)
class HostOptions:
    """Hold the options of ``patchwright host``."""

    synth: str  # Spec, model, or a plugin's name or path.
    output: str = "auto"  # jack, card, or auto for the first that works.
    device: str = ""  # Name of the sound card, or a part of it.
    frames: int = 256  # Frames per block on the sound card; JACK has its own setting.
    osc_port: int = 0  # UDP port for notes; 0 takes a free port.
    server: str = ""  # HOST:PORT of the server to follow; empty for none.
    token: str = ""  # Token of that server.
    preset: str = ""  # A .vstpreset file to load first.
    midi: str = ""  # MIDI port for notes, or a part of its name; JACK also has a port.
    ahead: int = 0  # Blocks to render in advance, 0..MOST.
    presets: str = ""  # Folder for the presets of a timbre model; empty for none.


class AudioOutput(Protocol):
    """Play a player's audio."""

    urgent: bool  # True: its thread has priority over ordinary programs.
    trouble: str  # Reason for silence after an error; empty otherwise.

    @property
    def away(self) -> str:
        """Return why it is silent until the audio system is back; empty while it plays."""

    @property
    def description(self) -> str:
        """Describe the output for the user."""

    @property
    def xruns(self) -> int:
        """Return the number of late blocks so far."""

    def rejoin(self) -> bool:
        """Play again after ``away``; return False while that is not possible."""

    def close(self) -> None:
        """Stop playing."""


@dataclass(frozen=True)
class Host:
    """Hold the parts of a running host."""

    player: Player
    output: AudioOutput
    hand: OscNoteInput


def run_host(
    options: HostOptions,
    tell: Tell,
    stopped: Event | None = None,
    stream: SynthStream | None = None,
) -> None:
    """Play until Ctrl-C or SIGTERM, or until ``stopped`` is set.

    Args:
        options: What to host, and where it plays.
        tell: Receives lines for the user.
        stopped: Event that ends the host; None waits for Ctrl-C or SIGTERM.
        stream: What to play instead of the plugin that the options name.

    Raises:
        SpecError: An option is wrong.
        RenderError: The plugin fails.
        TargetError: An output or a port cannot be used, or the synth fails while it plays.
    """
    reported, incomplete, away, trouble = 0, b"", "", ""
    with set_by_stop_signals() as signalled, running_host(options, tell, stream) as host:
        while not (stopped or signalled).wait(WATCH_S):
            if host.output.trouble:
                raise TargetError(
                    f"the synth stopped playing: {host.output.trouble}; start the host again"
                )
            away = _rejoined(host, away, tell)
            if host.player.incomplete and not incomplete:
                incomplete = host.player.incomplete
                tell(f"not played: {incomplete.hex(' ')} is not a complete MIDI message")
            if host.player.trouble != trouble:
                trouble = host.player.trouble
                tell(f"the sound did not change: {trouble}")
            if host.output.xruns > 2 * reported:  # report less and less often
                reported = host.output.xruns
                more = min(options.ahead + 2, MOST)
                tell(f"late blocks so far: {reported}; --ahead {more} is safer but adds latency")


def _rejoined(host: Host, reported: str, tell: Tell) -> str:
    """Return why the output plays nothing, or "" if it plays; report both, each once."""
    output = host.output
    reason = output.away
    if not reason:  # it plays, perhaps because a busy server asks again
        if reported:
            tell(f"the synth plays again on {output.description}")
        return ""
    if not reported:
        tell(f"the synth stopped playing: {reason}; it plays again when JACK is back")
        host.player.quiet()  # no note may hang when it is back
    if not output.rejoin():
        return reason
    tell(f"the synth plays again on {output.description}")
    return ""


@contextmanager
def running_host(
    options: HostOptions, tell: Tell, stream: SynthStream | None = None
) -> Iterator[Host]:
    """Run a host with all its inputs for the duration of the context.

    Args:
        options: What to host, and where it plays.
        tell: Receives lines for the user.
        stream: What to play instead of the plugin that the options name; closed at the end.

    Yields:
        The running host.

    Raises:
        SpecError: An option is wrong.
    """
    with ExitStack() as open_now:
        if stream is not None:
            open_now.callback(stream.close)
        _check(options, stream)
        own = stream is not None
        stream = stream or _plugin(options)
        player, ended = Player(stream), Event()
        if player.listens and (options.ahead or options.output == "card"):
            raise SpecError(
                "the audio input needs JACK without --ahead: leave out --ahead, --output"
            )
        write = None
        if options.presets and isinstance(stream, PresetMaker):
            writer = PresetWriter(stream, Path(options.presets), tell)
            write = open_now.enter_context(closing(writer)).write
        hand = open_now.enter_context(closing(OscNoteInput(player, options.osc_port, tell, write)))
        inputs = [_until(ended, lambda: hand.follow(LISTEN_S))]
        # Open MIDI before JACK's callback starts, and close it after: rtmidi holds Python's lock
        # while it talks to JACK, and JACK may wait for that lock.
        if options.midi:
            keys = open_now.enter_context(closing(MidiNoteInput(player, options.midi, tell)))
            inputs.append(_until(ended, keys.follow))
        if options.server:
            spec = stream.spec if own else model_spec(options.synth)
            link = open_now.enter_context(closing(_link(options, spec, player, tell)))
            inputs.append(partial(link.run, ended))
        open_now.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(SWITCH_S)
        open_now.enter_context(_nothing_to_collect())
        output = open_now.enter_context(closing(_output(options, player)))
        if output.urgent and player.worker:
            before_others(thread=player.worker)
        tell(f"{stream.spec.name} plays on {output.description}; OSC on UDP port {hand.port}")
        for follow in inputs:
            thread = Thread(target=_follow, args=(follow, output.urgent, tell), daemon=True)
            thread.start()
            open_now.callback(thread.join)
        open_now.callback(ended.set)
        yield Host(player, output, hand)


def _check(options: HostOptions, stream: SynthStream | None) -> None:
    """Raise SpecError if an option is wrong."""
    if options.output not in OUTPUTS:
        raise SpecError(f"--output {options.output!r}: use one of {', '.join(OUTPUTS)}")
    if not 0 <= options.ahead <= MOST:
        raise SpecError(f"--ahead {options.ahead}: give 0 to {MOST} blocks")
    if stream is not None and options.preset:
        raise SpecError(f"--preset {options.preset}: {options.synth} is a timbre model; omit it")
    if options.presets and not isinstance(stream, PresetMaker):
        raise SpecError(f"--presets {options.presets}: {options.synth} is no timbre model; omit it")


def _plugin(options: HostOptions) -> PluginStream:
    """Load the plugin that the options name, with their preset."""
    stream = PluginStream(_spec(options.synth))
    if options.preset:
        stream.load_preset(_content(options.preset))
    return stream


def _link(options: HostOptions, spec: SynthSpec, player: Player, tell: Tell) -> Link:
    """Connect the host to the server that it follows."""
    server = parse_address(options.server)
    return Link(server, lambda: HostTarget(player), spec, tell, options.token)


@contextmanager
def _nothing_to_collect() -> Iterator[None]:
    """Exclude current objects from garbage collection: a full pass takes 6 to 70 ms."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _until(ended: Event, step: Callable[[], None]) -> Callable[[], None]:
    """Return a function that repeats a step until the event is set."""

    def follow() -> None:
        while not ended.is_set():
            step()

    return follow


def _follow(follow: Callable[[], None], urgent: bool, tell: Tell) -> None:
    """Run an input in its thread; report an error that ends it."""
    if urgent:
        before_others()
    try:
        follow()
    except Exception as error:  # a thread's traceback is lost, and the other inputs go on
        tell(f"an input stopped ({type(error).__name__}: {error}); restart the host to use it")


def _output(options: HostOptions, player: Player) -> AudioOutput:
    """Open the requested output; with ``auto`` JACK if it runs, else the sound card."""
    if options.output != "card":
        try:
            return JackOutput(player, options.ahead)
        except TargetError as error:
            if options.output == "jack" or player.listens:
                raise
            away = error
    try:
        return SoundCard(player, options.device, options.frames, options.ahead)
    except TargetError as error:
        if options.output == "card":
            raise
        raise TargetError(f"no audio output: {away}; {error}") from error


def _spec(synth: str) -> SynthSpec:
    """Return a model's spec, or a plugin's own spec without learned parameters."""
    path = Path(synth)
    if synth in available_specs() or path.suffix == ".toml" or (path / "config.json").is_file():
        return model_spec(synth)
    bare, _ = open_plugin(bare_spec(synth, "pedalboard", ScanSettings()), LIMITS)
    return replace(bare, description=f"{bare.name}, not learned")


def _content(path: str) -> bytes:
    """Read the preset file; raise SpecError if that fails."""
    try:
        return file_content(Path(path))
    except StoreError as error:
        raise SpecError(f"--preset {error}") from error

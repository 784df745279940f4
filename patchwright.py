"""Define the ``patchwright`` command line and the names that ``import patchwright`` offers.

Each folder adds its commands from its own ``commands.py``. A public name is imported from its
module on first use. ``import patchwright`` and ``patchwright --help`` therefore stay fast.

Example:
    >>> import patchwright
    >>> spec = patchwright.load_spec("vital-32")
    >>> len(spec), spec.names[0]
    (32, 'osc_1_level')
"""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datasets.errors import PatchwrightError
    from datasets.spec import SynthSpec, available_specs, load_spec
    from datasets.storage.store import Store as Dataset
    from datasets.storage.store import open_store as open_dataset
    from models.checkpoint import Checkpoint as Model
    from models.checkpoint import load_checkpoint as load_model
    from models.matching.answers import MatchResult
    from models.matching.export import write_match
    from models.matching.matcher import Matcher
    from models.matching.options import MatchOptions
    from renderer.dataset.render import render_dataset
    from renderer.workers.isolation import Rendered, RenderJob
    from renderer.workers.pool import RenderPool
    from server.sketches import sketch_paths

# The folders (datasets, renderer, models, ...) are imported by their own names. In a checkout they
# are next to this file. In a wheel they are in `patchwright_app` next to this file: names this
# general must not be in site-packages. Their parent folder is first on sys.path. In this process
# `datasets` is therefore our folder, even if another package has the same name.
_HERE = Path(__file__).resolve().parent
ROOMS = _HERE / "patchwright_app" if (_HERE / "patchwright_app").is_dir() else _HERE
sys.path.insert(0, str(ROOMS))

from models.timbre.commands import timbre  # noqa: E402  found by the line above

__all__ = [
    "Dataset",
    "MatchOptions",
    "MatchResult",
    "Matcher",
    "Model",
    "PatchwrightError",
    "RenderJob",
    "RenderPool",
    "Rendered",
    "SynthSpec",
    "available_specs",
    "load_model",
    "load_spec",
    "open_dataset",
    "render_dataset",
    "sketch_paths",
    "write_match",
]
# Each public name with its module and its name there. These names are stable; modules may move.
PUBLIC = {
    "Dataset": ("datasets.storage.store", "Store"),
    "MatchOptions": ("models.matching.options", "MatchOptions"),
    "MatchResult": ("models.matching.answers", "MatchResult"),
    "Matcher": ("models.matching.matcher", "Matcher"),
    "Model": ("models.checkpoint", "Checkpoint"),
    "PatchwrightError": ("datasets.errors", "PatchwrightError"),
    "RenderJob": ("renderer.workers.isolation", "RenderJob"),
    "RenderPool": ("renderer.workers.pool", "RenderPool"),
    "Rendered": ("renderer.workers.isolation", "Rendered"),
    "SynthSpec": ("datasets.spec", "SynthSpec"),
    "available_specs": ("datasets.spec", "available_specs"),
    "load_model": ("models.checkpoint", "load_checkpoint"),
    "load_spec": ("datasets.spec", "load_spec"),
    "open_dataset": ("datasets.storage.store", "open_store"),
    "render_dataset": ("renderer.dataset.render", "render_dataset"),
    "sketch_paths": ("server.sketches", "sketch_paths"),
    "write_match": ("models.matching.export", "write_match"),
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used.

    Raises:
        AttributeError: ``patchwright`` has no public name like this.
    """
    if name not in PUBLIC:
        raise AttributeError(f"patchwright has no {name!r}; it has {', '.join(sorted(PUBLIC))}")
    module, there = PUBLIC[name]
    return getattr(import_module(module), there)


def __dir__() -> list[str]:
    """List the names of this module, public names that are not imported included."""
    return sorted({*globals(), *PUBLIC})


app = typer.Typer(
    name="patchwright",
    help="Steer any synthesizer by sound.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help and plain tracebacks: importing rich takes longer than importing everything else.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    """Print the installed version and exit, if ``--version`` was given."""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"patchwright {version('patchwright')}")
        raise typer.Exit


@app.callback()
def _global_options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Steer any synthesizer by sound."""
    context.obj = _write_bank


def _write_bank(
    spec: "SynthSpec", title: str, presets: "Sequence[tuple[str, Path]]"
) -> dict[str, bytes]:
    """Write presets as bank files of a synth, for `match`.

    It is here because `models` matches and `plugin_bridge` knows the formats.
    """
    from plugin_bridge.preset_files.bank_files import bank_files

    return bank_files(spec, title, presets)


# The command is here because it joins two folders: `renderer` probes the plugin and `models`
# supplies the mel spectrogram.
@app.command()
def scan(
    plugin: Annotated[str, typer.Argument(help="Plugin: its path, its name, or vital.")],
    out: Annotated[Path, typer.Option(help="Draft spec to write (.toml); a report is next to it.")],
    engine: Annotated[
        str, typer.Option(help="dawdreamer, pedalboard, faust or vita; default: from the file.")
    ] = "",
    note_low: Annotated[int, typer.Option(min=0, max=127, help="Lowest MIDI note.")] = 36,
    note_high: Annotated[int, typer.Option(min=0, max=127, help="Highest MIDI note.")] = 84,
    patches: Annotated[int, typer.Option(min=2, help="Random patches to measure on.")] = 12,
    size: Annotated[int, typer.Option(min=1, help="Most controls in the spec.")] = 32,
    workers: Annotated[int, typer.Option(min=1, help="Processes that render.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random patches.")] = 0,
) -> None:
    """Probe a plugin and write a draft spec for it.

    The command measures which controls change the sound and which are stepped or unsafe. It also
    measures whether the plugin repeats its output.
    """
    from functools import partial

    from models.audio.features import FeatureSettings, log_mel
    from renderer.scan.console import scan_command
    from renderer.scan.open_plugin import ScanSettings
    from renderer.scan.probe import CLIP

    settings = ScanSettings(patches, size, seed, note_low, note_high, workers)
    mel = partial(log_mel, settings=FeatureSettings(duration_s=CLIP.length_s))
    scan_command(plugin, out, settings, mel, engine, typer.echo)


# Options of `host` and of `timbre play`.
Output = Annotated[str, typer.Option(help="jack, card, or auto (JACK if it runs).")]
Device = Annotated[str, typer.Option(help="Name of the sound card, or a part of it.")]
BlockFrames = Annotated[
    int, typer.Option(min=16, max=8192, help="Frames per block on a sound card.")
]
NotesPort = Annotated[int, typer.Option(min=0, max=65535, help="UDP port for notes.")]
MidiPort = Annotated[str, typer.Option(help="MIDI port for notes: its name, or a part of it.")]
Ahead = Annotated[
    int, typer.Option(help="Blocks to render in advance: 2 is safer but adds latency.")
]
Rate = Annotated[
    int, typer.Option(min=8000, max=192000, help="Sample rate of a timbre model in Hz.")
]
Presets = Annotated[
    str,
    typer.Option(help="Folder for Vital presets of a timbre model, written on an OSC message."),
]
Server = Annotated[str, typer.Option(help="HOST:PORT of the server to follow; by default none.")]
Token = Annotated[
    str, typer.Option(help="Token of the server, if it has one.", envvar="PATCHWRIGHT_TOKEN")
]
Voices = Annotated[
    int, typer.Option(min=1, max=64, help="Notes of a timbre model at the same time.")
]
Phase = Annotated[str, typer.Option(help="Spectral model: peaks, noise, or tones. Default: peaks.")]


# The command is here because it joins two folders: `models` makes the sound of a timbre model, and
# `plugin_bridge` plays it.
@app.command()
def host(
    synth: Annotated[
        str, typer.Argument(help="Spec, model, timbre model, or a VST3 plugin's name or path.")
    ],
    output: Output = "auto",
    device: Device = "",
    frames: BlockFrames = 256,
    osc_port: NotesPort = 9020,
    server: Server = "",
    preset: Annotated[str, typer.Option(help="A .vstpreset file to load first.")] = "",
    midi: MidiPort = "",
    ahead: Ahead = 0,
    rate: Rate = 48000,
    voices: Voices = 8,
    phase: Phase = "",
    presets: Presets = "",
    token: Token = "",
) -> None:
    """Play a VST3 or a timbre model live without a DAW: notes by MIDI or OSC.

    The parameters of a VST3 and the axes of a timbre model follow the server.
    """
    from models.timbre.recognise import is_timbre
    from plugin_bridge.host.session import HostOptions, run_host

    options = HostOptions(
        synth, output, device, frames, osc_port, server, token, preset, midi, ahead, presets
    )
    stream = None
    if is_timbre(synth):
        from models.timbre.player.open_stream import open_stream

        stream = open_stream(synth, rate, voices, phase, tell=typer.echo)
    run_host(options, typer.echo, stream=stream)


@timbre.command()
def play(
    model: Annotated[str, typer.Argument(help="Timbre model: a shipped name, or a folder.")],
    output: Output = "auto",
    device: Device = "",
    frames: BlockFrames = 256,
    osc_port: NotesPort = 9020,
    midi: MidiPort = "",
    ahead: Ahead = 0,
    rate: Rate = 48000,
    voices: Voices = 8,
    phase: Phase = "",
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            help="Spectral model: sound file, or jack for JACK's input; twice for a crossfade.",
        ),
    ] = None,
    server: Server = "",
    presets: Presets = "",
    token: Token = "",
) -> None:
    """Play a timbre model live, as ``patchwright host`` does.

    With ``--input``, a spectral model encodes and decodes that sound instead of playing notes.
    """
    from models.timbre.player.open_stream import open_stream
    from plugin_bridge.host.session import HostOptions, run_host

    stream = open_stream(model, rate, voices, phase, inputs or (), typer.echo)
    options = HostOptions(
        model, output, device, frames, osc_port, server, token, "", midi, ahead, presets
    )
    run_host(options, typer.echo, stream=stream)


for _room in ("datasets", "renderer", "models", "server", "plugin_bridge"):
    app.add_typer(import_module(f"{_room}.commands").commands)


def main() -> None:
    """Run ``patchwright``."""
    _run(lambda: app(prog_name="patchwright"))


def render_presets_main() -> None:
    """Run ``render-presets``, another name for ``patchwright render``."""
    render = typer.main.get_group(app).commands["render"]
    _run(lambda: render(prog_name="render-presets"))


def _run(command: Callable[[], object]) -> None:
    """Run a command; print an error that the user can fix as one line, with exit code 2."""
    from datasets.errors import PatchwrightError

    if "--ray" in sys.argv:  # its address is optional, which the option parser cannot express
        after = sys.argv.index("--ray") + 1
        if after == len(sys.argv) or sys.argv[after].startswith("-"):
            sys.argv.insert(after, "local")
    try:
        command()
    except PatchwrightError as error:
        message = " ".join(str(error).splitlines())
        print(f"error: {message}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

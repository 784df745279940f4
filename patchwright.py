"""The front door: every command of patchwright.

Each command imports what it needs inside its own function, so `--help` is instant.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

# The folders (datasets, renderer, models, ...) are imported by their own names. In a wheel they lie
# in `patchwright_app` next to this file, so that names this general never reach site-packages; in
# the checkout they lie next to this file itself. Whichever it is goes first on sys.path, so that
# inside this process `datasets` is ours even where another package of that name is installed.
_HERE = Path(__file__).resolve().parent
ROOMS = _HERE / "patchwright_app" if (_HERE / "patchwright_app").is_dir() else _HERE
sys.path.insert(0, str(ROOMS))

app = typer.Typer(
    name="patchwright",
    help="Steer any synthesizer by sound.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help and plain tracebacks: rich takes longer to import than all the rest.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    """Print the installed version and stop, if `--version` was given."""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"patchwright {version('patchwright')}")
        raise typer.Exit


@app.callback()
def _front_door(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Steer any synthesizer by sound."""


def main() -> None:
    """Run `patchwright`."""
    _run(lambda: app(prog_name="patchwright"))


def render_presets_main() -> None:
    """Run `render-presets`, another name for `patchwright render`."""
    render = typer.main.get_group(app).commands["render"]
    _run(lambda: render(prog_name="render-presets"))


def _run(command: Callable[[], object]) -> None:
    """Run a command; an error that is the caller's to mend is one line and exit code 2."""
    from datasets.errors import PatchwrightError

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

"""Run ``patchwright scan`` and print its summary."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from datasets.errors import SpecError
from renderer.scan.draft_spec import ranked
from renderer.scan.open_plugin import ScanSettings
from renderer.scan.probe import Mel
from renderer.scan.report import conclusions, write
from renderer.scan.scan import Scan, scan

Tell = Callable[[str], None]


def scan_command(
    plugin: str, out: Path, settings: ScanSettings, mel: Mel, engine: str, tell: Tell
) -> Scan:
    """Scan, write the draft ``out`` and the report next to it, and tell about it line by line.

    Raises SpecError, with the report written, when there is nothing to learn.
    """
    if out.suffix != ".toml":
        raise SpecError(f"--out {out.name!r} is not a .toml file: use {out.stem}.toml")
    if settings.note_low > settings.note_high:
        raise SpecError(
            f"--note-low {settings.note_low} is above --note-high {settings.note_high}: swap them"
        )
    found = scan(plugin, out.stem, settings, mel, engine, tell)
    files = write(found, out)
    for line in summary(found, files):
        tell(line)
    if found.draft is None:
        raise SpecError(
            f"{found.plugin}: nothing to learn: {found.why_nothing}; see {files[0]}, no draft "
            "was written"
        )
    return found


def summary(found: Scan, files: Iterable[Path]) -> list[str]:
    """One screen."""
    strongest = [
        f"    {f.control.name:<24} {f.effect.mean_db:6.2f} dB{'   stepped' * bool(f.steps)}"
        for f in ranked(found.findings)[:8]
        if f.effect
    ]
    lines = [f"  {line}".replace("`", "").replace("**", "") for line in conclusions(found)]
    if strongest:
        lines += ["  strongest, mean effect:", *strongest]
    return [found.plugin, *lines, f"  written: {', '.join(map(str, files))}"]

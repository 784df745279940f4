"""Run ``patchwright scan`` and print its summary."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from datasets.atomic_write import check_writable
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
    """Scan a plugin, write the draft and its report, and print progress.

    Args:
        plugin: A path, a file stem, or ``vital``.
        out: The draft's ``.toml`` file; the report goes next to it.
        settings: How many patches, which notes, and the limits.
        mel: Computes a clip's log-mel.
        engine: The engine; "" chooses it by the file.
        tell: Called with each line of progress.

    Returns:
        The scan.

    Raises:
        SpecError: An option is wrong, or there is nothing to learn. In the second case the report
            is written.
        StoreError: ``out`` cannot be written.
    """
    if out.suffix != ".toml":
        raise SpecError(f"--out {out.name!r}: must be a .toml file, as {out.stem}.toml")
    if settings.note_low > settings.note_high:
        raise SpecError(
            f"--note-low {settings.note_low} is above --note-high {settings.note_high}: swap them"
        )
    check_writable(out)  # a scan takes minutes
    found = scan(plugin, out.stem, settings, mel, engine, tell)
    files = write(found, out)
    for line in summary(found, files):
        tell(line)
    if found.draft is None:
        raise SpecError(
            f"{found.plugin}: nothing to learn, because {found.why_nothing}. No draft was "
            f"written; read {files[0]}"
        )
    return found


def summary(found: Scan, files: Iterable[Path]) -> list[str]:
    """Return a summary of one screen, line by line."""
    strongest = [
        f"    {f.control.name:<24} {f.effect.mean_db:6.2f} dB{'   stepped' * bool(f.steps)}"
        for f in ranked(found.findings)[:8]
        if f.effect
    ]
    lines = [f"  {line}".replace("`", "").replace("**", "") for line in conclusions(found)]
    if strongest:
        lines += ["  strongest, mean effect:", *strongest]
    return [found.plugin, *lines, f"  written: {', '.join(map(str, files))}"]

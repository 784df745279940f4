"""Run ``patchwright match FOLDER``: match, collect the presets, and write bank and index."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from datasets.atomic_write import replace_file
from datasets.errors import StoreError
from datasets.foreign_files import file_content, parse_json
from datasets.spec import SynthSpec
from models.banks.folder_match import FolderMatch, failed, match_files
from models.banks.index import index_page
from models.banks.record import DONE, BankRecord, open_record, sound_folder
from models.banks.sounds import sound_files
from models.checkpoint import load_checkpoint
from models.matching.console import started_from
from models.matching.export import prepare_folder
from models.matching.matcher import Matcher
from models.matching.options import MatchOptions

# Writes presets (name and file) as bank files of a synth: content by file name, {} without a
# format for banks. ``plugin_bridge.preset_files.bank_files`` has one.
BankWriter = Callable[[SynthSpec, str, Sequence[tuple[str, Path]]], dict[str, bytes]]


@dataclass(frozen=True)
class BankRequest:
    """Hold what ``patchwright match FOLDER`` was given.

    Attributes:
        folder: Folder of the sounds.
        model: Name of a shipped model, or the folder of one.
        out: Folder of the bank.
        options: Budget, method and so on.
        present: A preset file to start from, or None.
        workers: Number of processes that render.
        exports: Also write the wavetables of resyntheses.
        labels: New ``name``, ``author`` and ``comment`` of the presets from ``present``.
    """

    folder: Path
    model: str
    out: Path
    options: MatchOptions
    present: Path | None = None
    workers: int = 2
    exports: bool = False
    labels: Mapping[str, str] | None = None

    def settings(self) -> dict[str, Any]:
        """Return what decides the answers, as JSON values; raise StoreError for a missing file."""
        files = {"--from": self.present, "--second": self.options.second}
        hashes = {
            name: hashlib.sha256(file_content(path)).hexdigest()
            for name, path in files.items()
            if path is not None
        }
        named = {"locked": "lock"}
        options = {
            f"--{named.get(key, key).removesuffix('_s')}": value
            for key, value in asdict(self.options).items()
            if key not in ("present", "second")
        }
        own = {"--model": self.model, "--exports": self.exports, "labels": dict(self.labels or {})}
        return {**own, **options, **hashes}


def bank_command(
    request: BankRequest,
    write_bank: BankWriter | None,
    report: Callable[[str], None],
) -> tuple[dict[str, Any], list[str]]:
    """Match a folder of sounds into a bank, or continue it.

    Args:
        request: The folder and the options.
        write_bank: Writes the bank files of the synth; None writes none.
        report: Called with a line of progress.

    Returns:
        The content of ``--json``, and the lines to print. The first has a key ``failed``.

    Raises:
        AudioError: The folder has no sounds.
        StoreError: The bank was made with other options, or cannot be written.
        SpecError: The options do not fit the synth.
        RenderError: The synth cannot be loaded.
    """
    files = sound_files(request.folder)
    record = open_record(request.out, request.settings())
    checkpoint, options, template = started_from(
        load_checkpoint(request.model), request.options, request.present, request.labels
    )
    if request.exports and not options.resynthesises(checkpoint.spec):
        raise StoreError("--exports: it needs a resynthesis. Use --method auto with a Vital model")
    prepare_folder(request.out)
    work = FolderMatch(files, request.out, options, template, request.exports)
    try:
        match_files(work, record, lambda: Matcher(checkpoint, request.workers), report)
    finally:  # after Ctrl-C too: what is finished can be used
        document, written = _finished(request, record, checkpoint.spec, write_bank)
    return document, _summary(document, request.out, written)


def _finished(
    request: BankRequest, record: BankRecord, spec: SynthSpec, write_bank: BankWriter | None
) -> tuple[dict[str, Any], list[Path]]:
    """Write the index and the bank files of all finished sounds."""
    rows = _rows(record, request.out)
    written = _bank_files(request, spec, rows, write_bank)
    title = f"Bank of {request.folder.resolve().name}"
    about = (
        f"{len(rows)} sounds matched with {request.model}, budget {request.options.budget}. "
        "The distance J is in dB; 0 is identical."
    )
    failures = failed(record)
    page = index_page(title, about, rows, failures)
    if request.out.is_dir():
        replace_file(request.out / "index.html", page.encode())
        record.save(request.out)
    sounds = [
        {"file": row["file"], "folder": row["folder"], "preset": row["preset"]}
        | {key: row["match"][key] for key in ("distance", "method", "note", "renders")}
        | {"verdict": row["match"]["confidence"]["verdict"]}
        for row in rows
    ]
    document = {"out": str(request.out), "model": request.model, "sounds": sounds}
    banks = [path.name for path in written]
    return document | {"failed": dict(failures), "banks": banks, "index": "index.html"}, written


def _rows(record: BankRecord, out: Path) -> list[dict[str, Any]]:
    """Return the finished sounds with the content of their ``match.json``."""
    rows = []
    for sound in record.sounds.values():
        path = sound_folder(out, sound.name) / "match.json"
        if sound.status == DONE and path.is_file():
            match = parse_json(file_content(path), f"{path} is damaged")
            folder = path.parent.relative_to(out).as_posix()
            row = {"file": sound.file, "name": sound.name, "folder": folder}
            rows.append(row | {"preset": sound.preset, "match": match})
    return rows


def _bank_files(
    request: BankRequest,
    spec: SynthSpec,
    rows: Sequence[Mapping[str, Any]],
    write_bank: BankWriter | None,
) -> list[Path]:
    if write_bank is None or not rows:
        return []
    presets = [(str(row["name"]), request.out / str(row["preset"])) for row in rows]
    contents = write_bank(spec, request.out.resolve().name, presets)
    for name, content in contents.items():
        replace_file(request.out / name, content)
    return [request.out / name for name in contents]


def _summary(document: Mapping[str, Any], out: Path, banks: Sequence[Path]) -> list[str]:
    sounds, failures = document["sounds"], document["failed"]
    lines = [f"matched {len(sounds)} of {len(sounds) + len(failures)} sounds into {out}"]
    lines += [f"  failed: {file}: {reason}" for file, reason in failures.items()]
    return [*lines, *(f"  {path}" for path in (out / "presets", *banks, out / "index.html"))]


def as_text(document: Mapping[str, Any], lines: Sequence[str], as_json: bool) -> str:
    """Return what the command prints.

    Args:
        document: Content of the JSON.
        lines: Lines for a person.
        as_json: Print the JSON in one line instead of the lines.

    Returns:
        The text.
    """
    return json.dumps(document) if as_json else "\n".join(lines)

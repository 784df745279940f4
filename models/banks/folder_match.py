"""Match the sounds of a folder one after the other; a run that was interrupted continues."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.atomic_write import replace_file
from datasets.errors import AudioError, PatchwrightError
from datasets.spec import SynthSpec
from models.banks.record import DONE, FAILED, BankRecord, BankSound, hash_of, sound_folder
from models.banks.sounds import safe_names
from models.matching.answers import MatchResult
from models.matching.console import answer_from
from models.matching.export import prepare_folder, wav_file, write_exports, write_match
from models.matching.matcher import Matcher
from models.matching.options import MatchOptions
from models.matching.sound_target import load_target
from renderer.plugins.patch_template import PatchTemplate

log = logging.getLogger(__name__)
PRESETS, TARGET = "presets", "target.wav"


@dataclass(frozen=True)
class FolderMatch:
    """Describe the matches of a folder.

    Attributes:
        files: The sound files, in order.
        out: Folder of the bank.
        options: Budget, method and so on, the same for every sound.
        template: The player's own patch that every match starts from, or None.
        exports: Also write the wavetables of resyntheses.
    """

    files: Sequence[Path]
    out: Path
    options: MatchOptions
    template: PatchTemplate | None = None
    exports: bool = False


def match_files(
    work: FolderMatch,
    record: BankRecord,
    matcher: Callable[[], Matcher],
    report: Callable[[str], None],
) -> None:
    """Match every sound that is not done yet; the record is saved after each.

    Args:
        work: The sounds and the options.
        record: State of the bank; it changes.
        matcher: Opens the matcher. It is called once, and only if a sound is left.
        report: Called with a line after each sound.

    Raises:
        StoreError: The folder cannot be written.
        RenderError: The synth cannot be loaded.
    """
    names = safe_names(work.files, {one.file: one.name for one in record.sounds.values()})
    left = [path for path in work.files if not record.is_done(path, work.out)]
    done = len(work.files) - len(left)
    if done:
        report(f"{done} of {len(work.files)} sounds are matched already")
    if not left:
        return
    prepare_folder(work.out / PRESETS)
    spent: list[float] = []
    with matcher() as opened:
        for count, path in enumerate(left, 1):
            sound, said = _matched(work, opened, path, names[path.name])
            states = {**record.sounds, path.name: sound}
            record.sounds = {p.name: states[p.name] for p in work.files if p.name in states}
            record.save(work.out)
            spent.append(sound.seconds)
            left_text = _left(spent, len(left) - count)
            report(f"{done + count} of {len(work.files)}: {path.name}: {said}{left_text}")


def _left(spent: Sequence[float], sounds: int) -> str:
    """Return the expected time for more sounds, from the seconds of those that were matched."""
    times = [seconds for seconds in spent if seconds > 0]
    if not times or not sounds:
        return ""
    seconds = sounds * sum(times) / len(times)
    return (
        f"; about {seconds:.0f} s left" if seconds < 120 else f"; about {seconds / 60:.0f} min left"
    )


def _matched(work: FolderMatch, matcher: Matcher, path: Path, name: str) -> tuple[BankSound, str]:
    """Match one sound and write its files; return its state and a short text for the progress."""
    started, sha256 = time.monotonic(), hash_of(path)
    try:
        result = _answer(work, matcher, path, name)
        preset = _written(work, result, name, matcher.checkpoint.spec)
    except PatchwrightError as error:
        reason = " ".join(str(error).splitlines())
    except Exception as error:  # one sound must not end the others
        log.exception("%s: the match failed", path.name)
        reason = f"{type(error).__name__}: {error}"
    else:
        seconds = round(time.monotonic() - started, 2)
        said = f"distance {result.chosen.distance:.2f} dB, {result.chosen.confidence.verdict}"
        return BankSound(path.name, name, sha256, DONE, preset, "", seconds), said
    return BankSound(path.name, name, sha256, FAILED, "", reason), f"failed: {reason}"


def _answer(work: FolderMatch, matcher: Matcher, path: Path, name: str) -> MatchResult:
    """Match one sound; raise the errors of ``Matcher.answer``."""
    options, spec = work.options, matcher.checkpoint.spec
    times = options.start_s, options.end_s, options.note
    target = load_target(path, spec, *times, own_length=True)
    return answer_from(matcher, target, options, name, work.template)


def _written(work: FolderMatch, result: MatchResult, name: str, spec: SynthSpec) -> str:
    """Write the files of one sound, and return the path of its preset in the bank."""
    folder = sound_folder(work.out, name)
    for left_over in folder.glob(".match-*"):  # of a run that was killed while it wrote
        shutil.rmtree(left_over, ignore_errors=True)
    target = wav_file(result.target.audio, result.sample_rate)
    write_match(result, folder, spec)
    replace_file(folder / TARGET, target)
    if work.exports:
        try:
            write_exports(result, folder)
        except AudioError as error:  # a sound without pitch has no wavetable
            log.warning("%s: no exports: %s", name, error)
    preset = f"{PRESETS}/{name}{result.preset_suffix}"
    replace_file(work.out / preset, result.preset)
    return preset


def failed(record: BankRecord) -> Mapping[str, str]:
    """Return why each failed sound failed, by file name."""
    return {one.file: one.reason for one in record.sounds.values() if one.status == FAILED}

"""Run ``patchwright match`` and print its summary."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from datasets.errors import AudioError, StoreError
from datasets.spec import SynthSpec
from models.checkpoint import Checkpoint, load_checkpoint, on_template
from models.matching.answers import MatchResult
from models.matching.export import prepare_folder, write_exports, write_match
from models.matching.matcher import Matcher
from models.matching.options import PARAMETERS, MatchOptions
from models.matching.resynthesis_answer import check_second
from models.matching.sound_target import SoundTarget, load_target
from renderer.plugins.patch_template import PatchTemplate
from renderer.workers.own_patch import lock_notes, read_template


def match_command(
    sound: Path,
    model: str,
    out: Path,
    options: MatchOptions,
    present: Path | None,
    workers: int,
    as_json: bool,
    exports: bool = False,
    labels: Mapping[str, str] | None = None,
) -> str:
    """Match one file into a folder.

    Args:
        sound: The sound file.
        model: Name of a shipped model, or the folder of one.
        out: Folder of the answer.
        options: Budget, method and so on.
        present: A preset file to start from, or None. Everything in it stays, except the model's
            parameters that the search moves.
        workers: Number of processes that render.
        as_json: Return ``match.json`` instead of a summary.
        exports: Also write the wavetable of a resynthesis for other synths.
        labels: New ``name``, ``author`` and ``comment`` of the preset from ``present``.

    Returns:
        The text to print.

    Raises:
        StoreError: ``exports`` without a resynthesis, or a file or folder that cannot be used.
        AudioError: The sound or the second note cannot be used, or the sound has no wavetable for
            ``exports``; the match itself is then written.
        SpecError: The options do not fit the synth.
        RenderError: The synth fails.
    """
    checkpoint, options, template = started_from(load_checkpoint(model), options, present, labels)
    # Check the sound and the folder before the synth starts: an error then comes at once.
    part = options.start_s, options.end_s, options.note
    target = load_target(sound, checkpoint.spec, *part, own_length=True)
    if exports and not options.resynthesises(checkpoint.spec):
        raise StoreError("--exports: it needs a resynthesis. Use --method auto with a Vital model")
    prepare_folder(out)
    with Matcher(checkpoint, workers) as matcher:
        result = answer_from(matcher, target, options, sound.stem, template)
    written = write_match(result, out, checkpoint.spec)
    if exports:
        written |= _exported(result, out)
    document = result.to_dict()
    if as_json:
        return json.dumps(document)
    return "\n".join([*summary(document), *(f"  {path}" for path in written.values())])


def _exported(result: MatchResult, out: Path) -> dict[str, Path]:
    """Write the exports; an error says that the match itself is complete."""
    try:
        return write_exports(result, out)
    except (AudioError, StoreError) as error:
        raise type(error)(f"{error}. The match itself is complete, in {out}") from error


def started_from(
    checkpoint: Checkpoint,
    options: MatchOptions,
    present: Path | None,
    labels: Mapping[str, str] | None,
) -> tuple[Checkpoint, MatchOptions, PatchTemplate | None]:
    """Put a model and its options on a preset file, if there is one, and check them.

    Args:
        checkpoint: The model.
        options: Budget, method and so on.
        present: The preset file, or None.
        labels: New ``name``, ``author`` and ``comment`` of the file.

    Returns:
        The model and the options to use, and what the file keeps; None without a file.

    Raises:
        StoreError: The file is not of this synth or is damaged, or there are labels without it.
        SpecError: The options do not fit the synth.
    """
    template = None
    if present is not None:
        template = read_template(present, checkpoint.spec, labels)
        checkpoint, options = _start_from(checkpoint, template, options)
    elif labels:
        raise StoreError(f"--{next(iter(labels))} needs --from with a .vital file")
    options.check(checkpoint.spec)
    if options.resynthesises(checkpoint.spec):
        check_second(checkpoint.spec, options)
    return checkpoint, options, template


def answer_from(
    matcher: Matcher,
    target: SoundTarget,
    options: MatchOptions,
    name: str,
    template: PatchTemplate | None,
) -> MatchResult:
    """Match a sound; the result lists what a player's own patch lacks.

    Args:
        matcher: Of the model that ``started_from`` gives.
        target: The sound.
        options: Of ``started_from``, too.
        name: Name of a resynthesised preset.
        template: The player's own patch, or None.

    Returns:
        The result, with the warnings of the patch and its listing.

    Raises:
        RenderError: The synth fails.
    """
    if template is None:
        return matcher.answer(target, options, name)
    target = replace(target, warnings=(*target.warnings, *template.notes))
    result = matcher.answer(target, options, name)
    result.document["patch"] = template.listing()
    lines = _lock_notes(result, matcher.checkpoint.spec, template, options.locked)
    result.document["target"]["warnings"] += lines
    return result


def _lock_notes(
    result: MatchResult, spec: SynthSpec, template: PatchTemplate, locked: Sequence[str]
) -> list[str]:
    """Return a line for each locked value that the answer does not hold; Vital holds all."""
    if spec.engine == "vita" or not locked:
        return []
    native = template.spec.to_native(template.unit)
    answer = result.answers[0]
    return lock_notes(answer.preset, answer.suffix, spec, {name: native[name] for name in locked})


def _start_from(
    checkpoint: Checkpoint, template: PatchTemplate, options: MatchOptions
) -> tuple[Checkpoint, MatchOptions]:
    """Put the model on a player's own patch; parameters that do nothing there stay as they are.

    A resynthesis would not keep the patch, so ``auto`` then means the parametric answer.
    """
    locked = tuple(dict.fromkeys((*options.locked, *template.idle)))
    method = PARAMETERS if options.method == "auto" else options.method
    present = tuple(template.unit.tolist())
    options = replace(options, present=present, locked=locked, method=method)
    return on_template(checkpoint, template), options


def summary(document: dict[str, Any]) -> list[str]:
    """Return a few lines: distance, measured pitch, time, answers, warnings and parameters."""
    note, timings = document["note"], document["timings_ms"]
    target, parameters = document["target"], document["parameters"]
    pitch = f"pitch {target['f0_hz']:.1f} Hz" if target["f0_hz"] else "no clear pitch"
    lines = [
        f"{document['budget']} match with {document['model']}: "
        f"distance {document['distance']:.2f} dB, {document['confidence']['verdict']}",
        f"  {pitch}, note {note['midi']}; "
        f"{document['renders']} renders in {timings['answer']:.0f} ms",
    ]
    lines += [f"  {one['preset']}: {one['about']}" for one in document["answers"]]
    lines += [f"  warning: {warning}" for warning in target["warnings"]]
    if idle := document.get("patch", {}).get("idle"):
        lines.append(f"  change nothing in this patch: {', '.join(idle)}")
    shown = [f"{name} {value['text']}" for name, value in list(parameters.items())[:8]]
    return [*lines, f"  {', '.join(shown)}, ..."]

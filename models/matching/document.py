"""Build the content of ``match.json``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from models.checkpoint import Checkpoint
from models.matching.answers import PresetAnswer
from models.matching.options import MatchOptions
from models.matching.search import SearchOutcome
from models.matching.sound_target import SoundTarget


def match_document(
    checkpoint: Checkpoint,
    target: SoundTarget,
    found: SearchOutcome,
    answers: Sequence[PresetAnswer],
    chosen: PresetAnswer,
    options: MatchOptions,
) -> dict[str, Any]:
    """Describe a match, without its parameters and its number of renders.

    Args:
        checkpoint: The model.
        target: The sound to match.
        found: Result of the parametric search; its candidates go into the document.
        answers: All answers, the parametric one first.
        chosen: The answer to give; the document has its distance, confidence and note.
        options: Options of the match.

    Returns:
        Content of ``match.json``, by key.
    """
    note = checkpoint.spec.note
    played = {"midi": target.note, "velocity": note.velocity}
    return {
        "model": checkpoint.name,
        "spec": checkpoint.spec.name,
        "budget": options.budget,
        "seed": options.seed,
        "note": played | {"hold_s": chosen.hold_s, "length_s": target.length_s(checkpoint.spec)},
        "target": {
            "f0_hz": target.f0_hz,
            "onset_s": target.onset_s,
            "duration_s": target.duration_s,
            "warnings": list(target.warnings),
        },
        "sample_rate": checkpoint.spec.sample_rate,
        "method": chosen.method,
        "answers": [_answer(one, one is chosen) for one in answers],
        "distance": chosen.distance,
        "confidence": chosen.confidence.to_dict(),
        "stopped_by": found.stopped_by,
        "timings_ms": {name: round(ms, 2) for name, ms in found.timings_ms.items()},
        "candidates": _candidates(found, answers[0].distance),
        **({"surrogate": dict(found.surrogate)} if found.surrogate else {}),
    }


def _answer(one: PresetAnswer, chosen: bool) -> dict[str, Any]:
    preset, audio = one.file_names(chosen)
    return {
        "method": one.method,
        "distance": one.distance,
        "preset": preset,
        "audio": audio,
        "hold_s": one.hold_s,
        "about": one.about,
    }


def _candidates(found: SearchOutcome, best: float) -> list[dict[str, Any]]:
    """List the candidates, best first; ``best`` is the J of the first one's preset file, dB."""
    measured = [best, *(one.distance for one in found.candidates[1:])]
    return [
        {
            "rank": rank,
            "distance": j if math.isfinite(j) else None,  # silent, or not rendered
            "unit": [float(x) for x in one.unit],
        }
        for rank, (one, j) in enumerate(zip(found.candidates, measured, strict=True), 1)
    ]

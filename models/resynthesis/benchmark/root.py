"""Measure presets at the note of their recording."""

from __future__ import annotations

import time
from typing import Any

from datasets.recorded.play import RATE
from datasets.spec import FloatArray
from models.audio import metrics
from models.audio.distance import TargetDistance
from models.resynthesis.benchmark.arms import Arm, arm_presets, sized_presets
from models.resynthesis.benchmark.recordings import LENGTH_S, Recording
from models.resynthesis.draft import make_draft
from models.resynthesis.options import ResynthesisOptions
from models.resynthesis.player import PresetPlayer
from models.resynthesis.resynthesise import Resynthesis, resynthesise


class RootBenchmark:
    """Resynthesise recordings, and render every preset again from its bytes alone.

    Args:
        workers: Number of render processes of the loop. The final renders use fresh processes.
    """

    def __init__(self, workers: int) -> None:
        self._player = PresetPlayer(RATE, LENGTH_S, workers=workers)
        self._judge = PresetPlayer(RATE, LENGTH_S, workers=workers, isolation="process")
        self._player.ready()

    def measure(self, recording: Recording) -> dict[str, Any]:
        """Return the scores of every preset for one recording, and their time and size."""
        started = time.perf_counter()
        first: list[float] = []
        result = resynthesise(
            recording.audio,
            recording.note,
            RATE,
            self._player,
            title=recording.name,
            on_open_loop=lambda _: first.append(time.perf_counter() - started),
        )
        seconds = time.perf_counter() - started
        return {
            "family": recording.family,
            "kind": str(result.kind),
            "looped": result.draft.timeline.loop_start_s is not None,
            "seconds": {"open_loop": first[0], "corrected": seconds},
            "renders": result.renders,
            "bytes": len(result.preset),
            "history": list(result.history),
            "arms": self._arms(recording, result),
            "frames": self._sizes(recording, result),
        }

    def _arms(self, recording: Recording, result: Resynthesis) -> dict[str, dict[str, float]]:
        draft = make_draft(result.draft.analysis, ResynthesisOptions())
        arms = arm_presets(draft, recording.name)
        arms["open_loop"] = Arm(result.open_loop.preset, result.hold_s)
        arms["corrected"] = Arm(result.preset, result.hold_s)
        return {
            name: scores(recording.audio, self._judge([arm.preset], recording.note, arm.hold_s)[0])
            for name, arm in arms.items()
        }

    def _sizes(self, recording: Recording, result: Resynthesis) -> dict[str, dict[str, float]]:
        presets = sized_presets(result.draft.analysis, ResynthesisOptions(), recording.name)
        audios = self._player(list(presets.values()), recording.note, result.hold_s)
        target_distance = TargetDistance(recording.audio, RATE)
        return {
            str(size): {"bytes": len(preset), "j": target_distance.distance(audio).j}
            for (size, preset), audio in zip(presets.items(), audios, strict=True)
        }

    def close(self) -> None:
        """End the render processes."""
        self._player.close()
        self._judge.close()


def scores(target: FloatArray, match: FloatArray) -> dict[str, float]:
    """Return J, MSS and log-mel L1 (dB), envelope cosine and f0 error (cents)."""
    distance = TargetDistance(target, RATE).distance(match)
    return {
        "j": distance.j,
        "mss": distance.mss,
        "log_mel_l1": distance.log_mel_l1,
        "envelope_cosine": metrics.envelope_cosine(target, match, RATE),
        "f0_cents": metrics.f0_cents(target, match, RATE),
    }

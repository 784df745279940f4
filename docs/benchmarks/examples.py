"""Write ten matches to listen to: target, nearest neighbour, and our answer after 100 renders.

    python docs/benchmarks/examples.py data/amsynth-34 .cache/sounds

The targets are those of the curve whose last answers are the best, at the quartiles, the median and
the worst, in domain and on recordings. The script runs their searches again, with the same seed.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE)]

from estimator import traces_of  # noqa: E402  beside this file

from datasets.atomic_write import replace_file  # noqa: E402
from datasets.spec import FloatArray  # noqa: E402
from datasets.storage.store import open_store  # noqa: E402
from models.audio.distance import TargetDistance  # noqa: E402
from models.audio.features import mono  # noqa: E402
from models.checkpoint import Checkpoint, load_checkpoint  # noqa: E402
from models.evaluation.baselines import RIVALS, Trial  # noqa: E402
from models.evaluation.budget_curve_table import Trace  # noqa: E402
from models.evaluation.protocol import EvaluationTarget, projected_targets  # noqa: E402
from models.evaluation.run_protocol import untouched_targets  # noqa: E402
from models.matching.initial_population import TargetFeatures  # noqa: E402
from models.matching.objective import Objective  # noqa: E402
from models.matching.threads import one_thread  # noqa: E402
from renderer.workers.isolation import RenderJob  # noqa: E402
from renderer.workers.pool import RenderPool, whole  # noqa: E402

RENDERS = 100
PLACES = {"best": 0.0, "better quarter": 0.25, "median": 0.5, "worse quarter": 0.75, "worst": 1.0}
FOLDER, PAGE = HERE / "examples", HERE / "examples.md"
HEAD = """# Ten matches to listen to

amsynth-34: ten searches of [the curve](estimator.md), five in domain and five on recordings. In
each five they are the best, the quartiles, the median and the worst, by J after 100 renders.
`examples.py` makes this page. The files are Ogg Vorbis with equal peak level.

| target | | J, dB | target | nearest neighbour | ours, 100 renders |
| --- | --- | --- | --- | --- | --- |
"""


def chosen(name: str) -> dict[str, str]:
    """Return the target at each place in the order of our last answers."""
    ours = [t for t in traces_of(name) if (t.method, t.seed) == ("ours", 0)]
    ordered: Sequence[Trace] = sorted(ours, key=lambda trace: trace.at(RENDERS)[0])
    return {
        place: ordered[round(share * (len(ordered) - 1))].target for place, share in PLACES.items()
    }


def best_of(
    checkpoint: Checkpoint, pool: RenderPool, target: EvaluationTarget, method: str, renders: int
) -> tuple[FloatArray, float]:
    """Search for a target and return the best answer.

    Args:
        checkpoint: The model.
        pool: Workers that render for its spec.
        target: The sound to match.
        method: Name of the method, a key of `RIVALS`.
        renders: Number of renders.

    Returns:
        Audio of the answer, mono, shape (samples,), and its J in dB.
    """
    spec = checkpoint.spec
    target_distance = TargetDistance(target.audio, spec.sample_rate)
    objective = Objective(pool, spec, target_distance, target.note, checkpoint.features)
    target_features = TargetFeatures(checkpoint, target.audio, target.note)
    RIVALS[method](Trial(checkpoint, target_features, objective, renders, 0))
    best = min(objective.rendered[:renders], key=lambda one: one.distance)
    (played,) = pool.render([RenderJob(0, target.note, spec.note.velocity, best.unit)], whole)
    assert played.audio is not None
    return mono(played.audio), best.distance


def rows(
    checkpoint: Checkpoint, pool: RenderPool, name: str, targets: Sequence[EvaluationTarget]
) -> Iterator[str]:
    """Write the sounds of five targets and yield their lines of the table.

    Args:
        checkpoint: The model.
        pool: Workers that render for its spec.
        name: Name of the run whose traces choose the targets.
        targets: All targets of the run.

    Yields:
        A line of the table for each chosen target.
    """
    by_name = {target.name: target for target in targets}
    for number, (place, which) in enumerate(chosen(name).items(), 1):
        target, stem = by_name[which], f"{name.rpartition('-')[2]}-{number}"
        near, its = best_of(checkpoint, pool, target, "nn", 1)
        ours, own = best_of(checkpoint, pool, target, "ours", RENDERS)
        sounds = {"target": mono(target.audio), "nearest": near, "ours": ours}
        for what, audio in sounds.items():
            write(FOLDER / f"{stem}-{what}.ogg", audio, checkpoint.spec.sample_rate)
        links = " | ".join(f"[{what}](examples/{stem}-{what}.ogg)" for what in sounds)
        yield f"| {which} | {place} | {its:.2f}, ours {own:.2f} | {links} |\n"


def write(path: Path, audio: FloatArray, rate: int) -> None:
    """Write a sound as Ogg Vorbis with its peak at -1 dB.

    Args:
        path: File to write.
        audio: Mono samples, shape (samples,).
        rate: Sample rate in Hz.
    """
    packed = io.BytesIO()
    loud = 0.89 * audio / max(float(np.abs(audio).max()), 1e-9)
    soundfile.write(packed, loud, rate, format="OGG", subtype="VORBIS")
    replace_file(path, packed.getvalue())


def main() -> None:
    """Write the page and its sounds: five targets in domain, five on recordings."""
    dataset, sounds = map(Path, sys.argv[1:3])
    checkpoint = load_checkpoint("amsynth-34")
    FOLDER.mkdir(exist_ok=True)
    one_thread()
    store = open_store(dataset)
    with RenderPool(checkpoint.spec, 2) as pool:
        pool.ready()
        lines = [
            *rows(checkpoint, pool, "amsynth-34-in", projected_targets(store, 100, 0)),
            *rows(
                checkpoint, pool, "amsynth-34-out", untouched_targets(checkpoint.spec, sounds, 50)
            ),
        ]
    PAGE.write_text(HEAD + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()

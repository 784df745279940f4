"""Render a dataset: spec -> sampler -> synth in workers -> store; the same in any layout."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from datasets.errors import RenderError, StoreError
from datasets.sampler import Draw, sample
from datasets.spec import SynthSpec
from datasets.store import FORMAT, PART_SIZE, Row, Store, audio_columns, create_store, split_of
from renderer.isolation import DEFAULT_ISOLATION, Isolation, Job, Rendered
from renderer.pool import RenderPool, whole

CANARY_SEED = 2020  # the canary is the first patch drawn under this seed


@dataclass
class Summary:
    """What a run of ``render_dataset`` did."""

    rendered: int = 0  # clips rendered now
    resumed: int = 0  # clips found from earlier runs
    silent: int = 0
    clipped: int = 0  # peaks above full scale (stored normalised, nothing is lost)
    failed: int = 0  # crashed, timed out or NaN
    audio_s: float = 0.0  # seconds of audio rendered now
    wall_s: float = 0.0
    reasons: list[str] = field(default_factory=list)

    @property
    def rejected(self) -> int:
        """Clips that training leaves out."""
        return self.silent + self.failed

    def count(self, row: Row, reason: str, length_s: float) -> None:
        """Add one clip."""
        self.rendered += 1
        self.audio_s += length_s
        self.silent += row["status"] == "silent"
        self.clipped += row["gain_db"] is not None and row["gain_db"] < 0
        if row["status"] not in ("ok", "silent"):
            self.failed += 1
            self.reasons.append(f"index {row['index']}: {reason}")


def parse_shard(text: str) -> tuple[int, int]:
    """(I, N) of ``I/N``, I from 0; StoreError when it is not that."""
    number, _, total = text.partition("/")
    if number.isdecimal() and total.isdecimal() and int(number) < int(total):
        return int(number), int(total)
    raise StoreError(f"--shard {text!r} is not I/N with 0 <= I < N, as 0/4")


def shard_clips(count: int, shard: tuple[int, int]) -> int:
    """Clips in the I-th of N shares of a dataset: whole parts of ``PART_SIZE``, every N-th."""
    parts = range(shard[0], -(-count // PART_SIZE), shard[1])
    return sum(min(PART_SIZE, count - part * PART_SIZE) for part in parts)


def render_dataset(
    spec: SynthSpec,
    count: int,
    seed: int,
    folder: Path,
    workers: int = 1,
    isolation: Isolation = DEFAULT_ISOLATION,
    shard: tuple[int, int] = (0, 1),
    progress: Callable[[Summary], None] | None = None,
) -> Summary:
    """Render clips 0..count-1 of ``seed`` into ``folder``; parts that are there are kept.

    ``shard`` (i, n) renders only every n-th part, from part i: any machine can take any share.
    Raises StoreError when the folder holds something else, RenderError when the canary changes.
    """
    if count < 1:
        raise StoreError(f"--count is {count}: at least 1 clip is needed")
    started = time.monotonic()
    with RenderPool(spec, workers, isolation) as pool:
        canary = _canary(pool, spec)
        store = create_store(folder, _manifest(spec, count, seed, isolation, canary))
        missing = [n for n in store.missing() if n % shard[1] == shard[0]]
        mine = [n for n in store.numbers if n % shard[1] == shard[0]]
        resumed = sum(len(store.indices(n)) for n in mine if n not in missing)
        summary = Summary(resumed=resumed)
        for number in missing:
            _render_part(pool, store, number, summary, progress)
            if _canary(pool, spec) != canary:
                store.part(number).unlink()
                raise RenderError(f"part {number}: the canary changed its sound, part discarded")
        summary.wall_s = time.monotonic() - started
    return summary


def _render_part(
    pool: RenderPool,
    store: Store,
    number: int,
    summary: Summary,
    progress: Callable[[Summary], None] | None,
) -> None:
    spec, seed = store.spec, int(store.manifest["seed"])
    draws = {index: sample(spec, seed, index) for index in store.indices(number)}
    jobs = (Job(d.index, d.note, d.velocity, d.unit) for d in draws.values())
    rows = []
    for row, reason in pool.map(jobs, partial(_encode, draws=draws, sample_rate=spec.sample_rate)):
        rows.append(row)
        summary.count(row, reason, spec.note.length_s)
        if progress:
            progress(summary)
    store.write(number, rows)


def _encode(rendered: Rendered, draws: dict[int, Draw], sample_rate: int) -> tuple[Row, str]:
    """The store's row of a render; runs in the worker, so encoding is shared out too."""
    draw = draws[rendered.job.index]
    row: Row = {
        "index": draw.index,
        "parents": list(draw.parents),
        "split": split_of(draw.parents),
        "note": draw.note,
        "velocity": draw.velocity,
        "unit": draw.unit.tolist(),
        "audio": None,
        "audio_sha256": None,
        "gain_db": None,
        "rms_db": None,
        "f0_hz": 440.0 * 2 ** ((draw.note - 69) / 12),
        "tags": [],
        "status": rendered.status,
    }
    if rendered.audio is not None:
        row |= audio_columns(rendered.audio, sample_rate, f"{draw.index:08d}")
    return row, rendered.reason


def _canary(pool: RenderPool, spec: SynthSpec) -> str:
    """Hash of the audio of one fixed patch: it must not change while a dataset is made."""
    draw = sample(spec, CANARY_SEED, 0)
    (rendered,) = pool.render([Job(0, draw.note, draw.velocity, draw.unit)], whole)
    if rendered.audio is None:
        raise RenderError(f"{spec.name}: the canary patch failed: {rendered.reason}")
    return hashlib.sha256(rendered.audio.tobytes()).hexdigest()


def _manifest(
    spec: SynthSpec, count: int, seed: int, isolation: Isolation, canary: str
) -> dict[str, object]:
    packages = ("numpy", "soundfile", "pyarrow")
    return {
        "format": FORMAT,
        "spec": spec.to_dict(),
        "spec_digest": spec.digest(),
        "seed": seed,
        "count": count,
        "part_size": PART_SIZE,
        "isolation": isolation,
        "canary": canary,
        "engine_version": importlib.metadata.version("vita") if spec.engine == "vita" else "",
        "versions": {name: importlib.metadata.version(name) for name in packages},
        "machine": platform.machine(),
        "python": platform.python_version(),
    }

"""Render a dataset with the sampler, the synth in worker processes, and the store.

An unfinished dataset continues.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets.errors import RenderError, StoreError
from datasets.recipe import UNIFORM, Recipe
from datasets.sampler import Draw, sample
from datasets.spec import SynthSpec
from datasets.split import split_of
from datasets.storage.layout import AUDIT
from datasets.storage.parts import Row
from datasets.storage.store import PART_SIZE, Store, create_store, part_size_for
from renderer.dataset.audit import audit, canary_job, find_canary, manifest
from renderer.dataset.size_limits import check_count, check_space
from renderer.workers.encode import Encode
from renderer.workers.isolation import (
    DEFAULT_ISOLATION,
    LEFT_OUT,
    RENDERED,
    Isolation,
    Limits,
    RenderJob,
)
from renderer.workers.pool import RenderPool

MOST_SEED = 2**63 - 1  # a 64-bit integer, as in JSON readers; NumPy takes twice as much
Progress = Callable[["RenderSummary"], None]


@dataclass
class RenderSummary:
    """Hold the figures of one run of ``render_dataset``."""

    rendered: int = 0  # Clips rendered now.
    resumed: int = 0  # Clips found from earlier runs.
    left_out: int = 0  # Clips of other splits than the requested one.
    silent: int = 0
    clipped: int = 0  # Peaks above full scale (stored normalised, so nothing is lost).
    failed: int = 0  # Crashed, timed out, out of memory or NaN, twice.
    retried: int = 0  # Clips whose first attempt failed.
    audited: int = 0  # Clips rendered again at the end, all bit-equal.
    audio_s: float = 0.0  # seconds of audio rendered now
    wall_s: float = 0.0
    reasons: list[str] = field(default_factory=list)  # of failed clips, and other notes

    @property
    def rejected(self) -> int:
        """Return the number of clips that training leaves out."""
        return self.silent + self.failed

    def count(self, row: Row, length_s: float) -> None:
        """Add one clip."""
        self.rendered += 1
        self.audio_s += length_s
        self.silent += row["status"] == "silent"
        self.clipped += row["gain_db"] is not None and row["gain_db"] < 0
        if row["status"] not in RENDERED:
            self.failed += 1
            self.reasons.append(f"index {row['index']}: {row['reason']}")


def check_seed(seed: int) -> None:
    """Check that a seed is in the range of every reader of a dataset.

    Raises:
        StoreError: The seed is negative or too large.
    """
    if not 0 <= seed <= MOST_SEED:
        raise StoreError(f"--seed {seed}: must be from 0 to {MOST_SEED}")


def parse_shard(text: str) -> tuple[int, int]:
    """Return (I, N) of the text ``I/N``, with I from 0.

    Raises:
        StoreError: The text is not of that form.
    """
    number, _, total = text.partition("/")
    if number.isdecimal() and total.isdecimal() and int(number) < int(total):
        return int(number), int(total)
    raise StoreError(f"--shard {text!r}: must be I/N with 0 <= I < N, as 0/4")


def part_size(spec: SynthSpec, folder: str | Path) -> int:
    """Return the clips in a part: ``PART_SIZE``, fewer if they are long, or the folder's size."""
    return part_size_for(Path(folder), spec, PART_SIZE)


def shard_clips(count: int, shard: tuple[int, int], size: int = PART_SIZE) -> int:
    """Return the number of clips in share I of N.

    Args:
        count: Clips of the whole dataset.
        shard: I and N; a share has every N-th part.
        size: Clips in a part.

    Returns:
        The number of clips.
    """
    parts = -(-count // size)
    mine = len(range(shard[0], parts, shard[1]))
    has_last = mine > 0 and (parts - 1 - shard[0]) % shard[1] == 0
    return mine * size - (parts * size - count if has_last else 0)


def clips_to_render(
    spec: SynthSpec,
    count: int,
    seed: int,
    shard: tuple[int, int],
    recipe: Recipe,
    split: str,
    size: int = PART_SIZE,
) -> int:
    """Return the clips of one share that a run renders.

    Args:
        spec: The synth.
        count: Clips in the whole dataset.
        seed: Seed of every patch and note.
        shard: (i, n): every n-th part, from part i on.
        recipe: The mixture that patches are drawn from.
        split: ``train``, ``validation`` or ``test``; "" counts all clips.
        size: Clips in a part.

    Returns:
        The number of clips.
    """
    if not split:
        return shard_clips(count, shard, size)
    indices = (index for part in _parts(count, shard, size) for index in part)
    return sum(split_of(sample(spec, seed, i, recipe).parents) == split for i in indices)


def _parts(count: int, shard: tuple[int, int], size: int) -> Iterator[range]:
    """Yield the indices of each part of a share."""
    for part in range(shard[0], -(-count // size), shard[1]):
        yield range(part * size, min((part + 1) * size, count))


def render_dataset(
    spec: SynthSpec,
    count: int,
    seed: int,
    folder: str | Path,
    workers: int = 1,
    isolation: Isolation = DEFAULT_ISOLATION,
    shard: tuple[int, int] = (0, 1),
    progress: Progress | None = None,
    recipe: Recipe = UNIFORM,
    limits: Limits | None = None,
    split: str = "",
    template: Mapping[str, str] | None = None,
) -> RenderSummary:
    """Render a dataset, or the missing part of it.

    A clip that fails is tried once more, then stored with its reason and without audio. Every part
    ends with a canary. At the end, new processes render a random 1 % again and compare.

    Args:
        spec: The synth and its learned parameters.
        count: Clips in the whole dataset.
        seed: Seed of every patch and note: clip i depends only on the seed and i.
        folder: Folder of the parts; existing parts are kept.
        workers: Number of render processes.
        isolation: Method that keeps renders independent.
        shard: (i, n): render only every n-th part, from part i on.
        progress: Called with the summary so far after each clip.
        recipe: The mixture that patches are drawn from.
        limits: Time and memory of one render.
        split: ``train``, ``validation`` or ``test`` renders only these clips; "" renders all.
        template: Spec, name and SHA-256 of the player's own patch, if ``spec`` is on one.

    Returns:
        The figures of the run: clips rendered, resumed and audited.

    Raises:
        StoreError: The folder holds another dataset, ``count`` or ``seed`` is out of range, or the
            disk cannot hold the clips.
        RenderError: The synth fails, or the same patch sounds different.
    """
    started, folder = time.monotonic(), Path(folder)
    size = part_size(spec, folder)
    check_count(count, size)
    check_seed(seed)
    if not split:  # one split has an unknown share of the clips
        check_space(spec, count, shard_clips(count, shard, size), folder)
    with RenderPool(spec, workers, isolation, limits) as pool:
        tried, canary = find_canary(pool, spec)
        made_by = pool.identity()
        store = create_store(
            folder,
            manifest(spec, recipe, count, seed, isolation, canary, made_by, size, split, template),
        )
        mine, missing = _parts_of(store, shard)
        present = [n for n in mine if n not in missing]
        summary = RenderSummary(resumed=sum(len(store.indices(n)) for n in present))
        if "outputs" in made_by:
            summary.reasons.append(f"rendered: {made_by['outputs']}")
        store.upgrade(present)
        record = store.record / (AUDIT if shard[1] == 1 else f"audit-{shard[0]}-of-{shard[1]}.json")
        if missing:
            record.unlink(missing_ok=True)
            _Run(pool, store, recipe, tried, summary, progress).render(missing)
        if not record.exists():
            pool.refresh()
            summary.audited = audit(pool, store, mine, record.name)
    if not store.missing():
        store.write_card()
    summary.wall_s = time.monotonic() - started
    return summary


def _parts_of(store: Store, shard: tuple[int, int]) -> tuple[list[int], list[int]]:
    """Return the numbers of a shard's parts, and the missing ones among them."""
    mine, absent = [n for n in store.numbers if n % shard[1] == shard[0]], store.missing()
    return mine, [n for n in mine if n in absent]


@dataclass
class _Part:
    """Hold a part that is not complete."""

    draws: dict[int, Draw]
    rows: list[Row] = field(default_factory=list)
    canary: str = ""  # hash of the canary's audio, after its render

    @property
    def whole(self) -> bool:
        return bool(self.canary) and len(self.rows) == len(self.draws)


class _Run:
    """Render the parts of one run as one stream of jobs.

    No worker has to wait for the end of a part.
    """

    def __init__(
        self,
        pool: RenderPool,
        store: Store,
        recipe: Recipe,
        canary_tried: int,
        summary: RenderSummary,
        progress: Progress | None,
    ) -> None:
        self._pool, self._store, self._spec, self._recipe = pool, store, store.spec, recipe
        self._part_size = int(store.manifest["part_size"])
        self._canary_tried, self._summary, self._progress = canary_tried, summary, progress
        self._parts: dict[int, _Part] = {}
        self._again: deque[RenderJob] = deque()  # failed once: rendered again with the others
        self._alone: list[RenderJob] = []  # timed out once: rendered again when nothing else runs
        self._tried: set[int] = set()

    def render(self, numbers: Sequence[int]) -> None:
        """Render parts and write each as soon as it is complete."""
        finish = Encode(self._spec.sample_rate)
        for job, status, reason, columns in self._pool.map(self._jobs(numbers), finish):
            self._take(job, status, reason, columns)
        while self._again or self._alone:
            job = self._again.popleft() if self._again else self._alone.pop(0)
            for answer in self._pool.map([job], finish):
                self._take(*answer)

    def _jobs(self, numbers: Sequence[int]) -> Iterator[RenderJob]:
        seed, wanted = int(self._store.manifest["seed"]), self._store.manifest["split"]
        for number in numbers:
            indices = self._store.indices(number)
            draws = {index: sample(self._spec, seed, index, self._recipe) for index in indices}
            part = self._parts[number] = _Part(draws)
            for draw in draws.values():
                if wanted not in (None, split_of(draw.parents)):
                    part.rows.append(_row(draw, LEFT_OUT, f"only {wanted} was asked for", None))
                    self._summary.left_out += 1
                    continue
                yield RenderJob(draw.index, draw.note, draw.velocity, draw.unit)
                while self._again:
                    yield self._again.popleft()
            yield canary_job(self._spec, -1 - number, self._canary_tried)

    def _take(self, job: RenderJob, status: str, reason: str, columns: Row | None) -> None:
        """Store one answer; write its part when the part is complete."""
        number = -1 - job.index if job.index < 0 else job.index // self._part_size
        part = self._parts[number]
        if status not in RENDERED and job.index not in self._tried:
            self._tried.add(job.index)
            self._summary.retried += job.index >= 0
            (self._alone if reason.startswith("no answer") else self._again).append(job)
            return
        if job.index < 0:
            part.canary = columns["audio_sha256"] if columns else reason
        else:
            part.rows.append(_row(part.draws[job.index], status, reason, columns))
            self._summary.count(part.rows[-1], self._spec.note.length_s)
            if self._progress:
                self._progress(self._summary)
        if part.whole:
            if part.canary != self._store.manifest["canary"]:
                raise RenderError(
                    f"part {number}: the canary sounds different, so the part was discarded. Run "
                    "patchwright scan to find an --isolation with repeatable renders."
                )
            self._store.write(number, self._parts.pop(number).rows)


def _row(draw: Draw, status: str, reason: str, columns: Row | None) -> Row:
    """Return the store's row of a clip."""
    nothing: dict[str, Any] = dict.fromkeys(("audio", "audio_sha256", "gain_db", "rms_db"))
    return {
        "index": draw.index,
        "parents": list(draw.parents),
        "split": split_of(draw.parents),
        "note": draw.note,
        "velocity": draw.velocity,
        "unit": draw.unit.tolist(),
        "f0_hz": 440.0 * 2 ** ((draw.note - 69) / 12),
        "tags": [],
        "status": status,
        "reason": reason,
    } | (columns or nothing)

"""Check a dataset's audio: canaries, an audit of random clips, the manifest."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from datasets.errors import RenderError
from datasets.recipe import Recipe
from datasets.sampler import sample
from datasets.spec import SynthSpec
from datasets.storage.layout import AUDIT
from datasets.storage.store import FORMAT, Store
from renderer.workers.encode import audio_hash
from renderer.workers.isolation import HEARD, LEFT_OUT, Isolation, RenderJob
from renderer.workers.pool import RenderPool

CANARY_SEED = 2020  # the canary is the first patch drawn under this seed that is heard
CANARY_TRIES = 20
AUDITED = 100  # one clip of so many, at least one of every part, is rendered once more at the end


def canary_job(spec: SynthSpec, index: int, tried: int = 0) -> RenderJob:
    """One fixed patch whose sound must not change while a dataset is made."""
    draw = sample(spec, CANARY_SEED, tried)
    return RenderJob(index, draw.note, draw.velocity, draw.unit)


def find_canary(pool: RenderPool, spec: SynthSpec) -> tuple[int, str]:
    """(which draw, SHA-256 of its audio) of the first patch under the canary's seed that renders.

    Raises RenderError when none of ``CANARY_TRIES`` does.
    """
    reason = ""
    for tried in range(CANARY_TRIES):
        for _ in range(2):  # whoever kills a worker must not choose another canary
            (answer,) = pool.map([canary_job(spec, 0, tried)], audio_hash)
            if answer[1] in HEARD:
                return tried, answer[2]
        reason = answer[2]
    raise RenderError(
        f"{spec.name}: {CANARY_TRIES} patches in a row failed, the last with {reason!r}: "
        f"try patchwright scan {spec.plugin[0] if spec.plugin else spec.engine}"
    )


def manifest(
    spec: SynthSpec,
    recipe: Recipe,
    count: int,
    seed: int,
    isolation: Isolation,
    canary: str,
    engine: dict[str, str],
    part_size: int,
    split: str,
) -> dict[str, Any]:
    """The content of ``dataset.json``: what the clips are, and everything that shaped them."""
    packages = ("numpy", "soundfile", "pyarrow")
    return {
        "format": FORMAT,
        "spec": spec.to_dict(),
        "spec_digest": spec.digest(),
        "recipe": recipe.to_dict(),
        "recipe_digest": recipe.digest(),
        "seed": seed,
        "count": count,
        "part_size": part_size,
        "split": split or None,  # whose clips alone were rendered
        "isolation": isolation,  # how one render was kept from the next
        "canary": canary,
        "engine": engine,  # plugin, SHA-256 of its file, host and its version
        "versions": {name: version(name) for name in packages},
        "machine": platform.machine(),
        "python": platform.python_version(),
    }


def audited_rows(store: Store, number: int) -> list[int]:
    """Which clips of a part are rendered once more: drawn from the dataset's seed and the part."""
    status = store.read(number, ["status"])["status"].to_pylist()
    random = np.random.Generator(np.random.Philox(key=[int(store.manifest["seed"]), number]))
    order = random.permutation(len(status)).tolist()
    rendered = [row for row in order if status[row] != LEFT_OUT]
    return sorted(rendered[: -(-len(rendered) // AUDITED)])


def audit(pool: RenderPool, store: Store, parts: Sequence[int], name: str) -> int:
    """Render a random 1 % of the clips of ``parts`` again and compare; writes ``name``.

    Returns the clips compared. A part with a clip that sounds different is removed, and
    RenderError tells how different.
    """
    expected: dict[int, tuple[int, str]] = {}  # by clip: its part and hash
    jobs = []
    for number in parts:
        table = store.read(number, ["index", "note", "velocity", "unit", "audio_sha256", "status"])
        rows = table.to_pylist()
        for row in audited_rows(store, number):
            clip = rows[row]
            if clip["status"] in HEARD:
                unit = np.array(clip["unit"], np.float32)
                jobs.append(RenderJob(clip["index"], clip["note"], clip["velocity"], unit))
                expected[clip["index"]] = (number, clip["audio_sha256"])
    again = []
    for index, status, found in pool.map(jobs, audio_hash):
        number, hash_ = expected[index]
        if status not in HEARD:
            again += [job for job in jobs if job.index == index]
        elif found != hash_:
            _discard(store, number, index, found)
    for index, _, found in pool.map(again, audio_hash):  # a second time, as when it was rendered
        number, hash_ = expected[index]
        if found != hash_:
            _discard(store, number, index, found)
    record = {"clips": sorted(expected), "equal": len(expected)}
    store.write_record(name, json.dumps(record).encode())
    return len(expected)


def merge_audits(store: Store) -> None:
    """Write one ``audit.json`` in place of those that the shares of a dataset left."""
    records = sorted(store.record.glob("audit-*-of-*.json"))
    clips = [clip for path in records for clip in json.loads(path.read_text())["clips"]]
    record = {"clips": sorted(clips), "equal": len(clips)}
    store.write_record(AUDIT, json.dumps(record).encode())
    for path in records:
        path.unlink()


def _discard(store: Store, number: int, index: int, found: str) -> None:
    store.part(number).unlink()
    raise RenderError(
        f"clip {index} sounds different when rendered again ({found[:60]}): part {number} is "
        "discarded; patchwright scan tells which isolation makes this synth repeat itself"
    )

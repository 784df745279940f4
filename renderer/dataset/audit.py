"""Check a dataset's audio with canaries and with an audit of random clips; write its manifest."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from datasets.errors import RenderError, SpecError
from datasets.recipe import Recipe
from datasets.sampler import sample
from datasets.spec import SynthSpec
from datasets.storage.layout import AUDIT
from datasets.storage.manifest import FORMAT
from datasets.storage.store import Store
from renderer.engines.audio_ports import effect_refused
from renderer.engines.base import is_effect
from renderer.workers.encode import audio_hash
from renderer.workers.isolation import LEFT_OUT, RENDERED, Isolation, RenderJob
from renderer.workers.pool import RenderPool

CANARY_SEED = 2020  # The canary is the first patch of this seed that renders.
CANARY_TRIES = 20
AUDITED = 100  # One clip in 100, at least one of every part, is rendered again at the end.


def canary_job(spec: SynthSpec, index: int, tried: int = 0) -> RenderJob:
    """Return the job of a fixed patch whose sound must not change during a dataset.

    Args:
        spec: The synth.
        index: Index of the job.
        tried: Which draw of the canary's seed to use, from 0.

    Returns:
        The job.
    """
    draw = sample(spec, CANARY_SEED, tried)
    return RenderJob(index, draw.note, draw.velocity, draw.unit)


def find_canary(pool: RenderPool, spec: SynthSpec) -> tuple[int, str]:
    """Find the first patch of the canary's seed that renders.

    Returns:
        The number of its draw, and the SHA-256 of its audio.

    Raises:
        RenderError: None of ``CANARY_TRIES`` patches renders.
        SpecError: The plugin is an effect.
    """
    reason = ""
    for tried in range(CANARY_TRIES):
        for _ in range(2):  # a worker killed from outside must not change the choice of canary
            (answer,) = pool.map([canary_job(spec, 0, tried)], audio_hash)
            if answer[1] == "silent":
                refuse_effect(pool)
            if answer[1] in RENDERED:
                return tried, answer[2]
        reason = answer[2]
    raise RenderError(
        f"{spec.name}: {CANARY_TRIES} patches in a row failed, the last with {reason!r}. "
        f"Find the reason with: patchwright scan {spec.plugin[0] if spec.plugin else spec.engine}"
    )


def refuse_effect(pool: RenderPool) -> None:
    """Check that a plugin with a silent patch is not an effect; replace the workers' processes.

    Raises:
        SpecError: The plugin is an effect.
    """
    if pool.ask(is_effect):
        raise SpecError(effect_refused(pool.identity()["plugin"]))
    pool.refresh()


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
    template: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the content of ``dataset.json``: the clips' settings and everything that shaped them.

    Args:
        spec: The synth.
        recipe: The mixture that patches are drawn from.
        count: Clips in the whole dataset.
        seed: Seed of every patch and note.
        isolation: Method that keeps renders independent.
        canary: SHA-256 of the canary's audio.
        engine: Plugin, SHA-256 of its file, host and its version.
        part_size: Clips in one part.
        split: The one split that is rendered; "" for all.
        template: Spec, name and SHA-256 of the player's own patch, if ``spec`` is on one.

    Returns:
        The manifest, ready for JSON.
    """
    packages = ("numpy", "soundfile", "pyarrow")
    return {
        "format": FORMAT,
        "spec": spec.to_dict(),
        "spec_digest": spec.digest(),
        **_template_keys(template),
        "recipe": recipe.to_dict(),
        "recipe_digest": recipe.digest(),
        "seed": seed,
        "count": count,
        "part_size": part_size,
        "split": split or None,  # the one split that was rendered; None for all
        "isolation": isolation,  # method that kept renders independent
        "canary": canary,
        "engine": engine,  # plugin, SHA-256 of its file, host and its version
        "versions": {name: version(name) for name in packages},
        "machine": platform.machine(),
        "python": platform.python_version(),
    }


def _template_keys(template: Mapping[str, str] | None) -> dict[str, Any]:
    """Return what the manifest says about the player's own patch; its hash is an identity."""
    if template is None:
        return {}
    return {"template": dict(template), "template_sha256": template["sha256"]}


def audited_rows(store: Store, number: int) -> list[int]:
    """Return the rows of a part to render again, drawn from the dataset's seed."""
    status = store.read(number, ["status"])["status"].to_pylist()
    random = np.random.Generator(np.random.Philox(key=[int(store.manifest["seed"]), number]))
    order = random.permutation(len(status)).tolist()
    rendered = [row for row in order if status[row] != LEFT_OUT]
    return sorted(rendered[: -(-len(rendered) // AUDITED)])


def audit(pool: RenderPool, store: Store, parts: Sequence[int], name: str) -> int:
    """Render a random 1 % of the clips of ``parts`` again, compare, and write a record.

    Args:
        pool: Workers with the same synth.
        store: The dataset.
        parts: Numbers of the parts to check.
        name: File name of the record.

    Returns:
        The number of clips compared.

    Raises:
        RenderError: A clip sounds different; its part is removed.
    """
    expected: dict[int, tuple[int, str]] = {}  # by clip: its part and hash
    jobs = []
    for number in parts:
        table = store.read(number, ["index", "note", "velocity", "unit", "audio_sha256", "status"])
        rows = table.to_pylist()
        for row in audited_rows(store, number):
            clip = rows[row]
            if clip["status"] in RENDERED:
                unit = np.array(clip["unit"], np.float32)
                jobs.append(RenderJob(clip["index"], clip["note"], clip["velocity"], unit))
                expected[clip["index"]] = (number, clip["audio_sha256"])
    again = []
    for index, status, found in pool.map(jobs, audio_hash):
        number, hash_ = expected[index]
        if status not in RENDERED:
            again += [job for job in jobs if job.index == index]
        elif found != hash_:
            _discard(store, number, index, found)
    for index, _, found in pool.map(again, audio_hash):  # a second try, as in the first render
        number, hash_ = expected[index]
        if found != hash_:
            _discard(store, number, index, found)
    record = {"clips": sorted(expected), "equal": len(expected)}
    store.write_record(name, json.dumps(record).encode())
    return len(expected)


def merge_audits(store: Store) -> None:
    """Write one ``audit.json`` that replaces the records of a dataset's shares."""
    records = sorted(store.record.glob("audit-*-of-*.json"))
    clips = [clip for path in records for clip in json.loads(path.read_text())["clips"]]
    record = {"clips": sorted(clips), "equal": len(clips)}
    store.write_record(AUDIT, json.dumps(record).encode())
    for path in records:
        path.unlink()


def _discard(store: Store, number: int, index: int, found: str) -> None:
    store.part(number).unlink()
    raise RenderError(
        f"clip {index} sounds different when rendered again ({found[:60]}), so part {number} was "
        "removed. Run patchwright scan to find an --isolation with repeatable renders."
    )

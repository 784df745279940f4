r"""Measure what each learned parameter changes, on the real synth (docs/reference/parameters.md).

    python -m models.evaluation.parameter_effects vital-16 vital-32 vital-64 \
        --out docs/reference/parameters.md

Each parameter is moved from 0.2 to 0.8 on patches drawn by the sampler. A stepped parameter is
moved from its first step to its last. Everything else stays equal. The effect is the mean |dB|
between the two log-mels.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.errors import RenderError
from datasets.sampler import sample
from datasets.spec import FloatArray, SynthSpec, load_spec
from models.audio.features import FeatureSettings, log_mel
from renderer.workers.isolation import Rendered, RenderJob
from renderer.workers.pool import RenderPool

PATCHES, SEED = 40, 40
ACTS_DB, ACTS_SHARE = 0.3, 0.25  # A parameter acts if enough patches change by this many dB.
ENDS = (0.2, 0.8)


@dataclass(frozen=True)
class ParameterEffect:
    """Describe the effect of moving one parameter."""

    name: str
    group: str
    stepped: bool
    mean_db: float
    share: float  # Share of patches on which it moves the log-mel by more than ACTS_DB.

    @property
    def acts(self) -> bool:
        """Return whether the parameter is worth learning."""
        return self.share >= ACTS_SHARE


def parameter_effects(
    spec: SynthSpec, workers: int = 2, patches: int = PATCHES
) -> list[ParameterEffect]:
    """Measure the effect of every parameter of a spec, in the spec's order.

    Args:
        spec: The synth.
        workers: Number of render processes.
        patches: Number of patches.

    Returns:
        One effect per parameter.
    """
    settings = FeatureSettings(sample_rate=spec.sample_rate, duration_s=spec.note.length_s)
    jobs = list(_moves(spec, patches))
    with RenderPool(spec, workers) as pool:
        mels = pool.render(jobs, partial(_mel, settings=settings))
    moved = np.array(
        [np.abs(a - b).mean() for a, b in zip(mels[::2], mels[1::2], strict=True)]
    ).reshape(len(spec), patches)
    return [
        ParameterEffect(
            p.name, p.group, p.kind == "stepped", float(d.mean()), float((d > ACTS_DB).mean())
        )
        for p, d in zip(spec.parameters, moved, strict=True)
    ]


def _moves(spec: SynthSpec, patches: int) -> Iterator[RenderJob]:
    for i, parameter in enumerate(spec.parameters):
        for index in range(patches):
            draw = sample(spec, SEED, index)
            for end in (0.0, 1.0) if parameter.steps else ENDS:
                unit = draw.unit.copy()
                unit[i] = end
                yield RenderJob(0, draw.note, draw.velocity, unit)


def _mel(rendered: Rendered, settings: FeatureSettings) -> npt.NDArray[np.float32]:
    if rendered.audio is None:
        return np.full((settings.bands, settings.frames), settings.floor_db, np.float32)
    mel: FloatArray = log_mel(rendered.audio, settings)
    return mel


def table(spec: SynthSpec, effects: list[ParameterEffect], patches: int) -> str:
    """Return the Markdown section of one spec.

    Args:
        spec: The synth.
        effects: Effect of each parameter.
        patches: Number of patches.

    Returns:
        The section.
    """
    dead = [effect.name for effect in effects if not effect.acts]
    verdict = f"**Below the bar:** {', '.join(dead)}." if dead else "Every parameter acts."
    lines = [
        f"## {spec.name}\n",
        f"{patches} patches. {verdict}\n",
        "| parameter | group | mean effect, dB | patches above 0.3 dB |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {e.name}{' (stepped)' if e.stepped else ''} | {e.group} | {e.mean_db:.2f} "
        f"| {100 * e.share:.0f} % |"
        for e in effects
    ]
    return "\n".join(lines) + "\n"


HEAD = """# What each learned parameter does

`python -m models.evaluation.parameter_effects` measures this page. It moves each parameter from 0.2
to 0.8 of its range, on patches drawn by the sampler. A stepped parameter moves from its first step
to its last. Everything else stays equal. The effect is the mean difference of the two log-mels in
dB. A parameter is above the bar if the effect exceeds 0.3 dB on at least a quarter of the patches.
"""


def section(name: str, patches: int, workers: int) -> str:
    """Return the Markdown section of one spec, or the reason why it could not be measured.

    Args:
        name: Name of the spec.
        patches: Number of patches.
        workers: Number of render processes.

    Returns:
        The section.
    """
    spec = load_spec(name)
    try:
        return table(spec, parameter_effects(spec, workers, patches), patches)
    except RenderError as error:
        absent = f"no plugin {spec.plugin[-1]}" if spec.plugin else str(error)
        return f"## {spec.name}\n\nNot measured: {absent} on the machine that made this page.\n"


def _standing(page: Path) -> dict[str, str]:
    """Return the sections of an existing page by name."""
    if not page.exists():
        return {}
    parts = page.read_text(encoding="utf-8").split("\n## ")[1:]
    return {part.split("\n", 1)[0]: f"## {part.rstrip()}\n" for part in parts}


def main() -> None:
    """Measure the specs of the command line, and keep the other sections of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("specs", nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--patches", type=int, default=PATCHES)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    sections = _standing(options.out)
    for name in options.specs:
        sections[name] = section(name, options.patches, options.workers)
        print(sections[name], flush=True)
    options.out.write_text("\n".join([HEAD, *sections.values()]), encoding="utf-8")


if __name__ == "__main__":
    # The full name is necessary. Workers import their function, and their `__main__` is another
    # file.
    from models.evaluation.parameter_effects import main as imported_main

    imported_main()

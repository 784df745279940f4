"""Render whole Vital presets for a resynthesis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from datasets.errors import RenderError
from datasets.spec import FloatArray, NotePolicy, SynthSpec
from renderer.workers.isolation import DEFAULT_ISOLATION, Isolation, Rendered, RenderJob
from renderer.workers.pool import RenderPool

# Renders presets at a MIDI note, with the key held for some seconds: (channels, samples) each.
Render = Callable[[Sequence[bytes], int, float], list[FloatArray]]
VELOCITY = 100  # MIDI. At this velocity a resynthesised preset sounds like the recording.


def vital_spec(sample_rate: int, length_s: float) -> SynthSpec:
    """Describe Vital with its initial patch and no parameters, to render whole presets."""
    return SynthSpec(
        name="vital-presets",
        version=1,
        engine="vita",
        description="Vital, as it starts: for presets that replace the whole patch",
        sample_rate=sample_rate,
        channels=2,
        note=NotePolicy(0, 127, VELOCITY, length_s, length_s),
        template={"controls": {}, "modulations": [], "wavetables": []},
        parameters=(),
    )


class PresetPlayer:
    """Render whole `.vital` presets in worker processes, each preset on a fresh synth.

    Args:
        sample_rate: Hz.
        length_s: Seconds to render.
        workers: Number of processes, at least 1.
        isolation: Way to separate the renders; the platform's fastest way by default.

    Example:
        >>> from models.resynthesis.vital.patch import VitalPatch
        >>> with PresetPlayer(44100, 0.1, workers=1) as player:
        ...     player([VitalPatch("empty").to_bytes()], 60)[0].shape
        (2, 4410)
    """

    def __init__(
        self,
        sample_rate: int,
        length_s: float,
        workers: int = 2,
        isolation: Isolation = DEFAULT_ISOLATION,
    ) -> None:
        self._length_s = length_s
        spec = vital_spec(sample_rate, length_s)
        self._pool = RenderPool(spec, workers, isolation)

    def __call__(
        self,
        presets: Sequence[bytes],
        note: int,
        hold_s: float | None = None,
        velocity: int = VELOCITY,
    ) -> list[FloatArray]:
        """Render presets in their order.

        Args:
            presets: Contents of `.vital` files.
            note: MIDI note.
            hold_s: Seconds to hold the key; the whole clip by default.
            velocity: MIDI velocity, 1 to 127.

        Returns:
            Audio of each preset, float32, shape (2, samples).

        Raises:
            RenderError: Vital refuses a preset, or fails to render it.
        """
        held_s = self._length_s if hold_s is None else hold_s
        return play_presets(self._pool, presets, note, held_s, velocity)

    def ready(self) -> None:
        """Wait until the synths are loaded."""
        self._pool.ready()

    def close(self) -> None:
        """End the workers."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def play_presets(
    pool: RenderPool,
    presets: Sequence[bytes],
    note: int,
    hold_s: float,
    velocity: int = VELOCITY,
    length_s: float | None = None,
) -> list[FloatArray]:
    """Render presets in the workers of a pool, in their order.

    Args:
        pool: Workers of a Vital spec.
        presets: Contents of `.vital` files.
        note: MIDI note.
        hold_s: Seconds to hold the key.
        velocity: MIDI velocity, 1 to 127.
        length_s: Seconds to render; the spec's length by default.

    Returns:
        Audio of each preset, shape (channels, n).

    Raises:
        RenderError: Vital refuses a preset, or fails to render it.
    """
    jobs = [
        RenderJob(0, note, velocity, preset=preset, hold_s=hold_s, length_s=length_s)
        for preset in presets
    ]
    return [_audio(rendered) for rendered in pool.render(jobs, _keep)]


def _keep(rendered: Rendered) -> Rendered:
    """Remove the preset from the result, because the caller has it."""
    return replace(rendered, job=replace(rendered.job, preset=None))


def _audio(rendered: Rendered) -> FloatArray:
    if rendered.audio is None:
        why = rendered.reason or rendered.status
        raise RenderError(f"Vital failed to render a preset: {why}")
    return rendered.audio

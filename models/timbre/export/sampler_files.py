"""Write multisamples: WAV files with loops, and an SFZ or a Decent Sampler file that plays them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np

from models.export.riff import loop_chunk, pcm24_wav
from models.timbre.contract import TimbreModel
from models.timbre.export.sampled_note import SampledNote, sample_note
from models.timbre.latent import LatentPosition

SAMPLE_RATE = 48000  # Hz
ROOT_SEMITONES = 3  # Distance between two samples.
BEYOND = 6  # Keys that the lowest and the highest sample serve beyond their own.
LAYERS = (42, 84, 127)  # Highest velocity of each layer; its samples are rendered there.
PEAK = 0.9
# A player of SFZ falls by about 80 dB in its release, a tone by 60 dB.
RELEASE = 80 / 60


@dataclass(frozen=True)
class Region:
    """Hold a sample and the keys and velocities that play it.

    Attributes:
        file: Name of the WAV file in the folder of samples.
        sample: The note.
        keys: Lowest and highest key.
        velocities: Lowest and highest velocity.
    """

    file: str
    sample: SampledNote
    keys: tuple[int, int]
    velocities: tuple[int, int]


def sample_regions(
    model: TimbreModel,
    position: LatentPosition,
    roots: Sequence[int],
    layers: Sequence[int] = LAYERS,
) -> list[Region]:
    """Render the samples of an instrument.

    Args:
        model: The model.
        position: Point of its latent space.
        roots: Notes to render, increasing.
        layers: Highest velocity of each layer, increasing.

    Returns:
        The regions. Together they cover all velocities, and each key from 6 below the lowest root
        to 6 above the highest.
    """
    regions = []
    for number, root in enumerate(roots):
        low = max(0, root - BEYOND) if number == 0 else (roots[number - 1] + root) // 2 + 1
        last = number == len(roots) - 1
        high = min(127, root + BEYOND) if last else (root + roots[number + 1]) // 2
        softest = 1
        for velocity in layers:
            sample = sample_note(model, position, root, velocity / 127, SAMPLE_RATE)
            file = f"{root:03d}-{velocity:03d}.wav"
            regions.append(Region(file, sample, (low, high), (softest, velocity)))
            softest = velocity + 1
    return regions


def sample_files(regions: Sequence[Region]) -> dict[str, bytes]:
    """Return the WAV files of regions, content by name, with a common gain.

    Each file has 24-bit samples and a chunk `smpl` with its root key and its loop.
    """
    peak = max(float(np.abs(region.sample.samples).max()) for region in regions)
    gain, files = PEAK / max(peak, 1e-9), {}
    for region in regions:
        sample = region.sample
        loop = [] if sample.loop is None else [_loop(sample)]
        files[region.file] = pcm24_wav(sample.samples * gain, sample.sample_rate, loop)
    return files


def _loop(sample: SampledNote) -> tuple[bytes, bytes]:
    assert sample.loop is not None
    return loop_chunk(sample.note, sample.sample_rate, *sample.loop)


def _level(region: Region) -> float:
    return float(np.sqrt((region.sample.samples.astype(np.float64) ** 2).mean()))


def velocity_gains(regions: Sequence[Region]) -> dict[str, float]:
    """Return the gain of each region at its lowest velocity, by file name.

    It is the level of the softer layer relative to this one. The softest layer falls to a quarter.
    """
    by_key: dict[tuple[int, int], list[Region]] = {}
    for region in regions:
        by_key.setdefault(region.keys, []).append(region)
    gains = {}
    for layers in by_key.values():
        softer = None
        for region in layers:
            gain = 0.25 if softer is None else _level(softer) / max(_level(region), 1e-9)
            gains[region.file] = float(np.clip(gain, 0.02, 1.0))
            softer = region
    return gains


def sfz_text(name: str, folder: str, regions: Sequence[Region]) -> str:
    """Return the content of an `.sfz` file.

    Args:
        name: Name of the instrument, for a comment.
        folder: Name of the folder with the samples, next to the file.
        regions: The regions.

    Returns:
        The text.
    """
    gains = velocity_gains(regions)
    lines = [
        f"// {name}, made by patchwright", "<control>", f"default_path={folder}/", "<global>",
        "amp_veltrack=100", f"ampeg_release={RELEASE * regions[0].sample.release_s:.4f}",
    ]  # fmt: skip
    for region in regions:
        low, high = region.velocities
        lines += [
            "<region>", f"sample={region.file}", f"pitch_keycenter={region.sample.note}",
            f"lokey={region.keys[0]}", f"hikey={region.keys[1]}", f"lovel={low}", f"hivel={high}",
            f"amp_velcurve_{low}={gains[region.file]:.5f}", f"amp_velcurve_{high}=1",
        ]  # fmt: skip
        if region.sample.loop is None:
            lines.append("loop_mode=one_shot")
        else:
            start, end = region.sample.loop
            lines += ["loop_mode=loop_continuous", f"loop_start={start}", f"loop_end={end}"]
    return "\n".join(lines) + "\n"


def decent_sampler_text(name: str, folder: str, regions: Sequence[Region]) -> str:
    """Return the content of a `.dspreset` file.

    Decent Sampler has no velocity curve of a sample, so each layer plays at its own level.

    Args:
        name: Name of the instrument.
        folder: Name of the folder with the samples, next to the file.
        regions: The regions.

    Returns:
        The text.
    """
    root = ElementTree.Element("DecentSampler", minVersion="1.0.0", presetName=name)
    groups = ElementTree.SubElement(
        root, "groups", attack="0.0", decay="0.0", sustain="1.0",
        release=f"{regions[0].sample.release_s:.4f}", ampVelTrack="0.0",
    )  # fmt: skip
    group = ElementTree.SubElement(groups, "group")
    for region in regions:
        values = {
            "path": f"{folder}/{region.file}", "rootNote": region.sample.note,
            "loNote": region.keys[0], "hiNote": region.keys[1],
            "loVel": region.velocities[0], "hiVel": region.velocities[1],
        }  # fmt: skip
        if region.sample.loop is not None:
            start, end = region.sample.loop
            values |= {"loopEnabled": "true", "loopStart": start, "loopEnd": end}
        ElementTree.SubElement(group, "sample", {key: str(v) for key, v in values.items()})
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"

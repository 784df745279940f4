"""Export the pads of a one-shot model as WAV files, with an SFZ or a Decent Sampler file."""

from __future__ import annotations

from pathlib import Path

from datasets.atomic_write import replace_file
from datasets.errors import SpecError
from models.timbre.export.sampled_note import SampledNote
from models.timbre.export.sampler_files import Region, decent_sampler_text, sample_files, sfz_text
from models.timbre.hits import HitModel
from models.timbre.player.hits.pads import PadBank, make_pads

KIT_FORMATS = ("wav", "sfz", "dspreset")


def export_kit(model: HitModel, kind: str, out: Path, name: str = "") -> list[Path]:
    """Write the pads of a model: one sample for each class and layer of velocity.

    Args:
        model: The model.
        kind: One of ``KIT_FORMATS``.
        out: File to write; for `wav` a folder. The samples of `NAME.sfz` go to the folder
            `NAME-samples` next to it.
        name: Name of the kit; by default the model's.

    Returns:
        The written files.

    Raises:
        SpecError: The format does not exist for hits, or the model has no class.
    """
    if kind not in KIT_FORMATS:
        raise SpecError(f"--to {kind!r}: a one-shot model has {', '.join(KIT_FORMATS)}")
    if not model.classes:
        raise SpecError(f"{model.name} has no classes to export: fit it with labels")
    regions = kit_regions(make_pads(model), model.sample_rate)
    folder = out if kind == "wav" else out.parent / f"{out.stem}-samples"
    files = {folder / file: content for file, content in sample_files(regions).items()}
    if kind == "sfz":
        files[out] = sfz_text(name or model.name, folder.name, regions).encode()
    elif kind == "dspreset":
        files[out] = decent_sampler_text(name or model.name, folder.name, regions).encode()
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)
    return list(files)


def kit_regions(bank: PadBank, sample_rate: int) -> list[Region]:
    """Return the regions of pads: each key plays its own samples, chosen by velocity."""
    regions = []
    # A key that goes up does not cut a hit.
    longest_s = max(len(one[0]) for pad in bank.values() for one in pad.layers) / sample_rate
    for key, pad in sorted(bank.items()):
        edges = [(a + b) / 2 for a, b in zip(pad.loudness, pad.loudness[1:], strict=False)]
        softest = 1
        for number, sound in enumerate(pad.layers):
            loudest = round(127 * edges[number]) if number < len(edges) else 127
            sample = SampledNote(sound, sample_rate, key, None, longest_s)
            file = f"{file_stem(pad.label)}-{number + 1}.wav"
            regions.append(Region(file, sample, (key, key), (softest, loudest)))
            softest = loudest + 1
    return regions


def file_stem(label: str) -> str:
    """Return a class as a file name: other characters than letters and digits become dashes.

    >>> file_stem("Hi hat/open")
    'Hi-hat-open'
    """
    kept = "".join(one if one.isalnum() else "-" for one in label)
    return "-".join(part for part in kept.split("-") if part) or "hit"

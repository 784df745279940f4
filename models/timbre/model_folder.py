"""Load a timbre model of any kind from its folder, or a shipped one by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from datasets.errors import CheckpointError, StoreError, reason
from datasets.foreign_files import file_content, parse_json
from models.timbre.contract import TimbreModel
from models.timbre.harmonic.files import FORMAT, VERSION, load_harmonic
from models.timbre.one_shot.files import load_hits
from models.timbre.one_shot.model import OneShotModel
from models.timbre.recognise import CONFIG, SHIPPED, places
from models.timbre.spectral.files import load_spectral

Load = Callable[[Path, Mapping[str, Any]], TimbreModel]
KINDS: dict[str, Load] = {"harmonic": load_harmonic, "spectral": load_spectral}
ONE_SHOT = "one-shot"  # Its models make hits, not tones.


def shipped_timbres() -> list[str]:
    """Return the names of the timbre models that come with patchwright, sorted."""
    return sorted(path.parent.name for path in SHIPPED.glob(f"*/{CONFIG}"))


def load_timbre(name_or_folder: str | Path) -> TimbreModel:
    """Load a timbre model.

    Args:
        name_or_folder: Name of a shipped model, or a folder that ``timbre fit`` wrote.

    Returns:
        The model.

    Raises:
        CheckpointError: The model does not exist, is damaged, or is of another kind or version.
    """
    folder = timbre_folder(name_or_folder)
    config = _read(folder / CONFIG)
    kind = config.get("kind")
    if kind == ONE_SHOT:
        raise CheckpointError(
            f"{folder} is a one-shot model, and this command needs tones: use timbre render, play, "
            "export, map, morph, denoise or random with it"
        )
    if kind not in KINDS:
        raise CheckpointError(
            f"{folder} is a timbre model of kind {kind!r}: this version plays {', '.join(KINDS)}"
        )
    return KINDS[kind](folder, config)


def load_one_shot(name_or_folder: str | Path) -> OneShotModel:
    """Load a model of one-shots.

    Args:
        name_or_folder: Name of a shipped model, or a folder that ``timbre fit`` wrote.

    Returns:
        The model.

    Raises:
        CheckpointError: The model does not exist, is damaged, or is of another kind or version.
    """
    folder = timbre_folder(name_or_folder)
    config = _read(folder / CONFIG)
    if config.get("kind") != ONE_SHOT:
        raise CheckpointError(
            f"{folder} is a timbre model of kind {config.get('kind')!r}: this command needs one of "
            f"kind {ONE_SHOT}. Fit one with timbre fit --kind {ONE_SHOT}"
        )
    return load_hits(folder, config)


def is_one_shot(name_or_folder: str | Path) -> bool:
    """Return whether a name or folder is a model of one-shots."""
    found = next((f for f in places(name_or_folder) if (f / CONFIG).is_file()), None)
    return found is not None and _read(found / CONFIG).get("kind") == ONE_SHOT


def timbre_folder(name_or_folder: str | Path) -> Path:
    """Return the folder of a timbre model.

    Raises:
        CheckpointError: The model does not exist.
    """
    for folder in places(name_or_folder):
        if (folder / CONFIG).is_file():
            return folder
        if (folder / "config.json").is_file():
            raise CheckpointError(
                f"{str(name_or_folder)!r} is a model of a synth, not a timbre: use "
                "patchwright match or serve with it"
            )
        if (folder / "training").is_dir():
            raise CheckpointError(f"{folder} is not finished: run its timbre fit again")
    shipped = ", ".join(shipped_timbres())
    raise CheckpointError(
        f"{str(name_or_folder)!r}: no such timbre model. Use a folder of patchwright timbre fit, "
        f"or one of: {shipped}"
    )


def _read(path: Path) -> dict[str, Any]:
    """Return the content of a ``timbre.json`` of this format and version.

    Raises:
        CheckpointError: It is damaged, or of another format or version.
    """
    try:
        config = dict(parse_json(file_content(path), str(path)))
    except (StoreError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path} is damaged ({reason(error)}): copy the folder again, or fit it again"
        ) from error
    found = config.get("format"), config.get("version")
    if found != (FORMAT, VERSION):
        raise CheckpointError(
            f"{path.parent} has format {found[0]!r}, version {found[1]}; this program reads "
            f"{FORMAT!r}, version {VERSION}. Fit the model again"
        )
    return config

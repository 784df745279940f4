"""Load and save a trained model: a folder of safetensors and JSON.

- ``config.json``: Format, name, spec, feature settings, network sizes, macros, metrics.
- ``model.safetensors``: Weights.
- ``library.safetensors``: Rendered presets with compact features, if the model has them
  (``models.estimator.library``).
- ``surrogate.safetensors``: Predicts the sound of a preset, if fitted
  (``models.estimator.surrogate``).
- ``posterior.safetensors``: Samples presets for a sound, if fitted
  (``models.estimator.posterior``).
- ``learning.png``: Learning curves.
- ``training/``: The state that resuming needs; not part of a finished model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Generic

import numpy as np
import safetensors
import safetensors.torch
from typing_extensions import TypeVar

from datasets.atomic_write import replace_file
from datasets.errors import CheckpointError, PatchwrightError, StoreError, reason
from datasets.foreign_files import file_content, parse_json, typed
from datasets.spec import FloatArray, SynthSpec, load_spec
from models.audio.features import FeatureSettings
from models.estimator.library import Library
from models.estimator.posterior import Posterior, load_posterior
from models.estimator.surrogate import Surrogate, load_surrogate
from models.estimator.weights import DAMAGE
from models.networks.flow_vae import FlowVAE
from models.networks.registry import OURS, Network, config_of, kind_of, network_of
from renderer.plugins.patch_template import PatchTemplate

FORMAT = 1
SHIPPED = Path(__file__).parent / "shipped"
TIMBRE = "timbre.json"  # in the folder of a timbre model
SURROGATE_FILE, POSTERIOR_FILE = "surrogate.safetensors", "posterior.safetensors"


@dataclass(frozen=True)
class Macro:
    """Describe a macro-knob: one axis of z and its range.

    Attributes:
        name: Name of the knob.
        axis: Position in z.
        low: Value of z at knob position 0.
        high: Value of z at knob position 1.
    """

    name: str
    axis: int
    low: float
    high: float


AnyNetwork = TypeVar("AnyNetwork", bound=Network, default=FlowVAE, covariant=True)


@dataclass(frozen=True)
class Checkpoint(Generic[AnyNetwork]):
    """Hold a trained model in evaluation mode. The default network type is ``FlowVAE``.

    Attributes:
        name: Name of the model.
        spec: Synth and parameters of the model.
        features: Settings of the log-mel.
        model: The network.
        macros: The macro-knobs, in order.
        start: A preset to begin with, shape (P,).
        metrics: Figures measured at the end of training.
        training: Settings, data and length of the training.
        library: Rendered presets, if the model has them.
        surrogate: Predicts the sound of a preset, if fitted.
        posterior: Samples presets for a sound, if fitted.
    """

    name: str
    spec: SynthSpec
    features: FeatureSettings
    model: AnyNetwork
    macros: tuple[Macro, ...]
    start: FloatArray
    metrics: Mapping[str, Any]
    training: Mapping[str, Any]
    library: Library | None = None
    surrogate: Surrogate | None = None
    posterior: Posterior | None = None


def save_checkpoint(checkpoint: Checkpoint[Network], folder: str | Path) -> None:
    """Write a checkpoint. Write ``config.json`` last, with the hash of the weights."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    weights = safetensors.torch.save(
        {k: v.contiguous() for k, v in checkpoint.model.state_dict().items()}
    )
    replace_file(folder / "model.safetensors", weights)
    if checkpoint.library is not None:
        replace_file(folder / "library.safetensors", checkpoint.library.to_bytes())
    config = {
        "format": FORMAT,
        "name": checkpoint.name,
        "spec": checkpoint.spec.to_dict(),
        "features": checkpoint.features.to_dict(),
        "model": kind_of(checkpoint.model),
        "network": config_of(checkpoint.model),
        "macros": [asdict(macro) for macro in checkpoint.macros],
        "start": [float(x) for x in checkpoint.start],
        "metrics": dict(checkpoint.metrics),
        "training": dict(checkpoint.training),
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
    }
    replace_file(folder / "config.json", json.dumps(config, indent=1).encode())


def rename_macros(name_or_folder: str | Path, names: Sequence[str]) -> None:
    """Give the knobs of a checkpoint other names; leave everything else as it is.

    Raises:
        CheckpointError: The model is missing or damaged, or has another number of knobs.
    """
    folder = find_checkpoint(name_or_folder)
    config = _read_config(folder)
    macros = _macros(config.get("macros"), folder)
    if len(macros) != len(names):
        raise CheckpointError(f"{folder} has {len(macros)} knobs: give one name for each")
    config["macros"] = [
        asdict(replace(macro, name=name)) for macro, name in zip(macros, names, strict=True)
    ]
    replace_file(folder / "config.json", json.dumps(config, indent=1).encode())


def load_checkpoint(name_or_folder: str | Path) -> Checkpoint:
    """Load a model with knobs: a shipped one by name (``vital-32``), or a checkpoint folder.

    Raises:
        CheckpointError: As in ``load_any``, or the model is one of the paper's, without knobs.
    """
    found = load_any(name_or_folder)
    if isinstance(found.model, FlowVAE):
        return found  # type: ignore[return-value]
    raise CheckpointError(
        f"{name_or_folder} is a {kind_of(found.model)}, for `patchwright compare` only. "
        "Matching and knobs need a model of kind flow_vae."
    )


def load_any(name_or_folder: str | Path) -> Checkpoint[Network]:
    """Load any trained model: a shipped one by name, or a checkpoint folder.

    Raises:
        CheckpointError: The model is missing, incomplete or of another format, or its spec
            differs from the current spec of the same name.
    """
    folder = find_checkpoint(name_or_folder)
    config = _read_config(folder)
    try:
        spec = SynthSpec.from_dict(config["spec"])
        features = FeatureSettings.from_dict(config["features"])
        model = network_of(config.get("model", OURS), config["network"], _size(folder))
        macros = _macros(config["macros"], folder)
        start = np.array(config["start"], np.float32)
        spec.to_native(start)
        metrics, training, name = config["metrics"], config["training"], str(config["name"])
    except (*DAMAGE, PatchwrightError) as error:
        raise CheckpointError(
            f"{folder / 'config.json'} is damaged ({reason(error)}): train the model again"
        ) from error
    _check_spec(spec, folder)
    _load_weights(model, folder, config)
    library_file = folder / "library.safetensors"
    library = Library.from_bytes(library_file.read_bytes()) if library_file.exists() else None
    searched = _search_networks(folder, library)
    model.eval()
    return Checkpoint(name, spec, features, model, macros, start, metrics, training, *searched)


def _size(folder: Path) -> int:
    """Return the bytes of a model's weights; 0 if the file is missing."""
    path = folder / "model.safetensors"
    return path.stat().st_size if path.is_file() else 0


def _macros(values: object, folder: Path) -> tuple[Macro, ...]:
    """Return the knobs of a config.

    Raises:
        CheckpointError: A knob is damaged.
    """
    if not isinstance(values, list):
        raise CheckpointError(f"{folder / 'config.json'} has no list of macros: copy it again")
    what = f"{folder / 'config.json'}, macro"
    return tuple(typed(Macro, one, f"{what} {i}", CheckpointError) for i, one in enumerate(values))


def _search_networks(
    folder: Path, library: Library | None
) -> tuple[Library | None, Surrogate | None, Posterior | None]:
    """Load the surrogate and the posterior that share the library's feature space.

    Raises:
        CheckpointError: A network has another number of components than the library.
    """
    surrogate, posterior = folder / SURROGATE_FILE, folder / POSTERIOR_FILE
    if library is None:
        return None, None, None
    found = (
        load_surrogate(surrogate) if surrogate.exists() else None,
        load_posterior(posterior) if posterior.exists() else None,
    )
    for network in found:
        if network is not None and network.config.components != len(library.scale):
            raise CheckpointError(
                f"{folder}: the library has {len(library.scale)} components, but a network beside "
                f"it has {network.config.components}. Run patchwright estimator again."
            )
    return library, *found


def shipped_names() -> list[str]:
    """Return the names of the models that come with patchwright, sorted."""
    return sorted(path.parent.name for path in SHIPPED.glob("*/config.json"))


def find_checkpoint(name_or_folder: str | Path) -> Path:
    """Find the folder of a model by its path or its shipped name.

    Raises:
        CheckpointError: The model does not exist; the message lists the shipped models.
    """
    for folder in (Path(name_or_folder), SHIPPED / name_or_folder):
        if (folder / "config.json").is_file():
            return folder
        if (folder / TIMBRE).is_file():
            raise CheckpointError(
                f"{str(name_or_folder)!r} is a timbre model, not a model of a synth: use it with "
                "patchwright serve, host or timbre"
            )
    if Path(name_or_folder).is_dir():
        raise CheckpointError(
            f"{name_or_folder} has no config.json. It is not a model, or its training has not "
            "finished. Run patchwright train to finish it."
        )
    shipped = ", ".join(shipped_names())
    raise CheckpointError(
        f"{str(name_or_folder)!r}: no such model. Use a model folder, or one of: {shipped}"
    )


def _read_config(folder: Path) -> dict[str, Any]:
    try:
        path = folder / "config.json"
        config = parse_json(file_content(path), str(path))
        found = config["format"]
    except (StoreError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{folder / 'config.json'} is damaged ({reason(error)}): train the model again"
        ) from error
    if found != FORMAT:
        raise CheckpointError(
            f"{folder} has model format {found}, but this version reads {FORMAT}. "
            "Use the version that trained it, or train it again."
        )
    return dict(config)


def _check_spec(spec: SynthSpec, folder: Path) -> None:
    try:
        current = load_spec(spec.name)
    except PatchwrightError:
        return  # The user's own spec: the checkpoint contains all of it.
    if current.digest() != spec.digest():
        raise CheckpointError(
            f"{folder} was trained on {spec.name} version {spec.version} ({spec.digest()}), but "
            f"the current {spec.name} is another spec ({current.digest()}): train it again"
        )


def _load_weights(model: Network, folder: Path, config: Mapping[str, Any]) -> None:
    path = folder / "model.safetensors"
    try:
        weights = path.read_bytes()
        if hashlib.sha256(weights).hexdigest() != config.get("weights_sha256"):
            raise CheckpointError(
                f"{path} is incomplete, or belongs to another config.json: train the model again"
            )
        model.load_state_dict(safetensors.torch.load(weights))
    except FileNotFoundError:
        raise CheckpointError(
            f"{path} is missing. Copy the complete folder again, or train the model again."
        ) from None
    except (safetensors.SafetensorError, *DAMAGE) as error:
        raise CheckpointError(
            f"{path} does not fit config.json ({reason(error)}): train the model again"
        ) from error


def on_template(checkpoint: Checkpoint, template: PatchTemplate) -> Checkpoint:
    """Return a model on a player's own patch: its parameters start at the patch's values."""
    return replace(checkpoint, spec=template.spec, start=template.unit)

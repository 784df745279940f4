"""Define the direct baselines: from a sound to its parameters, trained on the MSE (section 4.2)."""

from __future__ import annotations

from torch import Tensor, nn

from models.data.batches import Batch
from models.networks.esling2019.base import Convolutions, PaperConfig, PaperModel, dense, with_note

DENSE_LAYERS = 3  # after the convolutions


class Direct(PaperModel):
    """Predict parameters directly from a log-mel.

    ``mlp`` has 5 dense layers on the image. ``cnn`` and ``resnet`` have 5 convolutions and 3
    dense layers.
    """

    def __init__(self, config: PaperConfig) -> None:
        super().__init__(config)
        if config.kind == "mlp":
            self.convolutions: nn.Module = nn.Flatten()
            size, layers = config.cells, config.layers
        else:
            stack = Convolutions(config, config.channels, residual=config.kind == "resnet")
            self.convolutions, size, layers = stack, stack.size, DENSE_LAYERS
        self.dense = dense(size + 1, config.hidden, layers, config.dropout)
        self.output = nn.Linear(config.hidden, config.parameters)
        self.initialise()

    def predict(self, mel: Tensor, note: Tensor) -> Tensor:
        """Return presets (B, P) in [0, 1] of log-mels (B, bands, frames) in dB and notes (B,)."""
        maps = self.convolutions(self.normalised(mel))
        unit: Tensor = self.output(self.dense(with_note(maps, note))).sigmoid()
        return unit

    def loss(self, batch: Batch, warm_up: float) -> dict[str, Tensor]:
        """Return the mean squared error of the parameters; ``warm_up`` has no effect."""
        error = (self.predict(batch.mel, batch.note) - batch.unit).square().mean()
        return {"loss": error, "regression": error}

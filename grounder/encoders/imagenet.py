"""The 1,000 ImageNet classes in words, in the order every ImageNet classifier numbers them."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from grounder.errors import ModelError

CLASSES = 1000


@cache
def class_names() -> tuple[str, ...]:
    """Return each class's first WordNet lemma, such as `tabby`; further lemmas blur its text vector.

    Read from timm's tables without importing timm, which takes several CPU-seconds.

    Raises:
        ModelError: timm is missing or keeps its tables elsewhere.
    """
    spec = find_spec("timm")
    folder = Path((spec and spec.origin) or "timm").parent / "data" / "_info"
    try:
        order = (folder / "imagenet_synsets.txt").read_text(encoding="utf-8").split()
        rows = (folder / "imagenet_synset_to_lemma.txt").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ModelError(
            f"Cannot read the class names of ImageNet: {error}. They come with timm; reinstall it."
        ) from error
    lemmas = dict(row.split("\t", 1) for row in rows)
    return tuple(lemmas[synset].split(",")[0] for synset in order)

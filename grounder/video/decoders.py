"""The decoders by name; each is imported only when it is named."""

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from grounder.errors import SpecError
from grounder.video.decoder import Decoder

if TYPE_CHECKING:
    from grounder.video.probe import Probe

DECODERS: Mapping[str, tuple[str, str]] = {
    "pyav": ("grounder.video.pyav", "PyAVDecoder"),
    "decord": ("grounder.video.decord", "open_decord"),
    "torchcodec": ("grounder.video.torchcodec", "open_torchcodec"),
}


def load_decoder(name: str) -> "Callable[[Path, Probe], Decoder]":
    """Return the decoder called `name`, to be made for (path, probe).

    Raises:
        SpecError: no decoder has that name.
        MissingDependency: its package is not installed.
    """
    if name not in DECODERS:
        raise SpecError(f"No decoder is called {name!r}. Choose one of {', '.join(DECODERS)}.")
    module, attribute = DECODERS[name]
    loaded: Callable[[Path, Probe], Decoder] = getattr(importlib.import_module(module), attribute)
    return loaded

"""Turns an encoder's name into an encoder; the heavy library is imported only when it is asked for."""

import logging
from pathlib import Path

from grounder.encoders.clip_spec import PREFIX, parse_clip_spec
from grounder.encoders.encoder import Encoder
from grounder.encoders.hub import HubFile, cached, reachable
from grounder.errors import ModelError, SpecError

logger = logging.getLogger(__name__)

DEFAULT_CLIP = "open_clip:ViT-B-32/laion2b_s34b_b79k"
"""MIT licence; the widest used small CLIP, and within a desktop CPU's reach."""
DEFAULT_WEIGHTS = HubFile(
    "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
    ("open_clip_model.safetensors", "open_clip_pytorch_model.bin"),
)
DEFAULT_DOWNLOAD = "605 MB"


def load_encoder(spec: str, *, device: str = "auto", cache: Path | None = None) -> Encoder:
    """Load an encoder by name.

    Args:
        spec: `auto`, `conse` or `open_clip:…` (grammar in `clip_spec`).
        device: `auto` (a GPU if there is one), `cpu`, `cuda` or `cuda:N`.
        cache: Folder for exported graphs; None is the user's cache folder.

    Raises:
        SpecError: The name means nothing.
        ModelError: The model or the device cannot be used.
    """
    if spec == "auto":
        spec, reason = choose_encoder()
        logger.info(reason)
    if spec == "conse":
        from grounder.encoders.conse import Conse

        return Conse(cache=cache or _default_cache())
    if spec.startswith(PREFIX):
        parse_clip_spec(spec)
        from grounder.encoders.clip import OpenClip

        return OpenClip(spec, device=_device(device), cache=cache or _default_cache())
    raise SpecError(
        f"No encoder is called {spec!r}. Known: auto, conse, open_clip:MODEL/TAG, "
        "open_clip:MODEL/FILE, open_clip:local-dir:FOLDER."
    )


def choose_encoder() -> tuple[str, str]:
    """Return the spec `auto` stands for, and one line that says why and what that means.

    Answers within a few seconds and downloads nothing.
    """
    if cached(DEFAULT_WEIGHTS) is not None:
        return DEFAULT_CLIP, f"Encoder: {DEFAULT_CLIP} (its weights are on this machine)."
    if reachable(DEFAULT_WEIGHTS):
        return (
            DEFAULT_CLIP,
            f"Encoder: {DEFAULT_CLIP}; its weights will be downloaded once ({DEFAULT_DOWNLOAD}).",
        )
    return (
        "conse",
        f"Encoder: conse, because no weights of {DEFAULT_CLIP} are here and the model hub does not "
        "answer. It is a floor: it knows object nouns and colours, no actions and no relations.",
    )


def _device(device: str) -> str:
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device != "cpu" and not torch.cuda.is_available():
        raise ModelError(f"There is no {device} on this machine. Use cpu, or auto to take what is.")
    return device


def _default_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("whenwhat") / "encoders"

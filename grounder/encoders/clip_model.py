"""An open_clip model in memory: weights found, hashed, loaded without pickle, its preprocessing read."""

import hashlib
import logging
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from grounder.encoders.clip_spec import ClipSpec
from grounder.encoders.hub import fetch, hub_file
from grounder.encoders.pictures import Filter, Fit
from grounder.errors import ModelError, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor
    from torch.nn import Module

logger = logging.getLogger(__name__)

FOLDER_WEIGHTS = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "model.safetensors",
    "open_clip_pytorch_model.bin",
)
"""Names of a folder's checkpoint, the safe format first."""


@dataclass(frozen=True, slots=True)
class Preprocess:
    """How the model wants its pictures."""

    side: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    fit: Fit
    filter: Filter


@dataclass(frozen=True, slots=True)
class ClipModel:
    """Both towers on the CPU in fp32, ready to be moved."""

    identity: str
    """Model and weights, without the precision: `open_clip:ViT-B-32/laion2b_s34b_b79k#1a2b3c4d`."""
    network: "Module"
    tokenize: "Callable[[list[str]], Tensor]"
    preprocess: Preprocess


def load_clip(spec: ClipSpec) -> ClipModel:
    """Find the weights a spec names and load them.

    Raises:
        SpecError: open_clip knows no such model or tag.
        ModelError: The weights are missing, out of reach, unsafe or made for another architecture.
    """
    import open_clip

    name = f"local-dir:{spec.folder}" if spec.folder else spec.model
    tag = _tag_settings(spec)
    checkpoint = _checkpoint(spec, tag)
    identity = f"open_clip:{_label(spec)}#{_fingerprint(checkpoint, spec)}"
    try:
        network = open_clip.create_model(
            name,
            # With a schema in the name, open_clip finds the same file by itself.
            pretrained=None if spec.folder else str(checkpoint),
            force_quick_gelu=bool(tag.get("quick_gelu")),
            force_preprocess_cfg=tag or None,
            weights_only=True,
        )
        tokenize = open_clip.get_tokenizer(name)
    except (OSError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise ModelError(
            f"{checkpoint} cannot be loaded as {name}: {error} Weights must be a plain state dict of "
            "that model, best as .safetensors; pickled objects and TorchScript are never executed."
        ) from error
    return ClipModel(identity, network.eval(), tokenize, _preprocess(network, name))


def known_model(name: str) -> bool:
    """Say whether open_clip has an architecture of this name."""
    import open_clip

    return name in open_clip.list_models()


def tag_settings(model: str, tag: str) -> dict[str, Any]:
    """Return what open_clip knows of a tag (`hf_hub`, `mean`, `quick_gelu`, …); empty if unknown."""
    from open_clip.pretrained import get_pretrained_cfg

    return dict(get_pretrained_cfg(model, tag))


def _tag_settings(spec: ClipSpec) -> dict[str, Any]:
    import open_clip

    if not spec.folder and not known_model(spec.model):
        raise SpecError(
            f"open_clip knows no model {spec.model!r}. Known: see `open_clip.list_models()`, "
            "for example ViT-B-32; for a model of your own use open_clip:local-dir:FOLDER."
        )
    if spec.tag is None:
        return {}
    settings = tag_settings(spec.model, spec.tag)
    if not settings:
        tags = ", ".join(open_clip.list_pretrained_tags_by_model(spec.model)) or "none"
        raise SpecError(
            f"open_clip has no weights {spec.tag!r} for {spec.model}. Known tags: {tags}."
        )
    return settings


def _checkpoint(spec: ClipSpec, tag: dict[str, Any]) -> Path:
    if spec.folder:
        return _folder_checkpoint(spec.folder)
    if spec.file:
        if not spec.file.is_file():
            raise ModelError(
                f"The checkpoint {spec.file} does not exist. An absolute path follows a double slash: "
                f"open_clip:{spec.model}//path/to/file.safetensors."
            )
        return spec.file
    if not tag.get("hf_hub"):
        raise ModelError(
            f"{spec.model}/{spec.tag} is not on the hub, only at {tag.get('url', 'an unknown place')}. "
            f"Download it and name the file: open_clip:{spec.model}//path/to/file.pt."
        )
    return fetch(hub_file(tag["hf_hub"]))


def _folder_checkpoint(folder: Path) -> Path:
    if not (folder / "open_clip_config.json").is_file():
        raise ModelError(f"{folder} holds no open_clip_config.json. Save the model's config there.")
    for name in FOLDER_WEIGHTS:
        if (folder / name).is_file():
            return folder / name
    raise ModelError(f"{folder} holds no weights. Allowed names: {', '.join(FOLDER_WEIGHTS)}.")


def _label(spec: ClipSpec) -> str:
    if spec.folder:
        return f"local-dir:{spec.model}"
    return f"{spec.model}/{spec.tag or (spec.file and spec.file.stem)}"


def _fingerprint(checkpoint: Path, spec: ClipSpec) -> str:
    with checkpoint.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    if spec.folder:
        digest.update((spec.folder / "open_clip_config.json").read_bytes())
    return digest.hexdigest()[:12]


def _preprocess(network: "Module", name: str) -> Preprocess:
    config = cast("dict[str, Any]", cast("Any", network).visual.preprocess_cfg)
    size = config["size"]
    height, width = (size, size) if isinstance(size, int) else size
    if height != width or config["resize_mode"] not in {"shortest", "squash"}:
        raise ModelError(
            f"{name} wants pictures of {height}x{width} fitted by {config['resize_mode']!r}. "
            "Only square models that crop (`shortest`) or squash are supported; choose another."
        )
    # "random" is for training; open_clip itself reads it as bicubic when it evaluates.
    filter: Filter = "bilinear" if config["interpolation"] == "bilinear" else "bicubic"
    return Preprocess(
        height, tuple(config["mean"]), tuple(config["std"]), config["resize_mode"], filter
    )

"""Shipped: where the trained nano models are; they come with the package."""

from pathlib import Path

CLIP = Path(__file__).with_name("clip")
"""The encoder: frames and descriptions of the rendered world (training.clip)."""
GROUNDER = Path(__file__).with_name("grounder")
"""The vision-language model: plans, grounds, verifies and answers (training.nano)."""


def encoder_spec(folder: Path = CLIP) -> str:
    """Return what `load_encoder` calls the encoder in a folder."""
    return f"open_clip:local-dir:{folder}"


def model_spec(folder: Path = GROUNDER) -> str:
    """Return what `load_vlm` calls the model in a folder."""
    return f"hf:{folder}#nano"

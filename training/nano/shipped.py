"""Shipped: where the trained nano models are; they come with the package."""

from pathlib import Path

MODELS = Path(__file__).parent
CLIP = "clip"
"""The encoder: frames and descriptions of the rendered world (training.clip)."""
GROUNDER = "grounder"
"""Trained by SFT and RL to say when."""
ANSWERER = "answerer"
"""Trained by SFT to plan, verify and answer."""


def encoder_spec(folder: Path) -> str:
    """Return what `load_encoder` calls the encoder in a folder."""
    return f"open_clip:local-dir:{folder}"


def model_spec(folder: Path) -> str:
    """Return what `load_vlm` calls the model in a folder."""
    return f"hf:{folder}#nano"

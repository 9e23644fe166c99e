"""Vision-language models behind one method; `load_vlm` imports a backend only when it is asked for."""

from grounder.vlm.loading import load_vlm
from grounder.vlm.vlm import VLM, Clip, Completion, Message, Part, Picture, Prompt, Sampling, Text

__all__ = [
    "VLM",
    "Clip",
    "Completion",
    "Message",
    "Part",
    "Picture",
    "Prompt",
    "Sampling",
    "Text",
    "load_vlm",
]

"""Model families that run here, and how each is told the time; a difference is a field or a table entry."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from grounder.adapters import Adapter
from grounder.errors import ModelError, SpecError
from grounder.vlm.spacing import is_even
from grounder.vlm.vlm import Clip


@dataclass(frozen=True, slots=True)
class Family:
    """What the processors of one architecture do with a clip."""

    architecture: str
    """`model_type` of config.json."""
    told: Literal["text", "spacing", "nothing"]
    """How a clip's times reach the model by themselves: as text, as one spacing in its position ids, not at all."""
    pixel_unit: int
    """Frames must be a multiple of this many pixels wide and high."""
    time_text: str = ""
    """What the processor writes before each unit when `told` is text."""


FAMILIES = {
    family.architecture: family
    for family in (
        Family("qwen2_vl", "nothing", 28),
        Family("qwen2_5_vl", "spacing", 28),
        Family("qwen3_vl", "text", 32, "<{seconds:.1f} seconds>"),
        Family("qwen3_vl_moe", "text", 32, "<{seconds:.1f} seconds>"),
    )
}


def family_of(architecture: str, model_id: str) -> Family:
    """Look up an architecture.

    Raises:
        ModelError: it is not one that runs here.
    """
    if architecture not in FAMILIES:
        raise ModelError(
            f"{model_id} is a {architecture!r}; this backend runs {', '.join(FAMILIES)}. "
            "Serve other models with an OpenAI-compatible server and name it as openai:MODEL@URL."
        )
    return FAMILIES[architecture]


def check_fit(adapter: Adapter, family: Family) -> None:
    """Refuse an adapter that counts on times reaching the model in a way this family does not have.

    Raises:
        SpecError: they do not fit.
    """
    if not adapter.interleave and adapter.told != family.told:
        raise SpecError(
            f"The adapter {adapter.name!r} is for models told the time by {adapter.told}; {family.architecture} "
            f"is told by {family.told}. Leave the #adapter away, or name one for {family.architecture}."
        )


def clip_facts(family: Family, clip: Clip) -> dict[str, Any]:
    """Return the video metadata that makes a family's processor tell a clip's true times.

    Raises:
        ModelError: the family cannot express these times.
    """
    return _FACTS[family.told](clip)


def _written_times(clip: Clip) -> dict[str, Any]:
    """Frame numbers of a video of 1000 frames per second are milliseconds: any spacing can be told.

    Source: transformers models/qwen3_vl/processing_qwen3_vl.py, `_calculate_timestamps` (index / fps).
    """
    milliseconds = np.rint((clip.frames.times - clip.clock_start) * 1000).astype(int).tolist()
    if milliseconds[0] < 0:
        raise ModelError(
            f"A frame at {clip.frames.times[0]:.3f} s lies before the model's clock starts ({clip.clock_start:.3f} s). "
            "Set clock_start to the first frame's time or earlier."
        )
    return _facts(milliseconds, frame_rate=1000.0, total=milliseconds[-1] + 1)


def _one_spacing(clip: Clip) -> dict[str, Any]:
    """Qwen2.5-VL is told `second_per_grid_ts` = 2 / sampled fps and counts it from the clip's first frame.

    Source: transformers models/qwen2_5_vl/processing_qwen2_5_vl.py and `get_rope_index` in modeling_qwen2_5_vl.py.
    """
    times = clip.frames.times
    if not is_even(times):
        raise ModelError(
            f"{len(times)} frames from {times[0]:.2f} s to {times[-1]:.2f} s are not evenly spaced, and this model "
            "is told one spacing per clip. Sample evenly, or send each even stretch as a clip of its own."
        )
    spacing = float(times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else 1.0
    if abs(times[0] - clip.clock_start) > spacing / 2:
        raise ModelError(
            f"This model counts time from a clip's first frame ({times[0]:.2f} s), not from {clip.clock_start:.2f} s. "
            "Set clock_start to the first frame's time."
        )
    return _facts(list(range(len(times))), frame_rate=1 / spacing, total=len(times))


def _no_times(clip: Clip) -> dict[str, Any]:
    """Qwen2-VL counts units, not seconds: its prompts carry the times as text."""
    return _facts(list(range(len(clip.frames))), frame_rate=1.0, total=len(clip.frames))


def _facts(indices: list[int], *, frame_rate: float, total: int) -> dict[str, Any]:
    return {
        "fps": frame_rate,
        "frames_indices": indices,
        "total_num_frames": total,
        "duration": total / frame_rate,
    }


_FACTS: dict[str, Callable[[Clip], dict[str, Any]]] = {
    "text": _written_times,
    "spacing": _one_spacing,
    "nothing": _no_times,
}

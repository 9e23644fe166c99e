"""Timestamp self-test: are the times a model is told those of the pictures it is shown?

Frames of known times and rising brightness go the whole way to the model's final inputs (token ids, position
ids, pixels, or the outgoing request), and are read back from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grounder.adapters import Adapter
from grounder.prompt import grounding_messages, unit_time
from grounder.span import Span
from grounder.video.frames import Frames
from grounder.vlm.vlm import VLM

TOLERANCE = 0.051  # seconds: times are written with one decimal
BRIGHTNESS_TOLERANCE = 0.03  # of the full range: JPEG and resizing blur a little
SIDE = 112  # pixels
EVEN = Span(37.0, 45.0)  # starts off zero, so that a lost offset shows
UNEVEN = (37.0, 37.4, 38.5, 41.0, 41.2, 44.3, 44.6, 44.9)


@dataclass(frozen=True, slots=True)
class StampCheck:
    """One set of frames, and what the model was told about them."""

    name: str
    """`even` or `uneven` (spacing)."""
    expected: tuple[float, ...]
    """The true time of each unit the model sees, on its clock, in seconds."""
    told: tuple[float, ...]
    brightness_expected: tuple[float, ...]
    """Mean brightness of each unit, in [0, 1]."""
    brightness_seen: tuple[float, ...]

    @property
    def problem(self) -> str:
        """What is wrong, or an empty string."""
        if len(self.told) != len(self.expected):
            return f"{self.name}: {len(self.told)} times told for {len(self.expected)} units"
        worst = _worst(self.told, self.expected)
        if worst > TOLERANCE:
            return f"{self.name}: a time is wrong by {worst:.2f} s (told {_list(self.told)}, true {_list(self.expected)})"
        if len(self.brightness_seen) != len(self.brightness_expected):
            return f"{self.name}: pixels of {len(self.brightness_seen)} units for {len(self.brightness_expected)}"
        if _worst(self.brightness_seen, self.brightness_expected) > BRIGHTNESS_TOLERANCE:
            return f"{self.name}: pixels do not stand under their own times"
        return ""


@dataclass(frozen=True, slots=True)
class StampReport:
    """What the self-test found out about one model."""

    model: str
    adapter: str
    checks: tuple[StampCheck, ...]

    @property
    def passed(self) -> bool:
        """Every time told is the true one, and every picture stands under its own."""
        return not self.problems

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, one line each."""
        return tuple(check.problem for check in self.checks if check.problem)


def check_stamps(vlm: VLM, adapter: Adapter | None = None) -> StampReport:
    """Send frames of known times and brightness, and compare with what reaches the model.

    Uneven spacing is checked for models that can be told of it.

    Raises:
        ModelError: the backend refuses the frames.
    """
    adapter = adapter or vlm.adapter
    budget = adapter.budget
    count = min(8, budget.max_frames)
    even = [EVEN.start + number / budget.frame_rate for number in range(count)]
    samples = {"even": even} | ({"uneven": list(UNEVEN)} if adapter.told == "text" else {})
    return StampReport(
        vlm.name,
        adapter.name,
        tuple(_check(vlm, adapter, name, times) for name, times in samples.items()),
    )


def _check(vlm: VLM, adapter: Adapter, name: str, times: Sequence[float]) -> StampCheck:
    frames = _rendered(times)
    prompt = grounding_messages(adapter, frames, "a light", within=EVEN)
    units = [
        slice(first, first + adapter.merged_frames)
        for first in range(0, len(times), adapter.merged_frames)
    ]
    clock_start = adapter.clock_start(EVEN)
    return StampCheck(
        name=name,
        expected=tuple(unit_time(adapter, frames.times[unit]) - clock_start for unit in units),
        told=tuple(vlm.stamps(prompt)),
        brightness_expected=tuple(float(frames.images[unit].mean()) / 255 for unit in units),
        brightness_seen=tuple(vlm.brightness(prompt)),
    )


def _rendered(times: Sequence[float]) -> Frames:
    levels = np.linspace(15, 240, len(times)).astype(np.uint8)
    shape = (len(times), SIDE, SIDE, 3)
    return Frames(np.broadcast_to(levels[:, None, None, None], shape).copy(), np.array(times))


def _worst(told: Sequence[float], true: Sequence[float]) -> float:
    return max((abs(a - b) for a, b in zip(told, true, strict=True)), default=0.0)


def _list(times: Sequence[float]) -> str:
    return ", ".join(f"{time:.2f}" for time in times)

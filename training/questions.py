"""Questions: which frames a row is shown that asks something other than when."""

from dataclasses import dataclass
from typing import Literal

Over = Literal["given-span", "uniform"]


@dataclass(frozen=True, slots=True)
class Questions:
    """How many frames, and of what, as `agent.modes` shows them."""

    over: Over = "given-span"
    """What `qa` rows are answered from: their evidence, or the whole video; without evidence always the latter."""
    frames: int = 32
    """Most frames of a `qa` row, as the agent shows by default."""
    verify_frames: int = 8
    """Most frames of a `verify` row, likewise."""

    def __post_init__(self) -> None:
        if min(self.frames, self.verify_frames) < 1:
            raise ValueError(
                f"frames is {self.frames} and verify_frames {self.verify_frames}; show at least 1"
            )

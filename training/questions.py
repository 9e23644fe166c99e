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
    """Most frames of a `qa` row, as many as the agent shows by default; 0: such rows are left out."""
    verify_frames: int = 8
    """Most frames of a `verify` row, likewise."""

    @property
    def tasks(self) -> frozenset[str]:
        """The tasks of the rows that are taken besides `ground`."""
        frames = {"qa": self.frames, "verify": self.verify_frames}
        return frozenset(task for task, count in frames.items() if count)

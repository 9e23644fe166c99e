"""Adapter: how one model wants to be asked, and how it answers; read from a TOML file beside this one."""

from dataclasses import dataclass, replace
from typing import Literal

from grounder.span import Span

PICTURE_TIME = "{seconds:.2f} s:"  # where a model has no habit of its own


@dataclass(frozen=True, slots=True)
class Budget:
    """How much video one call may hold.

    Tokens are counted per *unit*: the frames a model merges in time (2 for the Qwen-VL families,
    1 for single pictures), each side cut in squares of `pixel_unit` pixels.
    """

    frame_rate: float
    """Frames per second of video."""
    max_frames: int
    pixel_unit: int
    """Side in pixels of the square that one visual token stands for: 28 (Qwen2.5-VL), 32 (Qwen3-VL)."""
    unit_tokens: tuple[int, int]
    """Fewest and most visual tokens of one unit."""
    total_tokens: int
    """Most visual tokens of all units together."""
    merged_frames: int = 2
    """Frames per unit."""

    @property
    def max_seconds(self) -> float:
        """The longest stretch that fits at the full frame rate."""
        return self.max_frames / self.frame_rate

    def frame_pixels(self, num_frames: int) -> int:
        """Return the most pixels one frame may have when `num_frames` share the budget."""
        units = max(1, -(-num_frames // self.merged_frames))
        fewest, most = self.unit_tokens
        return max(fewest, min(most, self.total_tokens // units)) * self.pixel_unit**2


@dataclass(frozen=True, slots=True)
class ReplyFormat:
    """How a model writes moments, for writing and for reading."""

    answer: str
    """A whole right reply; `{spans}` is where the moments go."""
    span: str
    """One moment: a format string of `start` and `end` in seconds on the model's clock."""
    pattern: str
    """Regular expression of one moment; `{start}`, `{end}` (and `{confidence}`) stand for numbers."""
    block: str = ""
    """Regular expression with a group `payload` that holds the moments; empty: the whole reply."""
    take: Literal["first", "last", "all"] = "last"
    """Which of several moments in the block count."""
    thought: str = ""
    """What a model that thinks first writes before its answer; `{thought}` is where its thought goes. Empty: it
    answers at once."""
    joint: str = ", "
    """What stands between moments when `take` is `all`."""
    nothing: str = ""
    """What the model writes for "not in this video"; empty: it was never taught to say so."""
    absent: tuple[str, ...] = ()
    """Regular expressions of replies, besides `nothing`, that say so."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """All that differs between one model and the next."""

    name: str
    prompt: str
    """The question; `{query}`, `{start}`, `{end}` and `{duration}` (seconds on the model's clock) are filled in."""
    budget: Budget
    reply: ReplyFormat
    system: str = ""
    video_first: bool = True
    """The video stands before the question, otherwise after it."""
    lowercase_query: bool = False
    """Lower-case the query and drop its final full stop, as in the model's training data."""
    clock: Literal["window", "video"] = "window"
    """What the model calls 0: the start of the stretch it is shown, or the start of the video."""
    told: Literal["text", "spacing"] = "text"
    """How it learns the times: as text before each unit (their mean), or as one spacing per clip, counted
    from the clip's first frame: such a model cannot be shown frames that are not evenly spaced."""
    interleave: str = ""
    """Time text before each unit, a format string of `seconds`; empty: the processor tells the time."""
    interleave_as: Literal["picture", "clip"] = "picture"
    """What an interleaved unit is sent as: single pictures, or clips of `budget.merged_frames` frames."""
    max_tokens: int = 256
    """Room for the reply (a model that thinks first needs more)."""
    hub_ids: tuple[str, ...] = ()
    """Model ids this was written for; `*` matches anything, case does not count."""
    architectures: tuple[str, ...] = ()
    """`model_type`s of config.json for which this is the default."""
    licence: str = ""
    """Licence of the weights, to be read before use; "unknown" when the source states none."""
    source: str = ""
    """Where prompt, budget and output format were read."""

    @property
    def merged_frames(self) -> int:
        """Frames that share one told time."""
        return (
            1 if self.interleave and self.interleave_as == "picture" else self.budget.merged_frames
        )

    def as_pictures(self) -> "Adapter":
        """Return the adapter for a server that takes pictures and text but no video."""
        return replace(
            self,
            told="text",
            interleave=self.interleave or PICTURE_TIME,
            interleave_as="picture",
            budget=replace(self.budget, merged_frames=1),
        )

    def clock_start(self, within: Span) -> float:
        """Return what the model's clock calls 0, in seconds of the whole video, when it is shown `within`."""
        return within.start if self.clock == "window" else 0.0

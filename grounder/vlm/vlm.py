"""What a vision-language model owes: one method, prompts in, replies out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from grounder.adapters import Adapter
from grounder.video.frames import Frames

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Text:
    """Words in a message."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Frames handed over as one video; a backend must tell the model their true times."""

    frames: Frames
    max_pixels: int
    """Upper bound on width x height of one frame after the processor's resize."""
    clock_start: float = 0.0
    """What the model's clock calls 0, in seconds of the whole video: times shown are `time - clock_start`."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One still image (interleaved prompts: time text, picture, time text, picture, …)."""

    frames: Frames
    """Exactly one frame, with its time."""
    max_pixels: int


Part = Text | Clip | Picture


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    parts: tuple[Part, ...]


Prompt = tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a reply is drawn."""

    max_tokens: int = 256
    temperature: float = 0.0
    """0 is greedy."""
    top_p: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote, and what it cost."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    visual_tokens: int
    """Prompt tokens that stand for pixels; 0 when the backend cannot tell."""
    frames: int
    finished: bool
    """False when the reply was cut at `max_tokens`."""


class VLM(Protocol):
    """A vision-language model behind one method."""

    name: str
    """The spec it was loaded from, as the user wrote it."""
    adapter: Adapter
    """How this model wants to be asked, and how it answers."""

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """Answer each prompt, in order.

        Raises:
            BackendError: the server or engine failed; nothing is retried for ever or made up.
        """

    def stamps(self, prompt: Prompt) -> list[float]:
        """Return the times the model is really told, on its clock, read back from its final inputs.

        One time per unit the model sees (the Qwen families merge frame pairs), in prompt order. The
        timestamp self-test (`whenwhat doctor --model`) compares them with the frames' true times.
        """

    def brightness(self, prompt: Prompt) -> list[float]:
        """Return the mean brightness, in [0, 1], of each unit's pixels in the final inputs, in prompt order.

        The self-test sends frames of known brightness and sees by this that pixels and times belong together.
        """

"""ScriptedVLM: answers from a function or a file; for tests, demonstrations and dry runs."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from grounder.adapters import Adapter, load_adapter
from grounder.errors import SpecError
from grounder.prompt import read_time, unit_time
from grounder.video.frames import Frames
from grounder.vlm.vlm import Clip, Completion, Picture, Prompt, Sampling, Text


class ScriptedVLM:
    """Obeys the VLM protocol; keeps every prompt it was given in `prompts`."""

    def __init__(
        self,
        respond: Callable[[Prompt], str],
        *,
        name: str = "scripted",
        adapter: Adapter | None = None,
    ) -> None:
        self.name = name
        self.adapter = adapter or load_adapter("plain")
        self.prompts: list[Prompt] = []
        self._respond = respond

    @classmethod
    def from_file(
        cls, path: Path | None, *, name: str = "scripted", adapter: Adapter | None = None
    ) -> "ScriptedVLM":
        """Answer from JSON lines `{"when": "words in the prompt", "reply": "…"}`: the first that fits counts.

        Without a file every prompt is answered with nothing.

        Raises:
            SpecError: the file cannot be read as such lines.
        """
        rules = _read_rules(path) if path else []

        def respond(prompt: Prompt) -> str:
            words = prompt_text(prompt)
            return next((reply for when, reply in rules if when in words), "")

        return cls(respond, name=name, adapter=adapter)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """Answer each prompt, in order, cutting at `sampling.max_tokens` words."""
        self.prompts.extend(prompts)
        return [self._complete(prompt, sampling) for prompt in prompts]

    def stamps(self, prompt: Prompt) -> list[float]:
        """Return the time each unit would be told under this adapter, on the model's clock."""
        told: list[float] = []
        words = ""
        for part in (part for message in prompt for part in message.parts):
            if isinstance(part, Text):
                words = part.text
            elif (written := read_time(self.adapter.interleave, words)) is not None:
                told.append(written)
            elif isinstance(part, Clip):
                told.extend(
                    unit_time(self.adapter, unit.times) - part.clock_start
                    for unit in self._units(part)
                )
        return told

    def brightness(self, prompt: Prompt) -> list[float]:
        """Return the mean brightness of each unit, in [0, 1]."""
        shown = (part for message in prompt for part in message.parts if not isinstance(part, Text))
        return [float(unit.images.mean()) / 255 for part in shown for unit in self._units(part)]

    def _units(self, part: Clip | Picture) -> Iterator[Frames]:
        size = self.adapter.merged_frames
        for first in range(0, len(part.frames), size):
            unit = slice(first, first + size)
            yield Frames(part.frames.images[unit], part.frames.times[unit])

    def _complete(self, prompt: Prompt, sampling: Sampling) -> Completion:
        reply = self._respond(prompt)
        num_words = len(reply.split())
        return Completion(
            text=reply,
            prompt_tokens=len(prompt_text(prompt).split()),
            completion_tokens=num_words,
            visual_tokens=0,
            frames=num_frames(prompt),
            finished=num_words <= sampling.max_tokens,
        )


def prompt_text(prompt: Prompt) -> str:
    """Return all words of a prompt, one part per line."""
    parts = (part for message in prompt for part in message.parts)
    return "\n".join(part.text for part in parts if isinstance(part, Text))


def num_frames(prompt: Prompt) -> int:
    """Count the pictures in a prompt."""
    parts = (part for message in prompt for part in message.parts)
    return sum(len(part.frames) for part in parts if isinstance(part, Clip | Picture))


def _read_rules(path: Path) -> list[tuple[str, str]]:
    rules = []
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            rules.append((str(row["when"]), str(row["reply"])))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SpecError(
            f"Cannot read scripted answers from {path}: {error}. "
            'Each line must be {"when": "words in the prompt", "reply": "…"}.'
        ) from error
    return rules

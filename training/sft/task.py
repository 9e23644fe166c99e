"""Task: a lesson as token ids, its prompt as the backends that serve the model are given it."""

from dataclasses import dataclass, field
from typing import Any

from grounder.vlm import Clip, Picture, Prompt
from grounder.vlm.chat import chat_of
from grounder.vlm.families import Family
from training.grpo.shown import Shown, shown_of
from training.sft.lessons import Lesson, Subject

UNSCORED = -100  # transformers' label for tokens without a loss
SEEN = "<|vision_end|>"
"""What ends every picture and clip in the chats of the Qwen-VL families; a control token, so words end there, too."""


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One lesson as token ids."""

    shown: Shown
    """What the model is shown: the very inputs that it is served with."""
    reply: tuple[int, ...]
    """Token ids of the right reply and its end."""
    subject: Subject = "ground"


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """Reads lessons; what follows the same pictures as a lesson before it shares their pixels and their tokens."""

    family: Family
    processor: Any
    _known: dict[tuple[int, ...], tuple[Lesson, Shown]] = field(default_factory=dict)

    def task(self, lesson: Lesson) -> Task:
        """Turn a lesson into token ids.

        Raises:
            ModelError: the family cannot express the times of a clip.
        """
        tokenizer = self.processor.tokenizer
        # A control token inside a caption is text: written out, it must not end the reply or open a turn.
        words = tokenizer(lesson.reply, add_special_tokens=False, split_special_tokens=True)
        return Task(
            self._shown(lesson), (*words["input_ids"], tokenizer.eos_token_id), lesson.subject
        )

    def _shown(self, lesson: Lesson) -> Shown:
        pictures = _pictures(lesson.prompt)
        known = self._known.get(pictures) if pictures else None
        if known is not None:
            before, after = self._text(lesson.prompt).rsplit(SEEN, 1)
            if before == self._text(known[0].prompt).rsplit(SEEN, 1)[0]:
                return self._continued(known[1], after)
        shown = shown_of(lesson.prompt, self.family, self.processor)
        if pictures:
            # The lesson is kept with it: while it is, no other pictures can have the same ids.
            self._known[pictures] = (lesson, shown)
        return shown

    def _continued(self, shown: Shown, text: str) -> Shown:
        """Return what was shown, followed by other words."""
        tokenizer = self.processor.tokenizer
        seen = tokenizer.convert_tokens_to_ids(SEEN)
        stem = len(shown.ids) - shown.ids[::-1].index(seen)
        words = tokenizer(text, add_special_tokens=False)["input_ids"]
        return Shown(
            (*shown.ids[:stem], *words), (*shown.kinds[:stem], *[0] * len(words)), shown.media
        )

    def _text(self, prompt: Prompt) -> str:
        turns = chat_of(prompt, self.family).turns
        text: str = self.processor.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=True
        )
        return text


def _pictures(prompt: Prompt) -> tuple[int, ...]:
    """Return what tells the pictures of a prompt, and how they are shown, from those of others."""
    parts = [part for message in prompt for part in message.parts]
    return tuple(
        value
        for part in parts
        if isinstance(part, Clip | Picture)
        for value in (id(part.frames), part.max_pixels)
    )

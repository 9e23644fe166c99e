"""LiteDescriber: asked as a vision-language model is, it names the things that an image classifier sees.

It sees real pixels and needs no hub, and knows nouns and colours, no actions: its rows show what SceneTG does with
videos of one's own, and teach little.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence

from grounder.encoders import Encoder, UnitVectors
from grounder.encoders.imagenet import class_names
from grounder.vlm import Clip, Completion, Picture, Prompt, Sampling
from grounder.vlm.scripted import ScriptedVLM, prompt_text
from scenetg.prompts import LETTERS

MOST_NAMES = 3
"""Of one description."""
PART = 0.25
"""Of the pictures that must show a thing for a description to name it: the classifier knows few at every angle."""
SEEN, ABSENT = 0.65, 0.5
"""Cosine of the best picture with a query, as a share of what can be reached, from which it is seen, and below which
it is not. Set by eye on clips of the development videos: 0.58 to 1.17 in their own place, mostly below 0.7 elsewhere."""
NOTHING = "There is nothing that has a name."
COLOUR = "mostly "
"""How `Conse.tags` begins a colour; one alone says nothing."""
BESIDE = ", "
SURE, UNSURE = 5, 1
"""Ratings: of a name, and of none (`phrase.least_rating` turns it away)."""
_CAPTION = re.compile(r"<<<caption\n(.*)\ncaption>>>", re.DOTALL)
_LISTED = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)
_ASKED = re.compile(r'the following(?:, all of it)?\? "([^"]+)"')
_OPTION = re.compile(rf"^([{LETTERS}])\. (.*)$", re.MULTILINE)


class LiteDescriber(ScriptedVLM):
    """Obeys `VLM`; the same prompt always gets the same reply."""

    def __init__(self, encoder: Encoder) -> None:
        """Name what `encoder` tags the pictures with."""
        super().__init__(self._answer, name=f"lite-describer:{encoder.name}")
        self._encoder = encoder

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """Answer each prompt of SceneTG, in order.

        Raises:
            ValueError: a prompt asks something that this describer was not made for.
        """
        try:
            return super().generate(prompts, sampling)
        finally:
            self.prompts.clear()  # the pictures of thousands would fill the memory

    def _answer(self, prompt: Prompt) -> str:
        words = prompt_text(prompt)
        if "Describe what happens in this clip" in words:
            return said(self._common_names(prompt))
        if "Write the query" in words:
            return _phrase(words)
        if "Each numbered line describes" in words:
            return _mark(words)
        if "Do these frames show the following" in words:
            return self._look(prompt, words)
        if "Write one question" in words:
            return self._inquire(prompt)
        if "Question:" in words:
            return self._choose(prompt, words)
        raise ValueError(f"The lite describer was not made for this prompt: {words[:80]!r}")

    def _look(self, prompt: Prompt, words: str) -> str:
        query = _ASKED.findall(words)[:1]
        likeness = self._vectors(prompt) @ self._encoder.encode_texts(query)[0]
        best = float(likeness.max() / self._encoder.reach(query)[0])
        seen = "yes" if best >= SEEN else "no" if best < ABSENT else "unsure"
        return json.dumps({"seen": seen})

    def _inquire(self, prompt: Prompt) -> str:
        names = self._common_names(prompt)
        things = [name for name in names if not name.startswith(COLOUR)] or class_names()[:1]
        others = sorted(class_names(), key=lambda name: _drawn(things[0], name))
        wrong = [name for name in others if name not in names][:3]
        asked = "Which of these things is there to be seen?"
        return json.dumps({"question": asked, "answer": things[0], "distractors": wrong})

    def _choose(self, prompt: Prompt, words: str) -> str:
        seen = {name for names in self._names(prompt) for name in names}
        options = _OPTION.findall(words)
        # Without pictures, and where none fits, one is drawn.
        first, _ = min(options, key=lambda option: (option[1] not in seen, _drawn(words, *option)))
        return json.dumps({"option": first})

    def _common_names(self, prompt: Prompt) -> list[str]:
        """Return what at least a part of the pictures shows, what most of them show first."""
        seen = self._names(prompt)
        counts = Counter(name for names in seen for name in names)
        return [name for name, n in counts.most_common() if n >= PART * len(seen)][:MOST_NAMES]

    def _names(self, prompt: Prompt) -> list[list[str]]:
        """Return what is seen in each picture."""
        return [self._encoder.tags(one[None], count=MOST_NAMES) for one in self._vectors(prompt)]

    def _vectors(self, prompt: Prompt) -> UnitVectors:
        parts = (part for message in prompt for part in message.parts)
        shown = [part.frames.images for part in parts if isinstance(part, Clip | Picture)]
        return self._encoder.encode_images([image for images in shown for image in images])


def said(names: Sequence[str]) -> str:
    """Return a description that `names_in` reads: things first, then a colour."""
    things = [name for name in names if not name.startswith(COLOUR)]
    colours = [name for name in names if name.startswith(COLOUR)][:1]
    return f"There is {BESIDE.join([*things, *colours])}." if things else NOTHING


def names_in(words: str) -> set[str]:
    """Return the names in a description or a query."""
    told = words.strip()
    if told == NOTHING:
        return set()
    return set(told.removeprefix("There is ").removesuffix(".").split(BESIDE))


def _phrase(words: str) -> str:
    caption = _CAPTION.search(words)
    if caption is None:
        raise ValueError(f"No description to phrase a query of: {words[:200]!r}")
    rating = SURE if names_in(caption[1]) else UNSURE
    return json.dumps({"query": caption[1].strip().removesuffix("."), "rating": rating})


def _mark(words: str) -> str:
    [query] = _ASKED.findall(words)
    asked = names_in(query)
    fits = [int(number) for number, told in _LISTED.findall(words) if asked <= names_in(told)]
    return json.dumps({"fits": fits})


def _drawn(*about: str) -> bytes:
    """Return a place in an order that is always the same and favours nothing."""
    return hashlib.sha256("\n".join(about).encode()).digest()

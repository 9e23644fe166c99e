"""SimulatedDescriber: stands in for a vision-language model whose mistakes are known, because they are dialled.

It is no model and its figures are none of a model: it knows the script of each video, and errs as often as told.
"""

import hashlib
import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from grounder.vlm import Completion, Prompt, Sampling
from grounder.vlm.scripted import ScriptedVLM, prompt_text
from scenetg.world import World
from scenetg.world.query import Query
from training.truth.clauses import LEAKS, leaks, read, say, without_leak
from training.truth.facts import facts, holds, implies
from training.truth.sight import Sight

MOST_FACTS = 6
"""Of one description."""
_LISTED = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)
_ASKED = re.compile(r'"([^"{}]+)"')
_CAPTION = re.compile(r"<<<caption\n(.*)\ncaption>>>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mistakes:
    """How often, in [0, 1], each mistake is made."""

    colour: float = 0.0
    """A description names a wrong colour."""
    omission: float = 0.0
    """A query leaves an attribute out: it may fit other places."""
    leak: float = 0.0
    """A query tells when it happens."""
    captions: float = 0.0
    """Reading captions, each one is judged the wrong way round this often."""
    looking: float = 0.0
    """So is each look."""

    @classmethod
    def all_at(cls, rate: float) -> "Mistakes":
        """Return every mistake as often as the others."""
        return cls(rate, rate, rate, rate, rate)


class SimulatedDescriber(ScriptedVLM):
    """Obeys `VLM`; the same prompt always gets the same reply."""

    def __init__(
        self, worlds: Mapping[Path, World], sight: Sight, mistakes: Mistakes, *, seed: int = 0
    ) -> None:
        """Answer about the videos of `worlds`, whose pictures `sight` has learnt."""
        rates = ",".join(f"{rate:g}" for rate in astuple(mistakes))
        # Replies are kept under the name, so it tells all that they depend on.
        super().__init__(self._answer, name=f"simulated-describer:{rates}:{seed}")
        self._worlds, self._sight = worlds, sight
        self._mistakes, self._seed = mistakes, seed

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """Answer each prompt of SceneTG, in order.

        Raises:
            ValueError: a prompt asks something that this simulator was not made for.
        """
        try:
            return super().generate(prompts, sampling)
        finally:
            self.prompts.clear()  # the pictures of thousands would fill the memory

    def _answer(self, prompt: Prompt) -> str:
        words = prompt_text(prompt)
        if "Describe what happens in this clip" in words:
            return self._describe(prompt)
        if "Write the query" in words:
            return self._phrase(words)
        if "Each numbered line describes" in words:
            return self._mark(words)
        if "Do these frames show the following" in words:
            return self._look(prompt, words)
        raise ValueError(f"The simulator was not made for this prompt: {words[:80]!r}")

    def _describe(self, prompt: Prompt) -> str:
        seen = self._sight.place(prompt)
        world = self._worlds[seen.video]
        told = facts(world, seen.times)[:MOST_FACTS]
        dice = self._dice("describe", seen.video.name, *seen.times)
        if dice.random() < self._mistakes.colour:
            told = _miscoloured(told, world, dice)
        return ". ".join(map(say, told)) + "."

    def _phrase(self, words: str) -> str:
        caption = _CAPTION.search(words)
        meaning = read(caption[1].partition(". ")[0]) if caption else None
        if meaning is None:
            raise ValueError(f"The simulator cannot read this description: {words[:200]!r}")
        if meaning.about_a_shape:
            # People remember what happened, not the wall behind it; captions tell both.
            meaning = replace(meaning, pattern=None, tint=None)
        dice = self._dice("phrase", words)
        if dice.random() < self._mistakes.omission:
            meaning = _vaguer(meaning, dice)
        query = say(meaning)
        if dice.random() < self._mistakes.leak:
            query = f"{query} {dice.choice(LEAKS)}"
        return json.dumps({"query": query, "rating": 5})

    def _mark(self, words: str) -> str:
        query = _asked(words)
        fits = []
        for number, caption in _LISTED.findall(words):
            told = [fact for part in caption.split(". ") if (fact := read(part)) is not None]
            right = any(implies(fact, query) for fact in told)
            dice = self._dice("captions", query, caption, number)
            if right != (dice.random() < self._mistakes.captions):
                fits.append(int(number))
        return json.dumps({"fits": fits})

    def _look(self, prompt: Prompt, words: str) -> str:
        seen, query = self._sight.place(prompt), _asked(words)
        right = holds(self._worlds[seen.video], query, seen.times)
        dice = self._dice("looking", query, seen.video.name, *seen.times)
        yes = right != (dice.random() < self._mistakes.looking)
        return json.dumps({"seen": "yes" if yes else "no"})

    def _dice(self, *about: object) -> random.Random:
        """Return dice that fall alike for the same matter, whatever was asked before."""
        told = repr((self._seed, *about)).encode()
        return random.Random(int.from_bytes(hashlib.sha256(told).digest()[:8], "big"))


def meaning_of(query: str) -> tuple[Query, bool]:
    """Return what a query of the simulator means, and whether it leaks its time.

    Raises:
        ValueError: it is none of the simulator's.
    """
    meaning = read(without_leak(query))
    if meaning is None:
        raise ValueError(f"{query!r} is no query of the simulator.")
    return meaning, leaks(query)


def _asked(words: str) -> Query:
    """Return the query that stands between double quotes; those of the reply's form come after it."""
    meanings = [read(text) for text in _ASKED.findall(words)]
    return next(meaning for meaning in meanings if meaning is not None)


def _miscoloured(told: Sequence[Query], world: World, dice: random.Random) -> list[Query]:
    """Return facts in which one colour is taken for another, everywhere alike."""
    named = [fact.colour for fact in told if fact.colour is not None]
    if not named:
        return list(told)
    wrong = dice.choice([colour for colour in world.level.colours if colour != named[0]])
    return [replace(fact, colour=wrong) if fact.colour == named[0] else fact for fact in told]


def _vaguer(meaning: Query, dice: random.Random) -> Query:
    """Return a meaning with one attribute less, if it has two."""
    asked = [name for name in meaning.to_meta() if name in ("colour", "shape", "action")]
    if len(asked) < 2:
        return meaning
    drop: dict[str, None] = {dice.choice(asked): None}
    return replace(meaning, **drop)

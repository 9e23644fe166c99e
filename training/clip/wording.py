"""Wording: the many ways in which a query reaches the text tower, and the words it knows."""

import random
import re

from scenetg.world.phrases import VERBS, phrase, setting, with_article
from scenetg.world.query import Query
from scenetg.world.vocabulary import COLOURS, PATTERNS, SHAPES, SIZES, TINTS
from training.clip.view import View

NOTHING = ("nothing is shown", "nothing is on screen", "an empty background")
PICTURES = ("a photo of {}.", "a picture of {}", "a frame with {}", "there is {}", "{}.")
QUESTIONS = (
    "When does {}?",
    "when {}",
    "At what time does {}?",
    "Find the moment when {}",
    "Show me the moment where {}.",
    "What happens while {}?",
)
TIMES = ("for the first time", "for the last time", "in the video")
_OTHER_WORDS = (
    "a an the and of in front on at to is are was it its this that with while when then before after "
    "appear appears appearing visible seen see show shows showing shown look looking picture photo "
    "frame video clip scene moment time something object objects background colour color coloured "
    "word number screen first second last there move moving turn spinning moved left right up down "
    "shape shapes two big small large moves"
)
_WORD = re.compile(r"[a-z]+")


def words_of(query: Query | None, view: View, dice: random.Random) -> str:
    """Return a description in words, as a user or a planner might write it."""
    if query is None:
        return _nothing(view, dice)
    text, chance = phrase(query, dice), dice.random()
    if query.about_a_shape and chance < 0.3:
        return _noun_alone(query, dice)
    if chance < 0.5:
        text = without_person(text)
    if chance > 0.85:
        text = dice.choice(QUESTIONS).format(text)
    if dice.random() < 0.05:
        text = f"{text} {dice.choice(TIMES)}"
    return text


def without_person(text: str) -> str:
    """Return a clause as it stands after `does`: `a red circle moves left` → `a red circle move left`."""
    for verbs in VERBS.values():
        for verb in verbs:
            first, _, rest = verb.partition(" ")
            text = text.replace(f" {verb}", f" {_base(first)} {rest}".rstrip())
    # A planner takes the auxiliary out of `when is a red circle on screen`.
    return re.sub(r" (?:is|are|can be|does) ", " ", text, count=1)


def vocabulary() -> tuple[str, ...]:
    """Return every word that the text tower knows, in order of the alphabet."""
    phrases = [verb for verbs in VERBS.values() for verb in verbs]
    texts = [
        *COLOURS,
        *SHAPES,
        *SIZES,
        *PATTERNS,
        *TINTS,
        *phrases,
        *(_base(verb.split()[0]) for verb in phrases),
        *NOTHING,
        *PICTURES,
        *QUESTIONS,
        *TIMES,
        "together middle touches touch comes come another",
        _OTHER_WORDS,
    ]
    return tuple(sorted({word for text in texts for word in _WORD.findall(text.lower())}))


def unknown_words(dice: random.Random) -> str:
    """Return a description of something that the world does not have, in made-up words."""
    word = "".join(dice.choice("bdfgklmnprstvz") + dice.choice("aeiou") for _ in range(3))
    return dice.choice(("{} is shown", "{}", "when does {} appear", "{} moves")).format(
        dice.choice((word, with_article(word), f"{with_article(word)} and {word}"))
    )


def _nothing(view: View, dice: random.Random) -> str:
    text = dice.choice(NOTHING)
    if text.endswith("background") or dice.random() < 0.5:
        return text
    shown = view.scene.background
    return f"{text} {setting(Query(tint=shown.tint))}"


def _noun_alone(query: Query, dice: random.Random) -> str:
    """Return `a small red square`, and what is around it."""
    text = phrase(Query(query.colour, query.shape, query.size, beside=query.beside))
    noun = text.removesuffix(" is on screen").removesuffix(" are on screen together")
    chance = dice.random()
    if chance < 0.2:
        noun = noun.split(" ", 1)[1]
    elif chance < 0.35:
        noun = f"the {noun.split(' ', 1)[1]}"
    elif chance < 0.5:
        noun = dice.choice(PICTURES).format(noun)
    return f"{noun} {setting(query)}".rstrip()


def _base(verb: str) -> str:
    if verb.endswith(("shes", "oes")):
        return verb[:-2]
    return verb.removesuffix("s")

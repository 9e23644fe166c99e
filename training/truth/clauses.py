"""Clauses: what the simulated describer can say, and how it reads its own words back into their meaning."""

import re

from scenetg.world.phrases import VERBS, phrase
from scenetg.world.query import Query
from scenetg.world.vocabulary import COLOURS, MEETS, PATTERNS, SHAPES, SIZES, TINTS

ON_SCREEN = "is on screen"
LEAKS = (
    "at the beginning of the video",
    "for the first time",
    "after the one before it",
    "about halfway through",
)
"""Ways of telling when something happens, as models do that are told not to; no rule knows the last one."""

_PLAIN = {words[0]: action for action, words in VERBS.items() if action != MEETS}
_BACKGROUND = rf"(?P<pattern>{'|'.join(PATTERNS)}) (?P<tint>{'|'.join(TINTS)})"
_SHAPE = re.compile(
    rf"an? ((?P<size>{'|'.join(SIZES)}) )?((?P<colour>{'|'.join(COLOURS)}) )?(?P<shape>{'|'.join(SHAPES)}|shape) "
    rf"(?P<doing>{ON_SCREEN}|{'|'.join(_PLAIN)})( in front of an? {_BACKGROUND} background)?"
)
_SETTING = re.compile(rf"the background is {_BACKGROUND}")


def say(meaning: Query) -> str:
    """Return a meaning in plain words."""
    return phrase(meaning)


def read(clause: str) -> Query | None:
    """Return what a clause means, a leak of its time left out; None where it is none of ours."""
    words = without_leak(" ".join(clause.split()).strip(" ."))
    if (match := _SETTING.fullmatch(words)) is not None:
        return Query(pattern=match["pattern"], tint=match["tint"])
    if (match := _SHAPE.fullmatch(words)) is None:
        return None
    return Query(
        colour=match["colour"],
        shape=None if match["shape"] == "shape" else match["shape"],
        size=match["size"],
        action=_PLAIN.get(match["doing"]),
        pattern=match["pattern"],
        tint=match["tint"],
    )


def leaks(text: str) -> bool:
    """Tell whether a query says when."""
    return any(leak in text for leak in LEAKS)


def without_leak(text: str) -> str:
    """Return a query without the words that say when."""
    for leak in LEAKS:
        text = text.replace(leak, "")
    return " ".join(text.split())

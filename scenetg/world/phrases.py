"""Phrases: a query in words; the first wording of each is the plain one."""

import random

from scenetg.world.query import Query
from scenetg.world.script import Thing

VERBS: dict[str, tuple[str, ...]] = {
    "stays still": ("stays still", "does not move or change", "rests"),
    "spins": ("spins", "turns around itself", "rotates"),
    "blinks": ("blinks", "flashes", "flickers"),
    "grows": ("grows", "becomes larger", "gets bigger"),
    "shrinks": ("shrinks", "becomes smaller", "dwindles"),
    "shakes": ("shakes", "trembles from side to side", "jitters"),
    "moves left": ("moves left", "goes to the left", "travels leftwards"),
    "moves right": ("moves right", "goes to the right", "travels rightwards"),
    "moves up": ("moves up", "goes upwards", "rises"),
    "moves down": ("moves down", "goes downwards", "sinks"),
    "enters from the left": ("enters from the left", "comes in on the left side"),
    "enters from the right": ("enters from the right", "comes in on the right side"),
    "enters from the top": ("enters from the top", "comes in from above"),
    "enters from the bottom": ("enters from the bottom", "comes in from below"),
    "leaves to the left": ("leaves to the left", "goes off on the left side"),
    "leaves to the right": ("leaves to the right", "goes off on the right side"),
    "leaves to the top": ("leaves to the top", "goes off upwards"),
    "leaves to the bottom": ("leaves to the bottom", "goes off downwards"),
    "meets": ("goes to another shape and touches it", "comes up to another shape"),
}
"""What each action is called, in the third person."""

_ON_SCREEN = ("is on screen", "is shown", "can be seen")
_PLACES = {"left": "on the left", "middle": "in the middle", "right": "on the right"}


def phrase(query: Query, dice: random.Random | None = None) -> str:
    """Return a query as a sentence without a full stop; `dice` varies the words, None is plain."""
    return " ".join(part for part in (_clause(query, dice), _order(query, dice)) if part)


def noun(colour: str | None, shape: str | None, size: str | None = None) -> str:
    """Return what a shape is called: `small red square`, `red shape`, `square`."""
    return " ".join(word for word in (size, colour, shape or "shape") if word)


def with_article(words: str) -> str:
    """Put `a` or `an` before a noun."""
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def named(thing: Thing) -> str:
    """Return a shape with its article, without its size."""
    return with_article(noun(thing.colour, thing.shape))


def lettering(text: str) -> str:
    """Return what a text on screen is called: `the word SUN`, `the number 42`."""
    return f"the {'number' if text.isdigit() else 'word'} {text}"


def setting(query: Query) -> str:
    """Return the background and the lettering that a query asks for, as what follows a clause."""
    parts = []
    if query.pattern or query.tint:
        words = " ".join(word for word in (query.pattern, query.tint) if word)
        parts.append(f"in front of {with_article(words)} background")
    if query.text:
        parts.append(f"while {lettering(query.text)} is on screen")
    return " ".join(parts)


def _clause(query: Query, dice: random.Random | None) -> str:
    if not query.about_a_shape:
        return _scene_clause(query, dice)
    subject = with_article(noun(query.colour, query.shape, query.size))
    return " ".join(part for part in (subject, _doing(query, dice), setting(query)) if part)


def _doing(query: Query, dice: random.Random | None) -> str:
    if query.beside is not None:
        return f"and {named(query.beside)} are on screen together"
    if query.partner is not None:
        verbs: tuple[str, ...] = (
            f"goes to {named(query.partner)} and touches it",
            f"comes up to {named(query.partner)}",
        )
    else:
        verbs = VERBS[query.action] if query.action else _ON_SCREEN
    where = _PLACES[query.place] if query.place else ""
    return f"{_one_of(verbs, dice)} {where}".rstrip()


def _scene_clause(query: Query, dice: random.Random | None) -> str:
    if query.text:
        clause = f"{lettering(query.text)} {_one_of(_ON_SCREEN, dice)}"
        return " ".join(
            part
            for part in (clause, setting(Query(pattern=query.pattern, tint=query.tint)))
            if part
        )
    words = " ".join(word for word in (query.pattern, query.tint) if word)
    return _one_of(
        (f"the background is {words}", f"there is {with_article(words)} background"), dice
    )


def _order(query: Query, dice: random.Random | None) -> str:
    if query.order is None:
        return ""
    if query.order.anchor is None:
        return f"for the {query.order.which} time"
    anchor = phrase(query.order.anchor, dice)
    if query.order.which == "after":
        return f"for the first time after this: {anchor}"
    return f"for the last time before this: {anchor}"


def _one_of(wordings: tuple[str, ...], dice: random.Random | None) -> str:
    return wordings[0] if dice is None else dice.choice(wordings)

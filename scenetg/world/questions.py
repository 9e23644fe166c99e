"""Questions with options, an answer, and the spans in which alone it can be seen."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from grounder.span import Span
from scenetg.world.motion import actions_of
from scenetg.world.phrases import VERBS, lettering, noun, phrase, setting
from scenetg.world.queries import TRIES, Moment, action, look, moments_of, propose
from scenetg.world.query import Query
from scenetg.world.script import Actor, Phase, Scene, World
from scenetg.world.truth import phase_fits, setting_fits, spans_of, thing_fits
from scenetg.world.vocabulary import MEETS, NUMBERS, WORDS

OPTIONS = 4
"""How many answers are offered, the right one among them."""
MOST_SPANS = 3
"""Evidence that is more scattered makes no question."""


@dataclass(frozen=True, slots=True)
class Question:
    """A multiple-choice question whose answer follows from the evidence and from nothing else."""

    kind: str
    text: str
    options: tuple[str, ...]
    answer: str
    query: Query
    """What to look for in order to answer."""
    spans: tuple[Span, ...]
    """Evidence: everywhere that the query is true."""
    second: Query | None = None
    """The other thing to look for, when two are compared."""


def ask(
    world: World, count: int, dice: random.Random, *, kinds: Sequence[str] | None = None
) -> list[Question]:
    """Return up to `count` different questions, kinds in turn at random."""
    found: dict[tuple[str, Query, Query | None], Question] = {}
    moments = moments_of(world)
    for _ in range(count * TRIES if moments else 0):
        if len(found) == count:
            break
        kind = dice.choice(kinds or USUAL)
        question = QUESTIONS[kind](world, dice.choice(moments), dice)
        if question is not None and 0 < len(question.spans) <= MOST_SPANS + 1:
            found.setdefault((kind, question.query, question.second), question)
    return list(found.values())


def matches(world: World, query: Query) -> Iterable[tuple[Scene, Actor, Phase]]:
    """Yield every phase that fits a query, its lettering included, wherever it is."""
    for scene in world.scenes:
        if not setting_fits(query, scene):
            continue
        times = [shown.span for shown in scene.letterings if shown.text == query.text]
        for actor in scene.actors:
            for phase in actor.phases:
                seen = query.text is None or any(phase.span.overlap(span) > 0 for span in times)
                if (
                    seen
                    and thing_fits(query, actor.thing)
                    and phase_fits(query, phase, world.aspect)
                ):
                    yield scene, actor, phase


def colour(world: World, moment: Moment, dice: random.Random) -> Question | None:
    """What colour is the square that spins in front of a grey background?"""
    return _colour("colour", _described(world, moment, dice, without="colour"), world, dice)


def bare_colour(world: World, moment: Moment, dice: random.Random) -> Question | None:
    """What colour is the square that spins?"""
    return _colour("bare colour", _without("colour", world, moment, dice), world, dice)


def _colour(kind: str, query: Query | None, world: World, dice: random.Random) -> Question | None:
    values = {actor.thing.colour for _, actor, _ in matches(world, query)} if query else set()
    if query is None or len(values) != 1:
        return None
    text = f"What colour is the {noun(None, query.shape)} that {_predicate(query)}?"
    return _question(kind, text, values.pop(), world.level.colours, query, world, dice)


def shape(world: World, moment: Moment, dice: random.Random) -> Question | None:
    """What is the red shape that spins in front of a grey background?"""
    return _shape("shape", _described(world, moment, dice, without="shape"), world, dice)


def bare_shape(world: World, moment: Moment, dice: random.Random) -> Question | None:
    """What is the red shape that spins?"""
    return _shape("bare shape", _without("shape", world, moment, dice), world, dice)


def _shape(kind: str, query: Query | None, world: World, dice: random.Random) -> Question | None:
    values = {actor.thing.shape for _, actor, _ in matches(world, query)} if query else set()
    if query is None or len(values) != 1:
        return None
    text = f"What is the {query.colour} shape that {_predicate(query)}?"
    return _question(kind, text, values.pop(), world.level.shapes, query, world, dice)


def doing(world: World, moment: Moment, dice: random.Random) -> Question | None:
    """What does the red square do while the word SUN is on screen?"""
    query = look(world, moment, dice)
    if query is None or moment.phase.action == MEETS:
        return None
    return _doing("action", _with_setting(query, world, moment, dice), world, dice)


def bare_doing(world: World, moment: Moment, dice: random.Random) -> Question | None:
    """What does the red square do?"""
    query = look(world, moment, dice)
    if query is None or moment.phase.action == MEETS:
        return None
    return _doing("bare action", query, world, dice)


def _doing(kind: str, query: Query, world: World, dice: random.Random) -> Question | None:
    phases = [phase for _, _, phase in matches(world, query)]
    if len({phase.action for phase in phases}) != 1:
        return None
    true_of_it = actions_of(phases[0])
    others = [VERBS[name][0] for name in world.level.actions if name not in true_of_it | {MEETS}]
    answer = VERBS[phases[0].action][0]
    text = f"What does the {noun(query.colour, query.shape)} do{_after(setting(query))}?"
    return _question(kind, text, answer, others, query, world, dice)


def text_shown(world: World, moment: Moment, dice: random.Random) -> Question | None:
    """Which word is on screen while the red square spins?"""
    query = action(world, moment, dice)
    if query is None or not moment.scene.letterings:
        return None
    spans = spans_of(world, query)
    texts = {
        shown.text
        for scene in world.scenes
        for shown in scene.letterings
        if any(shown.span.overlap(span) > 0 for span in spans)
    }
    if len(texts) != 1:
        return None
    answer = texts.pop()
    kind, pool = ("number", NUMBERS) if answer.isdigit() else ("word", WORDS)
    wording = f"Which {kind} is on screen while {phrase(query)}?"
    return _question("lettering", wording, answer, pool, query, world, dice)


def tint(world: World, moment: Moment, dice: random.Random) -> Question | None:
    """What colour is the background while a red square spins?"""
    query = action(world, moment, dice)
    values = {scene.background.tint for scene, _, _ in matches(world, query)} if query else set()
    if query is None or len(values) != 1:
        return None
    text = f"What colour is the background while {phrase(query)}?"
    return _question("background", text, values.pop(), world.level.tints, query, world, dice)


def count_shapes(world: World, moment: Moment, dice: random.Random) -> Question | None:
    """How many shapes are on screen while the word SUN is there?"""
    if not moment.scene.letterings:
        return None
    query = Query(text=dice.choice(moment.scene.letterings).text)
    spans = spans_of(world, query)
    counts = {number for span in spans for number in _numbers_of_shapes(world, span)}
    if len(counts) != 1:
        return None
    answer = str(counts.pop())
    wording = f"How many shapes are on screen while {lettering(query.text or '')} is there?"
    options = tuple(map(str, range(OPTIONS + 1)))
    return _question("count", wording, answer, options, query, world, dice)


def times_seen(world: World, moment: Moment, dice: random.Random) -> Question | None:
    """How many times is it seen that a red square spins?"""
    query = dice.choice((look, action))(world, moment, dice)
    if query is None:
        return None
    answer = str(len(spans_of(world, query)))
    if answer == "1" and dice.random() < 0.7:  # or "1" would be a good guess
        return None
    wording = f"How many separate times is it seen that {phrase(query)}?"
    options = tuple(map(str, range(1, OPTIONS + 2)))
    return _question("times", wording, answer, options, query, world, dice)


def which_first(world: World, moment: Moment, dice: random.Random) -> Question | None:
    """Which comes first?"""
    pair = propose(world, 2, dice, kinds=("look", "action", "lettering"), most_spans=1)
    if len(pair) < 2 or pair[0].spans[0].overlap(pair[1].spans[0]) > 0:
        return None
    one, two = pair
    earlier = min(pair, key=lambda proposal: proposal.spans[0])
    options = (phrase(one.query), phrase(two.query))
    return Question(
        "order",
        f"Which comes first: {options[0]}, or {options[1]}?",
        options,
        phrase(earlier.query),
        one.query,
        tuple(sorted((*one.spans, *two.spans))),
        second=two.query,
    )


QUESTIONS: dict[str, Callable[[World, Moment, random.Random], Question | None]] = {
    "colour": colour,
    "shape": shape,
    "action": doing,
    "lettering": text_shown,
    "background": tint,
    "count": count_shapes,
    "times": times_seen,
    "order": which_first,
    "bare colour": bare_colour,
    "bare shape": bare_shape,
    "bare action": bare_doing,
}
"""What can be asked; a kind gives None where a moment allows no question with one sure answer."""

BARE = ("bare colour", "bare shape", "bare action")
"""About one shape and nothing around it: all that a model needs to see."""
USUAL = tuple(kind for kind in QUESTIONS if kind not in BARE)


def _without(name: str, world: World, moment: Moment, dice: random.Random) -> Query | None:
    query = action(world, moment, dice)
    return query and replace(query, **{name: None})


def _described(world: World, moment: Moment, dice: random.Random, *, without: str) -> Query | None:
    query = _without(without, world, moment, dice)
    if query is None:
        return None
    return _with_setting(query, world, moment, dice) if dice.random() < 0.5 else query


def _with_setting(query: Query, world: World, moment: Moment, dice: random.Random) -> Query:
    """Add the lettering or the background of a moment to what is asked."""
    here = [
        shown.text for shown in moment.scene.letterings if shown.span.overlap(moment.phase.span)
    ]
    if here and dice.random() < 0.5:
        return replace(query, text=here[0])
    shown = moment.scene.background
    pattern = shown.pattern if len(world.level.patterns) > 1 else None
    return replace(query, pattern=pattern, tint=shown.tint)


def _predicate(query: Query) -> str:
    return f"{VERBS[query.action or ''][0]}{_after(setting(query))}"


def _after(words: str) -> str:
    return f" {words}" if words else ""


def _numbers_of_shapes(world: World, span: Span) -> set[int]:
    """Return every number of shapes that are on screen at once during a span."""
    actors = [actor.span for scene in world.scenes for actor in scene.actors]
    edges = {span.start, *(edge for one in actors for edge in (one.start, one.end))}
    return {sum(one.contains(time) for one in actors) for time in edges if span.contains(time)}


def _question(
    kind: str,
    text: str,
    answer: str,
    pool: Iterable[str],
    query: Query,
    world: World,
    dice: random.Random,
) -> Question | None:
    wrong = [option for option in pool if option != answer]
    if not wrong:
        return None
    options = [answer, *_distractors(wrong, world, dice)]
    dice.shuffle(options)
    spans = spans_of(world, query)
    if len(spans) > OPTIONS:
        return None
    return Question(kind, text, tuple(options), answer, query, tuple(spans))


def _distractors(wrong: Sequence[str], world: World, dice: random.Random) -> list[str]:
    """Take wrong options, most of them seen elsewhere in the video: having seen them is no answer."""
    shown = {shown.text for scene in world.scenes for shown in scene.letterings}
    for scene in world.scenes:
        shown.add(scene.background.tint)
        for actor in scene.actors:
            shown |= {actor.thing.colour, actor.thing.shape}
            shown |= {VERBS[phase.action][0] for phase in actor.phases}
    seen = [option for option in wrong if option in shown]
    chosen = dice.sample(seen, min(OPTIONS - 2, len(seen)))
    others = [option for option in wrong if option not in chosen]
    return chosen + dice.sample(others, min(OPTIONS - 1 - len(chosen), len(others)))

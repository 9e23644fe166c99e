"""Captions: everything on screen at a moment in one sentence, and the stretches it stays true for."""

import itertools

from grounder.span import Span
from scenetg.world.phrases import VERBS, lettering, named, noun, setting, with_article
from scenetg.world.query import Query
from scenetg.world.script import Actor, Phase, Scene, World
from scenetg.world.vocabulary import MEETS


def caption_at(world: World, time: float) -> str:
    """Return what is on screen at `time`: `a red square spins and a blue circle stays still`."""
    scene = world.scenes[world.scene_number(time)]
    doing = [
        _doing(actor, phase)
        for actor in scene.actors
        for phase in actor.phases
        if phase.span.contains(time)
    ]
    shown = [lettering(text.text) for text in scene.letterings if text.span.contains(time)]
    clauses = [" and ".join(doing) or "nothing is shown"]
    if len(world.level.patterns) > 1:
        background = Query(pattern=scene.background.pattern, tint=scene.background.tint)
        clauses.append(setting(background))
    if shown:
        clauses.append(f"with {shown[0]} on screen")
    return " ".join(clauses)


def stretches(scene: Scene) -> list[Span]:
    """Return the parts of a scene inside which nothing begins or ends."""
    edges = {scene.span.start, scene.span.end}
    for span in (
        *(phase.span for actor in scene.actors for phase in actor.phases),
        *(shown.span for shown in scene.letterings),
    ):
        edges |= {span.start, span.end}
    return [Span(start, end) for start, end in itertools.pairwise(sorted(edges))]


def _doing(actor: Actor, phase: Phase) -> str:
    subject = with_article(noun(actor.thing.colour, actor.thing.shape, actor.thing.size))
    if phase.action == MEETS and phase.partner is not None:
        return f"{subject} goes to {named(phase.partner)}"
    return f"{subject} {VERBS[phase.action][0]}"

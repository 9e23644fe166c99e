"""What the nano agent is asked about a rendered world, and the checks: only they know the script of it."""

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grounder.span import Span
from training.metrics import best_iou

if TYPE_CHECKING:
    from agent import Answer
    from scenetg.world import World

NEEDED_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and what the video holds about it."""

    text: str
    truth: tuple[Span, ...]
    """Where it is seen; nothing: `not_found` is right."""
    says: str = ""
    """The answer; empty where moments alone are asked for."""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer beside the truth."""

    asked: Asked
    answer: "Answer"
    iou: float | None
    """Of the best evidence with the truth; None when nothing was to be found."""
    right: bool


def questions(world: "World") -> list[Asked]:
    """Return what is asked about a world: moments, multiple choice, and what is not there."""
    from scenetg.world import Wanted, rows
    from scenetg.world.questions import BARE

    wanted = Wanted(ground=2, refuse=1, caption=0, verify=0, qa=9, shots=False)
    made = rows(
        world,
        "",
        wanted=wanted,
        kinds=("action",),
        questions=("bare action", "bare action", *BARE),
        most_spans=1,
        varied=False,
    )
    moments = [Asked(row.query, row.spans) for row in made if row.task == "ground"]
    inquired = [row for row in made if row.task == "qa" and len(row.spans) == 1]
    chosen = [
        Asked(row.question or "", row.spans, row.answer or "", row.options) for row in inquired
    ]
    return [*moments, *chosen[:2], *_absent(world)]


def check(asked: Asked, answer: "Answer") -> Checked:
    """Compare one answer with the truth: the words of a question, the place of a moment, or that there is none."""
    if not asked.truth:
        return Checked(asked, answer, None, answer.status == "not_found")
    iou = best_iou(answer.evidence[0].span if answer.evidence else None, asked.truth)
    said = answer.option.text if answer.option else answer.text
    right = iou >= NEEDED_IOU if not asked.says else said == asked.says
    return Checked(asked, answer, iou, right)


def _absent(world: "World") -> list[Asked]:
    """Return a question about what is never seen, where there is such a thing."""
    from scenetg.world.phrases import VERBS, noun
    from scenetg.world.queries import refusals

    asked = []
    for never in refusals(world, 1, random.Random(world.seed), kinds=("look", "vague action")):
        query, thing = never.query, noun(never.query.colour, never.query.shape)
        if query.action is None:
            asked.append(Asked(f"What does the {thing} do?", ()))
        elif query.colour is None:
            asked.append(Asked(f"What colour is the {thing} that {VERBS[query.action][0]}?", ()))
        else:
            asked.append(Asked(f"What is the {thing} that {VERBS[query.action][0]}?", ()))
    return asked

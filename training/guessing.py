"""How many groups of replies teach nothing while a model still guesses: the rewards' first hurdle in long videos.

    python -m training.guessing

GRPO learns from how the replies to one prompt differ in what they earn; a group that earns all alike is dead. The more
of a video is not the moment, the more groups of guesses have an IoU of 0 throughout.
"""

import random
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from grounder.cli.main import run
from grounder.reply import Reply
from grounder.span import Span
from training.rewards.moment import boundary, cendist, diou, giou, iou, timestamp_iou
from training.rewards.reward import Truth

VIDEOS = ((30, 8), (150, 20), (360, 6), (600, 20), (1800, 30), (3600, 30))
"""Seconds of a video, and of the moment in it."""

Score = Callable[[Reply, Truth], float | None]


def _with_cendist(reply: Reply, truth: Truth) -> float:
    return (iou(reply, truth) or 0.0) + 0.2 * (cendist(reply, truth) or 0.0)


SCORES: dict[str, Score] = {
    "iou": iou,
    "timestamp_iou": timestamp_iou,
    "iou + 0.2 cendist": _with_cendist,
    "boundary": boundary,
    "giou": giou,
    "diou": diou,
}


def main(
    groups: Annotated[int, typer.Option("--groups", min=1, help="Groups of each kind.")] = 2000,
    size: Annotated[int, typer.Option("--size", min=2, help="Replies in a group.")] = 8,
    seed: Annotated[int, typer.Option("--seed", help="Of the dice.")] = 0,
) -> None:
    """Print, per reward and length, the percent of groups of guesses that all earn the same."""
    typer.echo(f"| video, moment | {' | '.join(SCORES)} |\n|---|{'---|' * len(SCORES)}")
    for seconds, moment in VIDEOS:
        dead = dead_groups(seconds, moment, groups=groups, size=size, seed=seed)
        cells = " | ".join(f"{100 * dead[name]:.1f}" for name in SCORES)
        typer.echo(f"| {seconds:,} s, {moment} s | {cells} |")


def dead_groups(
    seconds: float, moment: float, *, groups: int, size: int, seed: int
) -> dict[str, float]:
    """Return, per reward, the share of groups, in [0, 1], whose guesses all earn the same.

    Args:
        seconds: length of the video.
        moment: length of the true moment, which lies anywhere in it.
        groups: how many groups are tried.
        size: guesses in a group; each is as long as the moment, and lies anywhere.
        seed: of the dice.
    """
    dice = random.Random(seed)
    dead = dict.fromkeys(SCORES, 0)
    for _ in range(groups):
        truth = Truth((_anywhere(seconds, moment, dice),), Span(0, seconds))
        replies = [_guess(truth, dice) for _ in range(size)]
        for name, score in SCORES.items():
            dead[name] += _alike([score(reply, truth) for reply in replies])
    return {name: count / groups for name, count in dead.items()}


def _guess(truth: Truth, dice: random.Random) -> Reply:
    """Return a moment of the right length anywhere: how long moments are is learnt before where they are."""
    span = _anywhere(truth.within.duration, truth.spans[0].duration, dice)
    return Reply("", "ok", (span,), confidences=(None,))


def _anywhere(seconds: float, moment: float, dice: random.Random) -> Span:
    start = dice.uniform(0, seconds - moment)
    return Span(start, start + moment)


def _alike(earned: Sequence[float | None]) -> bool:
    return len(set(earned)) == 1


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(_app, sys.argv[1:], name="python -m training.guessing")

"""Teaches a checkpoint of the nano CLIP how sure it may be: writes `whenwhat.toml` beside its weights.

    whenwhat world FOLDER --split validation --level nano --size 96x96 --length 180 --count 12
    python -m training.clip.calibrate training/nano/clip FOLDER

Present and absent queries weigh the same; of the absent ones those that miss by one attribute and
those for unknown things weigh the same. What the constants mean: `grounder/search/confidence.toml`.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from grounder.cli.console import print_note, progress_bar
from grounder.cli.main import run
from grounder.cli.options import LibraryOption
from grounder.encoders.companion import FILE
from grounder.search.confidence import logistic
from grounder.span import Span
from grounder.writing import replacing
from scenetg.world.vocabulary import COLOURS, SHAPES
from training.clip.asking import Asked, K, ask, queries

PROMPT = "a {}"
LIMITS = "{ present = 0.5, sure = 0.8, found = 0.1 }"
RIDGE = 1e-2
"""Keeps slopes finite where both kinds are told apart without an error."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """The constants of one encoder."""

    presence: tuple[float, float]
    place: tuple[float, float]
    decay: float


def main(
    checkpoint: Annotated[Path, typer.Argument(help="Folder of the weights.")],
    folder: Annotated[Path, typer.Argument(help="Validation videos of `whenwhat world`.")],
    library: LibraryOption = None,
    count: Annotated[int, typer.Option("--count", min=1, help="Queries of each sort.")] = 12,
) -> None:
    """Fit the chances of a checkpoint on rendered validation videos."""
    from grounder.encoders import load_encoder
    from grounder.library import Library

    encoder = load_encoder(f"open_clip:local-dir:{checkpoint}")
    rows = queries(folder, "validation", count=count)
    with (
        Library.open(library) as shelf,
        progress_bar("asking", total=len(rows), unit="queries") as update,
    ):
        fitted = fit(list(ask(rows, encoder, shelf, progress=update)))
    with replacing(checkpoint / FILE) as part:
        part.write_text(companion(fitted), encoding="utf-8")
    print_note(f"{checkpoint / FILE}: {fitted}")


def fit(asked: Sequence[Asked]) -> Fit:
    """Return the constants that fit what was asked, absent queries included."""
    present = np.array([not one.row.absent for one in asked])
    found = [one for one in asked if not one.row.absent]
    hits = np.array([[is_right(one, rank) for rank in range(K)] for one in found], np.float64)
    return Fit(
        fit_logistic(np.array([one.cosine for one in asked]), present, _weights(asked)),
        fit_logistic(np.array([one.margin for one in found]), hits[:, 0] > 0, np.ones(len(found))),
        _decay(hits.mean(axis=0)),
    )


def companion(fitted: Fit) -> str:
    """Return the file that lies beside the weights."""
    names = [f"{colour} {shape}" for colour in COLOURS for shape in SHAPES]
    presence, place = (
        [round(value, 3) for value in row] for row in (fitted.presence, fitted.place)
    )
    return (
        f"# Made by `python -m training.clip.calibrate`, see there.\nprompt = {json.dumps(PROMPT)}\n"
        f"names = {json.dumps(names, indent=2)}\n\n[confidence]\nfitted = true\n"
        f"presence = {presence}\nplace = {place}\n"
        f"decay = {fitted.decay:.3f}\nlimits = {LIMITS}\n"
    )


def fit_logistic(values: Array, labels: NDArray[np.bool_], weights: Array) -> tuple[float, float]:
    """Return intercept and slope by Newton's method.

    The targets are not 0 and 1 but what one more case of each kind would make of them (Platt 1999,
    section 2.2), so that no chance is certain.
    """
    yes, no = labels.sum(), (~labels).sum()
    targets = np.where(labels, (yes + 1) / (yes + 2), 1 / (no + 2))
    centre, spread = values.mean(), max(values.std(), 1e-6)
    design = np.c_[np.ones(len(values)), (values - centre) / spread]
    theta, ridge = np.zeros(2), np.diag([RIDGE, RIDGE])
    for _ in range(100):
        chance = logistic(design @ theta)
        slope = design.T @ (weights * (chance - targets)) + ridge @ theta
        curvature = (design * (weights * chance * (1 - chance))[:, None]).T @ design + ridge
        theta -= np.clip(np.linalg.solve(curvature, slope), -2, 2)
    return float(theta[0] - theta[1] * centre / spread), float(theta[1] / spread)


def is_right(one: Asked, rank: int) -> bool:
    """Tell whether a window and a true moment share at least half of the shorter one."""
    if rank >= len(one.windows):
        return False
    window: Span = one.windows[rank]
    return any(
        window.overlap(true) >= 0.5 * min(window.duration, true.duration) for true in one.row.spans
    )


def _weights(asked: Sequence[Asked]) -> Array:
    """Return half of all weight for the present queries, the rest shared by both sorts of absent ones."""
    sorts = np.array(["present" if not one.row.absent else one.kind.split()[0] for one in asked])
    _, rows, counts = np.unique(sorts, return_inverse=True, return_counts=True)
    share = np.where(sorts == "present", 0.5, 0.5 / max(1, len(counts) - 1))
    return np.asarray(share / counts[rows] * len(sorts))


def _decay(rates: Array) -> float:
    """Return the ratio of each window's chance to the one before it (log-linear fit)."""
    steps = np.arange(len(rates))
    slope, _ = np.polyfit(steps, np.log(np.maximum(rates, 1e-3)), 1, w=np.sqrt(rates) + 1e-3)
    return float(min(np.exp(slope), 0.99))


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(_app, sys.argv[1:], name="python -m training.clip.calibrate")

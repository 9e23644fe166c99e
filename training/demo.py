"""`whenwhat demo`: a rendered film, four questions to the real agent, and its answers against the truth.

Nothing is prepared: the film is drawn, encoded, indexed and asked like any other video, without a
vision-language model or a model hub. Only the checks know what was drawn and said where.
"""

import tempfile
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grounder.cli.console import EXIT_ERROR, print_json, print_note, stdout
from grounder.cli.options import JsonOption
from grounder.span import Span
from grounder.timetext import clock_range
from training.metrics import best_iou

if TYPE_CHECKING:
    from agent import Answer
    from scenetg.film.render import Film

NEEDED_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and what the film holds about it."""

    question: str
    shot: int | None
    """Number of the shot that shows or says it; None: nothing does, `not_found` is right."""
    says: str = ""
    """A word the answer must hold."""
    options: tuple[str, ...] = ()


QUESTIONS = (
    Asked("How much does the ferry cost?", 4, says="twelve"),
    Asked("When is an umbrella shown?", 5),
    Asked(
        "What is shown while a grandmother talks about the market?",
        7,
        says="honeycomb",
        options=("a traffic light", "a honeycomb", "an umbrella"),
    ),
    Asked("When does an elephant appear?", None),
)


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer beside the truth."""

    asked: Asked
    answer: "Answer"
    truth: Span | None
    iou: float | None
    """Of the best evidence with the truth; None when nothing was to be found."""
    right: bool


def demo(
    folder: Annotated[
        Path | None,
        typer.Option("--folder", file_okay=False, help="Keep the film and its index here."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Render a small captioned film, ask it four questions and check the answers. No download."""
    with nullcontext(folder) if folder else tempfile.TemporaryDirectory() as place:
        home = Path(place)
        home.mkdir(parents=True, exist_ok=True)
        checked = play(home, quiet=as_json)
    if as_json:
        print_json(document(checked))
    right = sum(row.right for row in checked)
    print_note(f"{right} of {len(checked)} answers are right.")
    if right < len(checked):
        raise typer.Exit(EXIT_ERROR)


def play(home: Path, *, quiet: bool) -> list[Checked]:
    """Render, index and ask; everything is written into `home`, and told on stdout unless quiet."""
    from agent import ask, open_context
    from agent.terminal import TerminalWatcher, print_answer
    from grounder.cli.index import Bars

    film = render(home / "film.mp4")
    seconds = film.spans[-1].end
    print_note(
        f"Rendered {film.path.name}: {len(film.shots)} shots, {seconds:.0f} s, and {film.subtitles.name}."
    )
    with (
        Bars(film.path) as bars,
        open_context(
            film.path, library=home / "library", encoder="conse", keep=False, progress=bars.show
        ) as context,
    ):
        checked = []
        for asked in QUESTIONS:
            print_note(f"\nQ: {asked.question}")
            with TerminalWatcher() as watcher:
                answer = ask(asked.question, context, options=asked.options, watcher=watcher)
            checked.append(check(asked, film, answer))
            if not quiet:
                print_answer(answer)
                print_check(checked[-1])
        return checked


def render(path: Path) -> "Film":
    """Render the demo's film: drawings and discs, with a line of dialogue here and there."""
    from scenetg.film.render import Shot, render_film

    shots = (
        Shot(4),
        Shot(7, "wall clock", "We should have left an hour ago."),
        Shot(4),
        Shot(6, "traffic light", "Turn left after the bakery, then straight on."),
        Shot(6, None, "The harbour opens at dawn, and the ferry costs twelve euros."),
        Shot(7, "umbrella", "They promised sunshine for the whole week."),
        Shot(4),
        Shot(7, "honeycomb", "My grandmother sells her jars at the market on Saturdays."),
        Shot(6, "crossword puzzle", "Seven letters, a river in France."),
        Shot(4),
        Shot(6, "spider web"),
        Shot(7, "balloon", "The view from up here is worth every penny."),
        Shot(4),
    )
    return render_film(shots, path, seed=1)


def check(asked: Asked, film: "Film", answer: "Answer") -> Checked:
    """Compare one answer with what was rendered."""
    truth = None if asked.shot is None else film.spans[asked.shot]
    if truth is None:
        iou, right = None, answer.status == "not_found"
    else:
        iou = best_iou(answer.evidence[0].span if answer.evidence else None, [truth])
        words = f"{answer.text} {answer.option.text if answer.option else ''}".lower()
        right = iou >= NEEDED_IOU and asked.says in words
    return Checked(asked, answer, truth, iou, right)


def print_check(row: Checked) -> None:
    """Print the truth, and whether the answer agrees with it."""
    told = "nothing of the kind is in the film"
    if row.truth is not None:
        told = f"it is at {clock_range(row.truth)}, IoU {row.iou:.2f}"
    verdict, style = ("right", "green") if row.right else ("WRONG", "red")
    stdout().print(f"   {verdict}: {told}", style=style)


def document(checked: list[Checked]) -> dict[str, object]:
    """Return the answers and their checks as JSON values."""
    rows = [
        {
            "right": row.right,
            "iou": row.iou,
            "truth": row.truth and [row.truth.start, row.truth.end],
            "answer": row.answer.document(),
        }
        for row in checked
    ]
    return {"status": "ok" if all(row.right for row in checked) else "error", "checks": rows}

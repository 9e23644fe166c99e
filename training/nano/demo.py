"""The agent with the nano models on a rendered video: its answers against the truth.

    python -m training.nano.demo runs/study/models/cendist-0.2-seed0

The video is drawn, encoded, indexed and asked like any other. Only the questions and their checks come from the
script of the world, which the agent never sees.
"""

import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grounder.cli.console import print_json, print_note, progress_bar, stdout, stoppable
from grounder.cli.main import run
from grounder.cli.options import JsonOption
from grounder.errors import SpecError
from grounder.span import Span
from grounder.timetext import clock_range
from training.metrics import best_iou

if TYPE_CHECKING:
    from rich.table import Table

    from agent import Answer, Context
    from grounder.vlm import VLM
    from scenetg.world import World

SIDE, RATE = 64, 4
"""Pixels and frames per second: as the nano models saw it."""
WINDOW, LOOKS, FRAMES, SPACING = 30.0, 12, 8, 1.0
"""Seconds of one look, looks at most, pictures of an answer and seconds between them: what the nano models were taught."""
NEEDED_IOU = 0.5
ENCODER = f"open_clip:local-dir:{Path(__file__).parent / 'clip'}"


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


def main(
    grounder: Annotated[Path, typer.Argument(help="Folder of the weights that localise.")],
    answerer: Annotated[
        Path | None,
        typer.Option("--answerer", help="Folder of the weights that plan, verify and answer."),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", file_okay=False, help="Keep the video and its index here."),
    ] = None,
    length: Annotated[float, typer.Option("--length", min=60, help="Seconds of video.")] = 600.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another video.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Render a video, ask the agent about it and check its answers; needs no network."""
    spec = _spec(grounder)
    vlm = _spec(answerer) if answerer else None
    with stoppable(), nullcontext(folder) if folder else tempfile.TemporaryDirectory() as place:
        home = Path(place)
        home.mkdir(parents=True, exist_ok=True)
        world = _world(seed, length)
        with opened(home, world, grounder=spec, vlm=vlm) as context:
            checked = play(world, context)
    if as_json:
        print_json(document(checked))
        return
    stdout().print(_table(checked))
    right = sum(row.right for row in checked)
    stdout().print(f"{right} of {len(checked)} are right. {_told(checked)}")


@contextmanager
def opened(
    home: Path, world: "World", *, grounder: "str | VLM", vlm: "str | VLM | None" = None
) -> "Iterator[Context]":
    """Render a world into `home`, index it with the nano CLIP and open it for questions."""
    from agent import Budget, open_context
    from grounder.cli.index import Bars
    from grounder.video import Size
    from scenetg.world.encode import write_video

    path, total = home / "world.mp4", round(world.duration * RATE)
    with progress_bar("rendering", total=total, unit="frames") as update:
        write_video(world, path, size=Size(SIDE, SIDE), rate=RATE, progress=update)
    budget = Budget(
        looks=LOOKS,
        answer_frames=FRAMES,
        verify_frames=FRAMES,
        window=WINDOW,
        spacing=SPACING,
    )
    with (
        Bars(path) as bars,
        open_context(
            path,
            library=home / "library",
            encoder=ENCODER,
            grounder=grounder,
            vlm=vlm,
            budget=budget,
            keep=False,
            progress=bars.show,
        ) as context,
    ):
        yield context


def play(world: "World", context: "Context") -> list[Checked]:
    """Ask everything, and tell each step on stderr."""
    from agent import ask, find
    from agent.terminal import TerminalWatcher

    checked = []
    for asked in questions(world):
        print_note(f"\n{asked.text}")
        with TerminalWatcher() as watcher:
            if asked.text.endswith("?"):
                answer = ask(asked.text, context, options=asked.options, watcher=watcher)
            else:
                answer = find(asked.text, context, k=1, watcher=watcher)
        checked.append(check(asked, answer))
    return checked


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


def document(checked: Sequence[Checked]) -> dict[str, object]:
    """Return the answers and their checks as JSON values."""
    rows = [
        {
            "right": row.right,
            "iou": row.iou,
            "truth": [[span.start, span.end] for span in row.asked.truth],
            "says": row.asked.says or None,
            "answer": row.answer.document(),
        }
        for row in checked
    ]
    return {"status": "ok", "right": sum(row.right for row in checked), "checks": rows}


def _world(seed: int, length: float) -> "World":
    """Return a world of the test split, which no nano model was trained on."""
    from scenetg.world import make_world, seed_at

    return make_world(seed_at("test", seed), length, level="nano")


def _spec(folder: Path) -> str:
    if not (folder / "config.json").is_file():
        raise SpecError(
            f"{folder} holds no model. Name a folder that has one; `python -m training.nano.study` makes them."
        )
    return f"hf:{folder}#nano"


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


def _table(checked: Sequence[Checked]) -> "Table":
    from rich.table import Table

    table = Table("asked", "truth", "found", "IoU", "said", "", box=None, pad_edge=False)
    for row in checked:
        asked, answer = row.asked, row.answer
        truth = ", ".join(map(clock_range, asked.truth)) or "not there"
        found = clock_range(answer.evidence[0].span) if answer.evidence else "not found"
        said = (answer.option.text if answer.option else answer.text) or ""
        beside = f" ({asked.says})" if asked.says and said != asked.says else ""
        table.add_row(
            asked.text,
            truth,
            found,
            "" if row.iou is None else f"{row.iou:.2f}",
            f"{said}{beside}" if asked.says else "",
            "[green]right[/green]" if row.right else "[red]WRONG[/red]",
        )
    return table


def _told(checked: Sequence[Checked]) -> str:
    if all(row.right for row in checked):
        return "The models that answered have fewer than three million weights."
    return "What is wrong is the models' doing: they have fewer than three million weights."


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(_app, sys.argv[1:], name="python -m training.nano.demo")

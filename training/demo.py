"""`whenwhat demo`: ten rendered minutes, questions to the agent with the models that come along, its answers against the truth.

The video is drawn, encoded, indexed and asked like any other: the nano CLIP searches, the nano grounder localises,
the nano answerer plans, verifies and answers. Nothing is downloaded.
"""

import shlex
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grounder.cli.console import (
    EXIT_ERROR,
    print_json,
    print_note,
    progress_bar,
    stdout,
    stoppable,
)
from grounder.cli.options import JsonOption
from grounder.errors import SpecError
from grounder.timetext import clock_range
from training.nano.quiz import Checked, check, questions

if TYPE_CHECKING:
    from rich.table import Table

    from agent import Answer, Context
    from grounder.vlm import VLM
    from scenetg.world import World

SIDE, RATE = 64, 4
"""Pixels and frames per second: as the nano models saw it."""
WINDOW, LOOKS, FRAMES, SPACING = 30.0, 12, 8, 1.0
"""Seconds of one look, looks at most, pictures of an answer and seconds between them: what the nano models were taught."""
NANO = Path(__file__).parent / "nano"
ENCODER = f"open_clip:local-dir:{NANO / 'clip'}"


def demo(
    folder: Annotated[
        Path | None,
        typer.Option("--folder", file_okay=False, help="Keep the video and its index here."),
    ] = None,
    length: Annotated[float, typer.Option("--length", min=60, help="Seconds of video.")] = 600.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another video.")] = 0,
    grounder: Annotated[
        Path,
        typer.Option(
            "--grounder", help="Folder of a nano model that localises.", show_default=False
        ),
    ] = NANO / "grounder",
    answerer: Annotated[
        Path,
        typer.Option(
            "--answerer",
            help="Folder of a nano model that plans, verifies and answers.",
            show_default=False,
        ),
    ] = NANO / "answerer",
    as_json: JsonOption = False,
) -> None:
    """Render ten minutes, ask six things about them and check the answers. No download."""
    models = {"grounder": _spec(grounder), "vlm": _spec(answerer)}
    with stoppable(), nullcontext(folder) if folder else tempfile.TemporaryDirectory() as place:
        home = Path(place)
        home.mkdir(parents=True, exist_ok=True)
        world = _world(seed, length)
        with opened(home, world, **models) as context:
            checked = play(world, context)
    if as_json:
        print_json(document(checked))
    else:
        stdout().print(_table(checked))
    right = sum(row.right for row in checked)
    print_note(f"{right} of {len(checked)} answers are right.")
    if folder:
        print_note(f"Ask it yourself: {command(folder, **models)}")
    if right < len(checked):
        raise typer.Exit(EXIT_ERROR)


def command(folder: Path, *, grounder: str, vlm: str) -> str:
    """Return the command that asks the rendered video as the demo does."""
    words = (
        *("whenwhat", "ask", str(folder / "world.mp4"), "What does the red square do?"),
        *("--library", str(folder / "library"), "--encoder", ENCODER),
        *("--grounder", grounder, "--vlm", vlm, "--max-looks", str(LOOKS)),
        *("--window", f"{WINDOW:g}", "--answer-frames", str(FRAMES), "--spacing", f"{SPACING:g}"),
    )
    return shlex.join(words)


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
    return {
        "status": "ok" if all(row.right for row in checked) else "error",
        "right": sum(row.right for row in checked),
        "checks": rows,
    }


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


def _table(checked: Sequence[Checked]) -> "Table":
    from rich.table import Table

    table = Table("asked", "truth", "found", "IoU", "said", "", box=None, pad_edge=False)
    for row in checked:
        asked = row.asked
        table.add_row(
            asked.text,
            ", ".join(map(clock_range, asked.truth)) or "not there",
            _found(row.answer),
            "" if row.iou is None else f"{row.iou:.2f}",
            _said(row),
            "[green]right[/green]" if row.right else "[red]WRONG[/red]",
        )
    return table


def _found(answer: "Answer") -> str:
    return clock_range(answer.evidence[0].span) if answer.evidence else "not found"


def _said(row: Checked) -> str:
    """Return the answer to a question, and the right one where that is another."""
    asked, answer = row.asked, row.answer
    if not asked.says:
        return ""
    said = (answer.option.text if answer.option else answer.text) or ""
    return said if said == asked.says else f"{said} (it is {asked.says})"

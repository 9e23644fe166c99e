"""`whenwhat world`: render a folder of videos whose every event is known, with rows to train on."""

import re
from collections.abc import Collection
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from grounder.cli.console import EXIT_ERROR, print_error, print_json, progress_bar, stdout
from grounder.cli.options import JsonOption
from grounder.errors import DatasetError

# Written out: `--help` must not load the world.
SPLITS = "train, validation, test"
LEVELS = "nano, easy, medium, hard"


def world(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="Folder; made if need be.")],
    count: Annotated[int, typer.Option("--count", min=1, help="How many videos.")] = 10,
    length: Annotated[float, typer.Option("--length", help="Seconds of each video.")] = 60.0,
    split: Annotated[str, typer.Option("--split", help=f"One of {SPLITS}.")] = "train",
    seed: Annotated[
        int,
        typer.Option("--seed", min=0, help="The first seed; the split takes its share from it on."),
    ] = 0,
    level: Annotated[str, typer.Option("--level", help=f"One of {LEVELS}.")] = "medium",
    size: Annotated[str, typer.Option("--size", help="WIDTHxHEIGHT in pixels, even.")] = "640x360",
    rate: Annotated[int, typer.Option("--rate", min=1, max=60, help="Frames per second.")] = 10,
    srt: Annotated[
        bool, typer.Option("--srt", help="Also write what is said, as subtitles.")
    ] = False,
    ground: Annotated[int, typer.Option("--ground", min=0, help="Queries per video.")] = 8,
    refuse: Annotated[int, typer.Option("--refuse", min=0, help="Absent queries per video.")] = 2,
    caption: Annotated[int, typer.Option("--caption", min=0, help="Captions per video.")] = 4,
    verify: Annotated[int, typer.Option("--verify", min=0, help="Yes/no rows per video.")] = 4,
    qa: Annotated[int, typer.Option("--qa", min=0, help="Questions per video.")] = 6,
    kinds: Annotated[
        str,
        typer.Option("--kinds", help="Kinds of queries, as in look,action.", show_default="all"),
    ] = "",
    questions: Annotated[
        str,
        typer.Option("--questions", help="Kinds of questions, as in colour,action; or `bare`."),
    ] = "",
    most_spans: Annotated[
        int, typer.Option("--most-spans", min=1, help="Leave out queries that are true more often.")
    ] = 3,
    plain: Annotated[bool, typer.Option("--plain", help="One wording for each query.")] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Render videos with known truth. Kill it any time: finished videos are kept."""
    from scenetg.world import Wanted, seeds_of
    from scenetg.world.build import Settings, build, finished_seeds, write_rows
    from scenetg.world.queries import KINDS
    from scenetg.world.questions import BARE, QUESTIONS

    width, height = _size(size)
    asked = _named(kinds, KINDS, "--kinds", "query")
    inquired = (
        BARE if questions == "bare" else _named(questions, QUESTIONS, "--questions", "question")
    )
    settings = Settings(length, level, width, height, rate, srt)
    wanted = Wanted(ground, refuse, caption, verify, qa, said=2 if srt else 0)
    try:
        settings.world(seed)
        seeds = list(islice(seeds_of(split, start=seed), count))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    try:
        with progress_bar("rendering", total=count, unit="videos") as update:
            made = build(folder, settings, seeds, workers=workers, progress=update)
        number = write_rows(
            folder,
            settings,
            split,
            wanted,
            kinds=asked,
            questions=inquired,
            most_spans=most_spans,
            varied=not plain,
        )
    except (DatasetError, OSError) as error:
        print_error(str(error))
        raise typer.Exit(EXIT_ERROR) from error
    table = folder / f"{split}.jsonl"
    if as_json:
        videos = len(finished_seeds(folder, split))
        print_json({"rows": number, "file": str(table), "videos": videos, "rendered": made})
    else:
        stdout().print(
            f"{made} videos rendered, {count - made} were there; {number} rows in {table}"
        )


def _named(text: str, known: Collection[str], flag: str, what: str) -> tuple[str, ...] | None:
    """Read names that a comma parts; None where there is none."""
    names = tuple(text.split(",")) if text else None
    if unknown := [name for name in names or () if name not in known]:
        raise typer.BadParameter(
            f"{unknown[0]!r} is no kind of {what}. There are: {', '.join(known)}.",
            param_hint=flag,
        )
    return names


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    sides = (int(match[1]), int(match[2])) if match else (0, 0)
    if min(sides) < 16 or any(side % 2 for side in sides):
        raise typer.BadParameter(
            f"{text!r} is no size. Write WIDTHxHEIGHT, even, 16 or more: 640x360."
        )
    return sides

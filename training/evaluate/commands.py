"""What each form of `whenwhat eval` does once its flags are read: run, answer, merge, compare."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import typer

from grounder.cli.console import print_json, print_note, print_warning, printable, progress_bar
from grounder.errors import DatasetError, SpecError
from training.evaluate.answer_rows import Row, can_be_asked, read_rows
from training.evaluate.answer_shards import hold_tables, merge_tables
from training.evaluate.answer_table import TABLE, table
from training.evaluate.answer_table import markdown as answers_markdown
from training.evaluate.answering import Answering, answer_open, open_questions
from training.evaluate.compare import compare
from training.evaluate.compare import markdown as comparison_markdown
from training.evaluate.engine import Engine
from training.evaluate.folder import RunFolder, write_json
from training.evaluate.order import Order
from training.evaluate.run import Scored, ask_open, finish, open_jobs
from training.evaluate.shards import merge
from training.evaluate.specs import AgentSpec, RetrievalSpec, SystemSpec
from training.evaluate.throughput import Session, told
from training.metrics.baselines import Share
from training.report.build import build_report
from training.score import markdown, named, tell_problems

HERE = Path("runs")
"""Where runs are kept when no folder is named."""
TOLD = 5
"""Missing videos that are named."""
BUDGETS = "8,16,32,64"


def run_system(
    wanted: Order, out: Path | None, *, engine: Engine, trained: Share | None, as_json: bool
) -> None:
    """Run a system, or the rest of its run, score it and print the scores."""
    folder = RunFolder(out or default_folder(wanted, wanted.run().system.partition(":")[0]))
    with held(folder):
        scored = _run(wanted, folder, engine=engine, trained=trained)
    show(scored, as_json=as_json)


def _run(wanted: Order, folder: RunFolder, *, engine: Engine, trained: Share | None) -> Scored:
    folder.begin(wanted.run(), wanted.queries)
    tell_missing(wanted)
    jobs = open_jobs(folder, wanted.labels, wanted.videos)
    asked = sum(len(job.labels) for job in jobs)
    total = len(wanted.queries)
    tell_there(total - asked, total, "predictions", folder.path)
    with progress_bar(wanted.benchmark.name, total=max(1, asked), unit="queries") as update:
        session = ask_open(folder, jobs, wanted.work, engine, update)
    return finish(folder, wanted.benchmark, session, trained=trained)


def answer_rows(modes: str, frames: str | None, spec: SystemSpec) -> list[Row]:
    """Read the rows of the Ground-then-Answer table.

    Raises:
        SpecError: a mode or a budget means nothing, or the system answers no questions.
    """
    if not isinstance(spec, AgentSpec):
        raise SpecError("--answers needs a system that answers: --system agent.")
    return read_rows(modes, frames or BUDGETS)


def run_answers(
    wanted: Order, rows: Sequence[Row], out: Path | None, *, engine: Engine, as_json: bool
) -> None:
    """Answer the same questions in every row, or the rest of them, and print the table."""
    spec = wanted.work.spec
    assert isinstance(spec, AgentSpec)  # answer_rows has seen to it
    queries = [query for query in wanted.queries if can_be_asked(query.label)]
    if not queries:
        raise DatasetError(
            f"{wanted.benchmark.name} has no multiple choice with a known answer and known evidence here. "
            "Take annotated-qa, world-qa, nextgqa (with --companion), rextime or cg-bench."
        )
    place = out or default_folder(wanted, "answers")
    folders = {row: RunFolder(place / row.name) for row in rows}
    asked = replace(wanted, queries=queries)
    with held(RunFolder(place)):
        _answer(asked, spec, folders, place, engine=engine)
    show_table(place, folders, left_out=len(wanted.queries) - len(queries), as_json=as_json)


def _answer(
    wanted: Order,
    spec: AgentSpec,
    folders: Mapping[Row, RunFolder],
    place: Path,
    *,
    engine: Engine,
) -> None:
    for row, folder in folders.items():
        own = replace(spec, mode=row.mode, frames=row.frames)
        folder.begin(replace(wanted, work=replace(wanted.work, spec=own)).run(), wanted.queries)
    tell_missing(wanted)
    jobs = open_questions(place, folders, wanted.labels, wanted.videos)
    total = len(wanted.queries) * len(folders)
    missing = sum(len(rows) for job in jobs for rows in job.rows.values())
    tell_there(total - missing, total, "answers", place)
    errand = Answering(spec, wanted.work.setup)
    with progress_bar("answers", total=max(1, missing), unit="answers") as update:
        answer_open(place, folders, jobs, errand, engine, update)
    for folder in folders.values():
        finish(folder, wanted.benchmark, Session(0, 0.0))


def merge_runs(shards: Sequence[Path], out: Path | None, *, as_json: bool) -> None:
    """Put shards together, score the whole and print the scores."""
    if out is None:
        raise typer.BadParameter("--merge needs --out, the folder of the whole run.")
    if hold_tables(shards):
        folders, left_out = merge_tables(shards, out)
        for row in folders.values():
            finish(row, named(row.run().benchmark), Session(0, 0.0))
        show_table(out, folders, left_out=left_out, as_json=as_json)
        return
    folder = RunFolder(out)
    merge([RunFolder(shard) for shard in shards], folder)
    show(finish(folder, named(folder.run().benchmark), Session(0, 0.0)), as_json=as_json)


def compare_runs(first: Path, second: Path, *, as_json: bool) -> None:
    """Print two runs side by side."""
    compared = compare(RunFolder(first), RunFolder(second))
    if as_json:
        print_json(compared.document())
    else:
        typer.echo(printable(comparison_markdown(compared)))


def held(folder: RunFolder) -> AbstractContextManager[None]:
    """Hold a folder, and say so when another process has it."""
    return folder.held(
        waiting=lambda: print_note(f"Another process runs {folder.path}; waiting for that one.")
    )


def settled(spec: SystemSpec) -> SystemSpec:
    """Return the spec with the encoder that `auto` stands for, so that a run tells what it used."""
    if not isinstance(spec, AgentSpec | RetrievalSpec) or spec.encoder != "auto":
        return spec
    from grounder.encoders import choose_encoder

    encoder, reason = choose_encoder()
    print_note(reason)
    return replace(spec, encoder=encoder)


def default_folder(wanted: Order, name: str) -> Path:
    """Return where a run is kept that names no folder."""
    shard = wanted.selection.shard
    part = f"-{shard.replace('/', '-of-')}" if shard else ""
    return HERE / f"{wanted.benchmark.name}-{name}{part}"


def tell_missing(wanted: Order) -> None:
    """Warn of videos that are not there."""
    for video, count in list(wanted.missing.items())[:TOLD]:
        print_warning(f"{video} is not in {wanted.videos}: its {count} queries count as errors.")
    if len(wanted.missing) > TOLD:
        print_warning(f"{len(wanted.missing) - TOLD} more videos are not there.")


def tell_there(there: int, total: int, unit: str, place: Path) -> None:
    """Say how much an earlier start of the command has done, where it has done any."""
    if there:
        print_note(f"{there} of {total} {unit} are in {place}; going on.")


def show_table(
    place: Path, folders: Mapping[Row, RunFolder], *, left_out: int, as_json: bool
) -> None:
    """Write the Ground-then-Answer table of finished rows, and print it."""
    made = table(place, folders, next(iter(folders.values())).labels(), left_out=left_out)
    write_json(place / TABLE, made.document())
    if as_json:
        print_json(made.document() | {"run": str(place)})
    else:
        typer.echo(printable(f"{made.system}\n{answers_markdown(made)}\n\n{place}"))


def show(scored: Scored, *, as_json: bool) -> None:
    """Print the scores of a run, and make its page."""
    page = build_report(scored.folder.path)
    if as_json:
        print_json(scored.document | {"run": str(scored.folder.path)})
        return
    for reason, count in scored.errors.items():
        print_warning(f"{count} queries could not be asked: {reason}")
    if scored.errors:
        print_note("Repeat the command to ask them again.")
    tell_problems(scored.report.problems)
    system = scored.folder.run().system
    typer.echo(printable(f"{system}\n{markdown(scored.benchmark, scored.report)}"))
    figures = scored.document["throughput"]
    assert isinstance(figures, dict)
    typer.echo(f"\n{told(figures)}\n{page}\n{scored.folder.path}")

"""`whenwhat eval`: run a system over a benchmark, keep what it says, and score it."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from grounder.cli.console import (
    print_json,
    print_note,
    print_warning,
    printable,
    progress_bar,
    stoppable,
)
from grounder.cli.options import DecoderOption, JsonOption, LibraryOption

if TYPE_CHECKING:
    from training.evaluate.order import Order
    from training.evaluate.run import Scored
    from training.evaluate.specs import SystemSpec

EngineName = Literal["local"]
HERE = Path("runs")
"""Where runs are kept when no folder is named."""


def evaluate(
    benchmark: Annotated[
        str | None, typer.Argument(metavar="BENCHMARK", help="Its name, as in qvhighlights.")
    ] = None,
    system: Annotated[
        str,
        typer.Option(
            "--system",
            help="random, whole, centre, train-mean:FILE, retrieval[:ENCODER], grounder:MODEL or agent[:key=value,…].",
        ),
    ] = "agent",
    videos: Annotated[
        Path | None, typer.Option("--videos", help="Folder.", show_default="beside the annotations")
    ] = None,
    annotations: Annotated[
        Path | None,
        typer.Option(
            "--annotations", help="The labels.", show_default="in the folder of benchmarks"
        ),
    ] = None,
    companion: Annotated[
        Path | None,
        typer.Option("--companion", help="Second file of labels, where a benchmark has two."),
    ] = None,
    train: Annotated[
        Path | None,
        typer.Option("--train", help="Labels of the training set, for the mean-span baseline."),
    ] = None,
    split: Annotated[
        str | None, typer.Option("--split", help="Only rows that name this split.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Only the first so many queries.")
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option("--shard", metavar="I/N", help="Only every N-th video, from the I-th on."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            file_okay=False,
            help="Folder of the run; one that was stopped goes on.",
            show_default="runs/BENCHMARK-SYSTEM",
        ),
    ] = None,
    encoder: Annotated[str | None, typer.Option("--encoder", help="As in `ask`.")] = None,
    vlm: Annotated[str | None, typer.Option("--vlm", help="As in `ask`.")] = None,
    grounder: Annotated[str | None, typer.Option("--grounder", help="As in `ask`.")] = None,
    mode: Annotated[str | None, typer.Option("--mode", help="As in `ask`.")] = None,
    max_looks: Annotated[
        int | None, typer.Option("--max-looks", min=1, help="As in `ask`.")
    ] = None,
    library: LibraryOption = None,
    decoder: DecoderOption = "pyav",
    seed: Annotated[int, typer.Option("--seed", help="Of everything that is drawn.")] = 0,
    engine: Annotated[EngineName, typer.Option("--engine", help="Who does the work.")] = "local",
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = 1,
    merge: Annotated[
        list[Path] | None,
        typer.Option("--merge", metavar="RUN", help="Put shards together in --out; repeat it."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run a system over a benchmark and score it. Kill it any time: the same command goes on from there."""
    from training.evaluate.order import Selection, order
    from training.evaluate.specs import parse_system
    from training.evaluate.systems import Setup
    from training.score import mean_span_of, named

    with stoppable():
        if merge:
            show(merged(merge, out), as_json=as_json)
            return
        if benchmark is None:
            raise typer.BadParameter("Name a benchmark, as in `whenwhat eval qvhighlights`.")
        chosen = named(benchmark)
        flags = {
            "encoder": encoder,
            "vlm": vlm,
            "grounder": grounder,
            "mode": mode,
            "max_looks": max_looks,
        }
        spec = settled(parse_system(system, flags))
        trained = None if train is None else mean_span_of(chosen, train, companion)
        wanted = order(
            chosen,
            spec,
            Setup(chosen.name, companion, library, seed, decoder=decoder),
            Selection(split, limit, shard),
            annotations=annotations,
            videos=videos,
        )
        place = out or default_folder(wanted)
        show(perform(wanted, place, workers=workers, trained=trained), as_json=as_json)


def perform(
    wanted: "Order", out: Path, *, workers: int, trained: tuple[float, float] | None
) -> "Scored":
    """Run what was ordered, or the rest of it, and score it."""
    from training.evaluate.engine import local
    from training.evaluate.folder import RunFolder
    from training.evaluate.run import ask_open, finish, open_jobs

    folder = RunFolder(out)
    folder.begin(wanted.run(), wanted.queries)
    for video, count in list(wanted.missing.items())[:5]:
        print_warning(f"{video} is not in {wanted.videos}: its {count} queries count as errors.")
    if len(wanted.missing) > 5:
        print_warning(f"{len(wanted.missing) - 5} more videos are not there.")
    jobs = open_jobs(folder, wanted.labels, wanted.videos)
    asked = sum(len(job.labels) for job in jobs)
    if asked < len(wanted.queries):
        print_note(
            f"{len(wanted.queries) - asked} of {len(wanted.queries)} queries are in {out}; going on."
        )
    with progress_bar(wanted.benchmark.name, total=max(1, asked), unit="queries") as update:
        session = ask_open(folder, jobs, wanted.work, partial(local, workers=workers), update)
    return finish(folder, wanted.benchmark, session, trained=trained)


def merged(shards: list[Path], out: Path | None) -> "Scored":
    """Put shards together and score the whole."""
    from training.evaluate.folder import RunFolder
    from training.evaluate.run import finish
    from training.evaluate.shards import merge
    from training.evaluate.throughput import Session
    from training.score import named

    if out is None:
        raise typer.BadParameter("--merge needs --out, the folder of the whole run.")
    folder = RunFolder(out)
    merge([RunFolder(shard) for shard in shards], folder)
    return finish(folder, named(folder.run().benchmark), Session(0, 0.0))


def settled(spec: "SystemSpec") -> "SystemSpec":
    """Return the spec with the encoder that `auto` stands for, so that a run tells what it used."""
    from dataclasses import replace

    from training.evaluate.specs import AgentSpec, RetrievalSpec

    if not isinstance(spec, AgentSpec | RetrievalSpec) or spec.encoder != "auto":
        return spec
    from grounder.encoders import choose_encoder

    encoder, reason = choose_encoder()
    print_note(reason)
    return replace(spec, encoder=encoder)


def default_folder(wanted: "Order") -> Path:
    """Return where a run is kept that names no folder."""
    run = wanted.run()
    name = run.system.partition(":")[0]
    shard = f"-{run.shard.replace('/', '-of-')}" if run.shard else ""
    folder = HERE / f"{run.benchmark}-{name}{shard}"
    print_note(f"The run is kept in {folder}.")
    return folder


def show(scored: "Scored", *, as_json: bool) -> None:
    """Print the scores of a run."""
    from training.evaluate.throughput import told
    from training.score import markdown, tell_problems

    if as_json:
        print_json(scored.document | {"run": str(scored.folder.path)})
        return
    for reason, count in scored.errors.items():
        print_warning(f"{count} queries could not be asked: {reason}")
    if scored.errors:
        print_note("Repeat the command to ask them again.")
    tell_problems(scored.report.problems)
    run = scored.folder.run()
    typer.echo(printable(f"{run.system}\n{markdown(scored.benchmark, scored.report)}"))
    figures = scored.document["throughput"]
    assert isinstance(figures, dict)
    typer.echo(f"\n{told(figures)}\n{scored.folder.path}")

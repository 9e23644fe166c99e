"""`whenwhat eval`: run a system over a benchmark, keep what it says, and score it."""

from pathlib import Path
from typing import Annotated

import typer

from grounder.cli.console import stoppable
from grounder.cli.options import (
    AddressOption,
    DecoderOption,
    EngineOption,
    GpusOption,
    JsonOption,
    LibraryOption,
)
from training.label_options import AnnotationsOption, CompanionOption, TrainLabelsOption


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
    annotations: AnnotationsOption = None,
    companion: CompanionOption = None,
    train: TrainLabelsOption = None,
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
    engine: EngineOption = "local",
    address: AddressOption = None,
    gpus: GpusOption = 0.0,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = 1,
    answers: Annotated[
        str | None,
        typer.Option(
            "--answers",
            metavar="MODES",
            help="Ground-then-Answer: answer the same questions in each of these modes, as in uniform,grounded,given-span.",
        ),
    ] = None,
    frames: Annotated[
        str | None,
        typer.Option(
            "--frames",
            help="The most frames an answer is made over; for --answers several, as in 8,16,32,64.",
            show_default="32",
        ),
    ] = None,
    merge: Annotated[
        list[Path] | None,
        typer.Option("--merge", metavar="RUN", help="Put shards together in --out; repeat it."),
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            "--compare", metavar="RUN RUN", help="Put two runs side by side; nothing is run."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run a system over a benchmark and score it. Kill it any time: the same command goes on from there."""
    from training.evaluate import commands
    from training.evaluate.order import Selection, order
    from training.evaluate.specs import parse_system
    from training.evaluate.spread import open_engine
    from training.evaluate.systems import Setup
    from training.score import mean_span_of, named

    with stoppable():
        if compare is not None:
            commands.compare_runs(*compare, as_json=as_json)
            return
        if merge:
            commands.merge_runs(merge, out, as_json=as_json)
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
            "frames": None if answers else frames,
        }
        spec = parse_system(system, flags)
        rows = commands.answer_rows(answers, frames, spec) if answers else []
        wanted = order(
            chosen,
            commands.settled(spec),
            Setup(chosen.name, companion, library, seed, decoder=decoder),
            Selection(split, limit, shard),
            annotations=annotations,
            videos=videos,
        )
        trained = None if train is None else mean_span_of(chosen, train, companion)
        with open_engine(engine, workers, address=address, gpus=gpus) as opened:
            if answers:
                commands.run_answers(wanted, rows, out, engine=opened, as_json=as_json)
            else:
                commands.run_system(wanted, out, engine=opened, trained=trained, as_json=as_json)

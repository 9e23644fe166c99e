"""`whenwhat scenetg`: from a folder of videos to a dataset for temporal grounding."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grounder.cli.console import (
    print_json,
    print_note,
    print_warning,
    printable,
    progress_bar,
    stdout,
    stoppable,
)
from grounder.cli.options import (
    AddressOption,
    EncoderOption,
    EngineOption,
    GpusOption,
    JsonOption,
)
from grounder.errors import BuildError, SpecError

if TYPE_CHECKING:
    from grounder.encoders import Encoder
    from scenetg.build import Dataset
    from scenetg.line.order import LoadEncoder


@stoppable()
def scenetg(
    videos: Annotated[
        list[Path], typer.Argument(metavar="VIDEOS…", help="Video files, or folders of them.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", file_okay=False, help="Folder of the dataset.")
    ],
    encoder: EncoderOption = "auto",
    vlm: Annotated[
        str | None,
        typer.Option(
            "--vlm",
            envvar="WHENWHAT_VLM",
            help="hf:MODEL, vllm:MODEL, openai:MODEL@URL or scripted:FILE; describes, phrases and checks.",
            show_default="none: candidates, no rows",
        ),
    ] = None,
    grounder: Annotated[
        str,
        typer.Option(
            "--grounder",
            help="Looks for each query again: auto (the --vlm), retrieval, none, or a model.",
        ),
    ] = "auto",
    max_requests: Annotated[
        int | None, typer.Option("--max-requests", min=1, help="Most requests of all runs.")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option("--max-cost", min=0.0, help="Most that all runs may cost.")
    ] = None,
    price: Annotated[
        str, typer.Option("--price", metavar="IN/OUT", help="Of a million tokens: 0.15/0.60.")
    ] = "0/0",
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, help="Requests on their way at one time.")
    ] = 4,
    requests_per_minute: Annotated[
        float, typer.Option("--requests-per-minute", min=0.0, help="0: no limit.")
    ] = 0.0,
    tokens_per_minute: Annotated[
        float, typer.Option("--tokens-per-minute", min=0.0, help="0: no limit.")
    ] = 0.0,
    settings: Annotated[
        Path | None, typer.Option("--settings", dir_okay=False, help="TOML file of settings.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="GROUP.FIELD=VALUE", help="Change a setting. Repeatable."),
    ] = None,
    engine: EngineOption = "local",
    address: AddressOption = None,
    gpus: GpusOption = 0.0,
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="Processes that look at videos.")
    ] = 1,
    vlm_workers: Annotated[
        int, typer.Option("--vlm-workers", min=1, help="Copies of an hf: or vllm: model on Ray.")
    ] = 1,
    vlm_gpus: Annotated[
        float,
        typer.Option("--vlm-gpus", min=0.0, help="GPUs of each copy; 0: it runs without."),
    ] = 0.0,
    license: Annotated[
        str, typer.Option("--license", help="Licence of every video not named in --licenses.")
    ] = "",
    licenses: Annotated[
        Path | None,
        typer.Option(
            "--licenses", dir_okay=False, help='TOML file: "file name or pattern" = "licence".'
        ),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against",
            metavar="FOLDER_OR_FILE",
            exists=True,
            help="Evaluation videos, or a list of `whenwhat fingerprint`, to look for here. Repeatable.",
        ),
    ] = None,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="Write each split as Parquet, too.")
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try the videos again that failed before.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Build training data from videos. Kill it any time: the same command goes on from there."""
    from scenetg.asking.ledger import Caps, read_price
    from scenetg.asking.limits import Limits
    from scenetg.build import build
    from scenetg.engine import Beside, open_engine, vlm_loader
    from scenetg.line.licences import read_licences
    from scenetg.line.models import hosted, open_models
    from scenetg.line.order import Order
    from scenetg.line.sources import find_files
    from scenetg.output.parquet import check_parquet
    from scenetg.overrides import read_settings
    from scenetg.report.build import build_report

    chosen = read_settings(settings, changes or ())
    known = read_licences(licenses, license)
    if parquet:
        check_parquet()
    limits = Limits(
        concurrency,
        vlm_workers,
        requests_per_minute,
        tokens_per_minute,
        read_price(price),
        Caps(max_requests, max_cost),
    )
    models = hosted(vlm, grounder)
    if not models and (vlm_workers > 1 or vlm_gpus):
        raise SpecError(
            "--vlm-workers and --vlm-gpus are for hf: and vllm: models. Leave them out: a server is asked "
            "--concurrency at a time."
        )
    load_vlm = vlm_loader(engine, actors=vlm_workers, gpus=vlm_gpus)
    beside = Beside(vlm_workers * len(models), vlm_gpus)
    with open_engine(engine, workers, address=address, gpus=gpus, beside=beside) as machine:
        files = find_files(videos)
        for pattern in known.unused(files):
            print_warning(f"--licenses: {pattern!r} is the name of no video here.")
        loaded, load = _load(encoder)
        with open_models(vlm, grounder, loaded, out, limits, load_vlm) as (asker, finder):
            order = Order(files, chosen, loaded, load, machine, asker, finder, known)
            dataset = build(
                out,
                order,
                show=progress_bar,
                against=against or (),
                retry=retry,
                parquet=parquet,
            )
    page = build_report(out)
    _tell_people(dataset)
    if not _usable(dataset):
        raise BuildError(
            f"No video could be used, so the dataset in {out} is empty. Each has its reason above. Name others, or change "
            "what keeps them out; with --retry those that could not be read are tried again."
        )
    if as_json:
        print_json(_document(dataset) | {"report": str(page)})
    else:
        _tell(dataset)
        stdout().print(printable(f"Look at them in {page}"), markup=False, soft_wrap=True)


def _load(spec: str) -> "tuple[Encoder, LoadEncoder]":
    """Load the encoder here, where a wrong name is told at once, and return what loads it elsewhere."""
    from grounder.encoders import choose_encoder, load_encoder
    from scenetg.line.shared import SharedEncoder

    if spec == "auto":
        spec, reason = choose_encoder()
        print_note(reason)
    return SharedEncoder(load_encoder(spec)), partial(load_encoder, spec)


def _tell_people(dataset: "Dataset") -> None:
    """Tell on stderr what was left out, and what is missing."""
    from scenetg.output.manifest import quarantine_note

    built = dataset.built
    for source in built.sources:
        for copy in source.copies:
            print_note(f"{copy} is the same video as {source.path}: it is taken once.")
    if unnamed := dataset.unnamed:
        print_note(
            f"{len(unnamed)} videos of earlier runs are not named this time, so no row is of them: "
            f"{', '.join(unnamed[:3])}{', …' if len(unnamed) > 3 else ''}. Name them, too, to have them back."
        )
    for unreadable in built.unreadable:
        print_warning(f"{unreadable.reason} It is left out; the rest goes on.")
    for one in built.dropped:
        print_warning(quarantine_note(one))
    for warnings in built.warnings.values():
        for warning in warnings:
            print_warning(warning)
    _tell_overlap(dataset)
    if dataset.rows is None:
        print_note(
            "No --vlm was named, so nothing is described and there are no queries, nor rows to write: candidates.jsonl "
            "holds the stretches of video that await them. Run the same command with --vlm to go on."
        )


def _tell_overlap(dataset: "Dataset") -> None:
    for compared in dataset.compared:
        for match in compared.matches:
            print_warning(
                f"{match.video} shows {match.seconds:.1f} s of {match.other} of {compared.name}. Leave it out, or "
                "train nothing on it that is measured there."
            )


def _tell(dataset: "Dataset") -> None:
    from scenetg.report.build import counted

    for tally in dataset.built.tallies:
        reasons = ", ".join(f"{reason} {count}" for reason, count in tally.rejected.items())
        line = f"  {tally.stage:<12}{tally.entered:>6} -> {tally.kept:<6}{reasons}"
        stdout().print(printable(line, rows=False), markup=False, soft_wrap=True)
    for work in dataset.throughput.stages:
        if work.rate is not None:
            line = (
                f"  {work.stage:<12}{work.hours:.2f} h of video in {work.wall:.1f} s: "
                f"{work.rate:.1f} hours per hour"
            )
            stdout().print(line, markup=False, soft_wrap=True)
    made = (
        counted(len(dataset.built.candidates), "candidate")
        if dataset.rows is None
        else ", ".join(f"{count} {split}" for split, count in dataset.rows.items()) + " rows"
    )
    stdout().print(printable(f"{made} in {dataset.folder}"), markup=False, soft_wrap=True)


def _usable(dataset: "Dataset") -> int:
    """Return of how many videos the dataset is made."""
    return len(dataset.built.sources) - len(dataset.built.dropped)


def _document(dataset: "Dataset") -> dict[str, object]:
    built = dataset.built
    return {
        "status": "answered",
        "folder": str(dataset.folder),
        "rows": dataset.rows,
        "candidates": len(built.candidates),
        "videos": _usable(dataset),
        "left_out": [str(one.source.path) for one in built.dropped]
        + [str(one.path) for one in built.unreadable],
        "throughput": dataset.throughput.table(),
    }

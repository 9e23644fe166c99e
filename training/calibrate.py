"""`whenwhat calibrate`: fit the agent's thresholds on labelled queries, check them on videos left out, keep them."""

from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grounder.cli.console import print_json, print_note, progress_bar, stdout, stoppable
from grounder.cli.options import EncoderOption, JsonOption, LibraryOption

if TYPE_CHECKING:
    from agent.calibrated import Fit
    from agent.context import Context, Thresholds
    from training.abstention import Judged
    from training.trials import Trials


def calibrate(
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="RUN_OR_FILE",
            help="Folder of a run of the agent (`whenwhat eval`), or JSONL rows beside their videos, which the index is asked.",
        ),
    ] = None,
    risk: Annotated[
        float,
        typer.Option("--risk", min=0.0, max=1.0, help="Share of sure answers that may be wrong."),
    ] = 0.2,
    encoder: EncoderOption = "auto",
    library: LibraryOption = None,
    show: Annotated[bool, typer.Option("--show", help="Tell what is stored.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Forget all that is stored.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Fit from which chances on the agent answers or refuses; used whenever a video is opened from then on."""
    if (source is not None) + show + reset != 1:
        raise typer.BadParameter("Give a run or a file, or one of --show and --reset.")
    with stoppable():
        folder = library_folder(library)
        if show:
            show_fits(folder, as_json=as_json)
        elif reset:
            forget(folder, as_json=as_json)
        elif source is not None:
            trials = gather(source, encoder, library)
            fit_and_store(folder, trials, risk, as_json=as_json)


def library_folder(library: Path | None) -> Path:
    """Return the folder of the library, made when missing."""
    from grounder.library import Library

    with Library.open(library) as shelf:
        return shelf.folder


def gather(source: Path, encoder: str, library: Path | None) -> "Trials":
    """Return the trials of a run, or those of a file, whose videos are searched one after the other.

    A file is asked by the index alone, in moments. What models take hours for is run by `whenwhat eval`, which keeps it.
    """
    from agent.opening import open_context
    from grounder.sample import read_samples
    from training.trials import OPEN, of_file, of_run

    if source.is_dir():
        return of_run(source)

    def opened(video: Path) -> "AbstractContextManager[Context]":
        return open_context(
            video,
            library=library,
            encoder=encoder,
            grounder="retrieval",
            thresholds=OPEN,
            keep=False,
        )

    count = sum(sample.task == "ground" for sample in read_samples(source))
    with progress_bar("asking", total=count, unit="queries") as update:
        return of_file(source, opened, progress=update)


def fit_and_store(folder: Path, trials: "Trials", risk: float, *, as_json: bool) -> None:
    """Fit, tell what the thresholds do on videos left out beside those in use, and store them."""
    from agent.calibrated import Fit, store_fit
    from training.abstention import check_enough, fit, held_out, judge
    from training.trials import base_of

    check_enough(trials.rows)
    base = base_of(folder, trials)
    limits = fit(trials.rows, risk=risk, base=base)
    before, after = judge(trials.rows, base), held_out(trials.rows, risk=risk, base=base)
    made = Fit(
        encoder=trials.encoder,
        grounder=trials.grounder,
        thresholds=limits,
        risk=risk,
        present=sum(trial.present for trial in trials.rows),
        absent=sum(not trial.present for trial in trials.rows),
        videos=len({trial.video for trial in trials.rows}),
        date=datetime.now(UTC).date().isoformat(),
    )
    store_fit(folder, made)
    if as_json:
        checked = {"in_use": _judged_row(before), "fitted_held_out": _judged_row(after)}
        print_json({"fit": asdict(made), "in_use_before": asdict(base)} | checked)
        return
    stdout().print(_table(made, base, before, after), markup=False, soft_wrap=True)
    if limits.sure >= 1:
        print_note(
            f"No score keeps the risk at {risk:g}: every answer will be `uncertain`. Allow more with --risk, or "
            "label more."
        )


def show_fits(folder: Path, *, as_json: bool) -> None:
    """Print what is stored."""
    from agent.calibrated import stored_fits

    fits = stored_fits(folder)
    if as_json:
        print_json([asdict(one) for one in fits])
        return
    if not fits:
        print_note(
            f"Nothing is fitted in {folder}: the thresholds of each encoder's family are used."
        )
    for one in fits:
        stdout().print(
            f"{one.encoder} + {one.grounder}: {_told(one.thresholds)}; {one}",
            markup=False,
            soft_wrap=True,
        )


def forget(folder: Path, *, as_json: bool) -> None:
    """Remove what is stored."""
    from agent.calibrated import forget_fits

    there = forget_fits(folder)
    if as_json:
        print_json({"removed": there})
    else:
        print_note("Forgotten." if there else f"Nothing was fitted in {folder}.")


def _table(made: "Fit", base: "Thresholds", before: "Judged", after: "Judged") -> str:
    rows = [
        ("", "in use before", "fitted"),
        ("present", f"{base.present:g}", f"{made.thresholds.present:g}"),
        ("found", f"{base.found:g}", f"{made.thresholds.found:g}"),
        ("sure", f"{base.sure:g}", f"{made.thresholds.sure:g}"),
        ("", "", "on videos left out"),
        ("absent refused", f"{before.refused_absent:.0%}", f"{after.refused_absent:.0%}"),
        ("present refused", f"{before.refused_present:.0%}", f"{after.refused_present:.0%}"),
        ("sure answers", _sure(before), _sure(after)),
        ("of these wrong", _risk(before), _risk(after)),
    ]
    lines = [f"{name:<16} {left:>14} {right:>19}" for name, left, right in rows]
    return "\n".join([f"{made.encoder} + {made.grounder}: {made}", "", *lines])


def _sure(judged: "Judged") -> str:
    return f"{judged.sure} of {judged.queries}"


def _risk(judged: "Judged") -> str:
    return "-" if judged.risk is None else f"{judged.risk:.0%}"


def _told(limits: "Thresholds") -> str:
    return f"present {limits.present:g}, found {limits.found:g}, sure {limits.sure:g}"


def _judged_row(judged: "Judged") -> dict[str, float | None]:
    return asdict(judged) | {"risk": judged.risk}

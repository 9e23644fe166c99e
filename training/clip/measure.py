"""Measures an encoder on rendered videos: does the search find the moment, and does it refuse what is not there?

    whenwhat world FOLDER --split test --level nano --size 96x96 --length 600 --count 4
    python -m training.clip.measure FOLDER --split test --encoder open_clip:local-dir:training/nano/clip

R@k: the first k windows cover half of one true span between them. R1@0.5, mIoU: the first window
against the best true span. AUC: frames inside the truth against those outside. Brackets hold 95 %
bootstrap intervals over videos. Absent queries miss something in the video by one attribute; strangers
are for things that the rendered world does not have.
"""

import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from grounder.cli.console import print_json, progress_bar
from grounder.cli.main import run
from grounder.cli.options import EncoderOption, JsonOption, LibraryOption
from grounder.span import Span
from training.clip.asking import Asked, K, ask, auroc, queries
from training.metrics import bootstrap, random_windows, score_span, score_windows, total
from training.retrieval_marks import RATIOS, Marks

DRAWS = 20
"""Random answers per query: the baseline is their mean."""
EVEN = 0.5
"""Presence from which something is taken to be there."""


def main(
    folder: Annotated[Path, typer.Argument(help="Videos that `whenwhat world` made.")],
    split: Annotated[str, typer.Option("--split", help="Which of them.")] = "validation",
    count: Annotated[int, typer.Option("--count", min=1, help="Queries of each sort.")] = 12,
    encoder: EncoderOption = "auto",
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure an encoder's retrieval and refusals on rendered videos, beside random windows."""
    from grounder.encoders import load_encoder
    from grounder.library import Library

    loaded = load_encoder(encoder)
    rows = queries(folder, split, count=count)
    with (
        Library.open(library) as shelf,
        progress_bar("asking", total=len(rows), unit="queries") as update,
    ):
        asked = list(ask(rows, loaded, shelf, progress=update))
    report = summary(asked)
    if as_json:
        print_json({"encoder": loaded.name} | report)
        return
    typer.echo(f"{loaded.name}: {report['present']} present, {report['absent']} absent queries")
    for name, value in report.items():
        typer.echo(f"  {name:24} {_shown(value)}")


def summary(asked: Sequence[Asked]) -> dict[str, object]:
    """Return all figures by name."""
    present = [one for one in asked if not one.row.absent]
    report: dict[str, object] = {"present": len(present), "absent": len(asked) - len(present)}
    for system, windows_of in (("", _own), ("random ", _at_random)):
        videos = _by_video(present, windows_of)
        for name, ratio in RATIOS.items():
            report[f"{system}{name}"] = (ratio(total(videos)), *bootstrap(videos, ratio))
    report["AUC"] = float(np.mean([one.auc for one in present if one.auc is not None]))
    for kind, group in _by_kind(present).items():
        report[f"{kind} ({len(group)}): R@1"] = total(_by_video(group, _own)).first.rate
    yes = np.array([one.presence for one in present])
    report["present passed"] = float((yes >= EVEN).mean())
    for kind, group in _by_kind([one for one in asked if one.row.absent]).items():
        no = np.array([one.presence for one in group])
        report[f"{kind} ({len(group)}): AUROC"] = auroc(yes, no)
        report[f"{kind} ({len(group)}): passed"] = float((no >= EVEN).mean())
    return report


def _by_kind(asked: Sequence[Asked]) -> dict[str, list[Asked]]:
    kinds = sorted({one.kind for one in asked})
    return {kind: [one for one in asked if one.kind == kind] for kind in kinds}


def _by_video(
    asked: Sequence[Asked], windows_of: Callable[[Asked], list[tuple[Span, ...]]]
) -> list[Marks]:
    marks: dict[str, list[Marks]] = {}
    for one in asked:
        tries = [_score(windows, one.row.spans) for windows in windows_of(one)]
        marks.setdefault(one.row.video, []).append(total(tries))
    return [total(of_video) for of_video in marks.values()]


def _score(windows: Sequence[Span], truth: Sequence[Span]) -> Marks:
    first, five = (score_windows(windows, truth, k) for k in (1, K))
    return Marks(score_span(windows[0], truth), first, five)


def _own(one: Asked) -> list[tuple[Span, ...]]:
    return [one.windows]


def _at_random(one: Asked) -> list[tuple[Span, ...]]:
    dice = random.Random(one.row.id)
    return [tuple(random_windows(one.windows, one.row.duration, dice)) for _ in range(DRAWS)]


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return f"{value[0]:.3f} [{value[1]:.3f}, {value[2]:.3f}]"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(_app, sys.argv[1:], name="python -m training.clip.measure")

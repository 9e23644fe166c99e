"""Glances: what is left of exact labels where a labeller marks one time of each moment and not its ends.

    python -m training.glances films/train.jsonl films/glances.jsonl

The setting of Cui et al. 2022 (arXiv 2204.09409), in whole seconds, as people write times down. A time is no span, so each
becomes a stretch of one and the same length around it: what a model is taught that needs two ends. Rewards of centres
alone (`cendist`) see the time itself, unless its stretch is cut where the video ends or runs into another.
"""

import random
import statistics
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from grounder.cli.console import print_note
from grounder.cli.main import run
from grounder.errors import SpecError
from grounder.sample import Sample, read_distinct, write_samples
from grounder.span import Span, merge

GLANCES = "glances"
"""Where meta has the times that were marked, in whole seconds."""


def main(
    rows: Annotated[Path, typer.Argument(help="JSONL rows with exact spans.")],
    out: Annotated[
        Path,
        typer.Argument(help="JSONL to write, in the same folder, so that videos are found."),
    ],
    width: Annotated[
        int | None,
        typer.Option("--width", help="Seconds around each time; by default the mean moment's."),
    ] = None,
    grid: Annotated[
        int, typer.Option("--grid", min=1, help="Times are multiples of so many seconds.")
    ] = 1,
    seed: Annotated[int, typer.Option("--seed", help="Decides which times are marked.")] = 0,
) -> None:
    """Write the rows whose query is in the video, each moment known by one random time inside it.

    Raises:
        SpecError: nothing can be marked, a width that is no multiple of twice the grid, or rows that would be replaced.
    """
    if out.resolve() == rows.resolve():
        raise SpecError(f"{out} would replace the exact rows. Name another file.")
    samples = read_distinct(rows)
    found = [sample for sample in samples if sample.task == "ground" and sample.spans]
    if not found:
        raise SpecError(
            f"{rows} has {len(samples)} rows and none with a moment to ground. Give rows of `task: ground` with spans."
        )
    seconds = mean_length(found, grid) if width is None else width
    if seconds <= 0 or seconds % (2 * grid):
        raise SpecError(
            f"--width is {seconds}; half of it goes on either side of a multiple of {grid} s, "
            f"so it must be a multiple of {2 * grid} above 0."
        )
    count = write_samples(out, (glanced(sample, seconds, grid, seed) for sample in found))
    marked = mean_fit(found, [times_of(sample, grid, seed) for sample in found], seconds)
    ideal = mean_fit(found, [[span.centre for span in one.spans] for one in found], seconds)
    print_note(
        f"{count} of {len(samples)} rows in {out}: {seconds} s around each time, mean IoU with its moment {marked:.3f} "
        f"(around its centre it would be {ideal:.3f})"
    )


def mean_length(samples: Sequence[Sample], grid: int) -> int:
    """Return the mean length of the moments of rows, in seconds, to the nearest multiple of twice `grid` above 0."""
    mean = statistics.fmean(span.duration for sample in samples for span in sample.spans)
    return 2 * grid * max(1, round(mean / (2 * grid)))


def glanced(sample: Sample, width: int, grid: int, seed: int) -> Sample:
    """Return a row as if one time of each moment had been marked.

    Args:
        sample: with its exact spans.
        width: seconds around each time, a multiple of twice `grid`; less where the video ends. Stretches that touch
            become one.
        grid: times are the nearest multiples of it, in seconds: half of it outside their moment at most.
        seed: decides, with the row's id, which times.
    """
    times = times_of(sample, grid, seed)
    whole = Span(0.0, sample.duration)
    around = (_stretch(time, width).clip(whole) for time in times)
    spans = tuple(merge(span for span in around if span is not None))
    return replace(sample, spans=spans, meta={**sample.meta, GLANCES: times})


def times_of(sample: Sample, grid: int, seed: int) -> list[int]:
    """Return the seconds that are marked, one for each moment of a row; arguments as of `glanced`."""
    dice = random.Random(f"glance {seed} {sample.id}")
    return [grid * round(dice.uniform(span.start, span.end) / grid) for span in sample.spans]


def mean_fit(samples: Sequence[Sample], times: Sequence[Sequence[float]], width: int) -> float:
    """Return the mean IoU, in [0, 1], of moments with the stretches of `width` seconds around one time of each."""
    return statistics.fmean(
        _stretch(time, width).iou(span)
        for sample, marked in zip(samples, times, strict=True)
        for span, time in zip(sample.spans, marked, strict=True)
    )


def _stretch(time: float, width: int) -> Span:
    return Span(time - width / 2, time + width / 2)


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(_app, sys.argv[1:], name="python -m training.glances")

"""Glances: what is left of exact labels where a labeller marks one time of each moment and not its ends.

    python -m training.glances films/train.jsonl films/glances.jsonl

The setting of Cui et al. 2022 (arXiv 2204.09409), in whole seconds, as people write times down. A time is no span, so each
becomes a stretch of one and the same length around it: what a model is taught that needs two ends. Rewards of centres
alone (`cendist`) see the time itself.
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
        typer.Option("--width", min=2, help="Seconds, even; by default the mean of all moments."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Decides which times are marked.")] = 0,
) -> None:
    """Write rows whose moments are known by one random time inside each."""
    samples = read_distinct(rows)
    if width is not None and width % 2:
        raise SpecError(
            f"--width is {width}; half of it goes on either side of a whole second: it must be even."
        )
    seconds = mean_length(samples) if width is None else width
    count = write_samples(out, (glanced(sample, seconds, seed) for sample in samples))
    print_note(f"{count} rows in {out}; every moment is {seconds} s long")


def mean_length(samples: Sequence[Sample]) -> int:
    """Return the mean length of the moments to be grounded, to the nearest even second above 0.

    Raises:
        SpecError: there are none.
    """
    lengths = [
        span.duration for sample in samples if sample.task == "ground" for span in sample.spans
    ]
    if not lengths:
        raise SpecError("None of the rows has a moment to be grounded, so no time can be marked.")
    return max(2, 2 * round(statistics.fmean(lengths) / 2))


def glanced(sample: Sample, width: int, seed: int) -> Sample:
    """Return a row to be grounded as if one time of each moment had been marked; other rows as they are.

    Args:
        sample: with its exact spans.
        width: seconds around each time, even; cut where the video ends; stretches that touch become one.
        seed: decides, with the row's id, which times.
    """
    if sample.task != "ground":
        return sample
    dice = random.Random(f"glance {seed} {sample.id}")
    times = [round(dice.uniform(span.start, span.end)) for span in sample.spans]
    whole = Span(0.0, sample.duration)
    around = (Span(time - width // 2, time + width // 2).clip(whole) for time in times)
    spans = tuple(merge(span for span in around if span is not None))
    return replace(sample, spans=spans, meta={**sample.meta, GLANCES: times})


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(_app, sys.argv[1:], name="python -m training.glances")

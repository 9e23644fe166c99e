"""Blind: baselines that look at nothing but the length of the video."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from grounder.errors import DatasetError, VideoError
from grounder.span import Span
from grounder.video import Video
from scenetg.formats import Label
from training.evaluate.prediction import Prediction
from training.evaluate.specs import BlindSpec
from training.evaluate.systems import Ask, Setup, one_by_one
from training.metrics import centre_prior, random_span, whole_video


class Blind:
    """Answers every query of a video alike, or at random."""

    looks = False
    at_once = 1

    def __init__(self, spec: BlindSpec, setup: Setup) -> None:
        """Answer as `spec.kind` says.

        Raises:
            DatasetError: the labels for `train-mean` cannot be read, or tell no lengths.
        """
        self._kind = spec.kind
        self._seed = setup.seed
        self._mean = _mean(spec, setup) if spec.kind == "train-mean" else (0.0, 1.0)

    @contextmanager
    def opened(self, video: Path | None) -> Iterator[Ask]:
        """Answer queries about a video; its file is only opened where a label does not tell its length."""
        yield one_by_one(partial(self._ask, video))

    def _ask(self, video: Path | None, label: Label) -> Prediction:
        duration = label.duration if label.duration is not None else _length(video, label)
        span = self._span(duration, label.id)
        return Prediction(label.id, ((span.start, span.end, 1.0),), outcome="answered")

    def _span(self, duration: float, qid: str) -> Span:
        if self._kind == "whole":
            return whole_video(duration)
        if self._kind == "centre":
            return centre_prior(duration)
        if self._kind == "random":
            # Each query has dice of its own: shards and stops change nothing.
            return random_span(duration, random.Random(f"{self._seed} {qid}"))
        return Span(self._mean[0] * duration, self._mean[1] * duration)


def _length(video: Path | None, label: Label) -> float:
    if video is None:
        raise VideoError(
            f"The length of {label.video} is not known: neither the annotations nor a file tell it."
        )
    with Video.open(video) as opened:
        return opened.duration


def _mean(spec: BlindSpec, setup: Setup) -> tuple[float, float]:
    from training.benchmarks import BENCHMARKS
    from training.metrics.baselines import mean_span

    try:
        return mean_span(BENCHMARKS[setup.benchmark].read(Path(spec.file), setup.companion))
    except ValueError as error:
        raise DatasetError(f"{spec.file}: {error} Give labels that have both.") from error

"""Trials for `whenwhat calibrate`: from a finished run, or from asking about each row of a labelled file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from agent.calibrated import family_thresholds, fit_for
from agent.context import Context, Thresholds
from agent.deciding import BY_INDEX
from grounder.errors import DatasetError
from grounder.sample import Sample, read_samples
from grounder.span import Span
from scenetg.formats import Label
from scenetg.formats.choices import LETTERS
from training.abstention import Trial
from training.evaluate.folder import RunFolder
from training.evaluate.prediction import Prediction
from training.metrics.choices import read_choice

MODELS = {"encoder", "grounder"}
"""Roles that an answer of the agent names."""
SHARED = 0.5
"""A moment is right when it and a true one share this part of the shorter: what the index's chances mean by it."""
MOMENTS = 3
"""Moments asked for: as many as an answer gathers that nobody verifies."""
OPEN = Thresholds(present=0.0, found=0.0, sure=0.0)
"""Hold nothing back: what is fitted must be seen."""


@dataclass(frozen=True, slots=True)
class Trials:
    """Trials, and whose thresholds they can fit."""

    rows: tuple[Trial, ...]
    encoder: str
    grounder: str


def of_run(path: Path) -> Trials:
    """Return the trials of a run of the agent: what it found, and what it held back.

    Raises:
        DatasetError: the folder holds no run, or one of another system.
    """
    folder = RunFolder(path)
    run, said = folder.run(), {row.qid: row for row in folder.predictions()}
    answers = [row.raw for row in said.values() if isinstance(row.raw, Mapping)]
    # The names that thresholds are kept by stand in the answers; a run's settings may call an encoder `auto`.
    pairs = {
        (one["models"]["encoder"], one["models"]["grounder"])
        for one in answers
        if set(one.get("models", ())) >= MODELS
    }
    if len(pairs) != 1:
        raise DatasetError(
            f"{path} is a run of {run.system}, whose answers come from {len(pairs)} pairs of encoder and grounder; thresholds "
            "belong to one. Give a finished run of `--system agent`."
        )
    rows = [
        trial
        for label in folder.labels()
        if label.id in said and (trial := _of_prediction(label, said[label.id])) is not None
    ]
    return Trials(tuple(rows), *pairs.pop())


def of_file(
    path: Path, opened: Callable[[Path], Any], *, progress: Callable[[float], None]
) -> Trials:
    """Ask about each grounding row of a file, with nothing held back, and return what came.

    Args:
        path: unified rows; a row without spans is a query that is never true.
        opened: from a video's file to a context manager that gives a `Context`.
        progress: is told how many rows are done.

    Raises:
        DatasetError: the file cannot be read, or holds no grounding row.
    """
    samples = sorted((s for s in read_samples(path) if s.task == "ground"), key=lambda s: s.video)
    if not samples:
        raise DatasetError(f"{path} holds no grounding row; make some with `whenwhat world`.")
    rows: list[Trial] = []
    names = ("", "")
    for video, asked in groupby(samples, key=lambda sample: sample.video):
        with opened(path.parent / video) as context:
            names = (context.indexed.encoder.name, context.grounder.name)
            for sample in asked:
                rows.append(_asked(sample, context))
                progress(len(rows))
    return Trials(tuple(rows), *names)


def base_of(folder: Path, trials: Trials) -> Thresholds:
    """Return the thresholds in use for these trials: fitted before, else those of the encoder's family."""
    known = fit_for(folder, trials.encoder, trials.grounder)
    return known.thresholds if known else family_thresholds(trials.encoder)


def is_right(moment: Span, truth: Sequence[Span]) -> bool:
    """Tell whether a moment and a true one share at least half of the shorter."""
    return any(moment.overlap(one) >= SHARED * min(moment.duration, one.duration) for one in truth)


def _asked(sample: Sample, context: Context) -> Trial:
    from agent.asking import find

    found = find(sample.query, context, k=MOMENTS)
    best = max(found.evidence, key=lambda row: row.score, default=None)
    return Trial(
        video=sample.video,
        present=not sample.absent,
        right=best is not None and is_right(best.span, sample.spans),
        presence=found.presence or 0.0,
        score=best.score if best else 0.0,
        kind=best.score_kind if best else BY_INDEX,
    )


def _of_prediction(label: Label, said: Prediction) -> Trial | None:
    """Return the trial of one answer; None where nothing was answered at all."""
    if said.outcome is None or not isinstance(said.raw, Mapping):
        return None
    moments = list(_moments(said.raw))
    best = max(moments, key=lambda row: float(row["score"]), default=None)
    truth = [Span(start, end) for start, end in label.windows if start < end]
    right = best is not None and is_right(Span(best["start"], best["end"]), truth)
    if label.options:
        named = read_choice(said.option or said.answer or "", label.options)
        right = right and bool(named) and label.options[LETTERS.index(named)] == label.answer
    return Trial(
        video=label.video,
        present=bool(label.windows),
        right=right,
        presence=said.presence or 0.0,
        score=float(best["score"]) if best else 0.0,
        kind=str(best["score_kind"]) if best else BY_INDEX,
    )


def _moments(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the evidence of an answer document and what it did not take for evidence."""
    yield from document.get("evidence", ())
    yield from document.get("closest", ())

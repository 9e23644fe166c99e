"""GrounderAlone: a vision-language model shown the whole video, or windows that slide over it."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from grounder.ground import Cost, Grounding, Moment
from grounder.ground.vlm import VlmGrounder
from grounder.span import Span, suppress
from grounder.video import Video
from scenetg.formats import Label
from training.evaluate.prediction import Prediction, Status
from training.evaluate.specs import GrounderSpec
from training.evaluate.systems import Ask, Setup
from training.evaluate.timing import Stopwatch, TimedVideo, TimedVlm

AT_ONCE = 4
"""Queries that a model in this process is asked in one call: as many prompts as transformers run together here."""
HERE = ("hf:", "vllm:")
"""Models that run in this process; a server has its own way of running requests together."""
MAX_OVERLAP = 0.5
"""Moments of different windows that overlap more than this (IoU) are one."""


class GrounderAlone:
    """Asks a model without any search."""

    looks = True

    def __init__(self, spec: GrounderSpec, setup: Setup, watch: Stopwatch) -> None:
        """Load the model.

        Raises:
            SpecError: the spec means nothing.
            ModelError: the model cannot be loaded.
        """
        from grounder.vlm import load_vlm

        self.at_once = AT_ONCE if spec.vlm.startswith(HERE) else 1
        self._overlap, self._decoder, self._watch = spec.overlap, setup.decoder, watch
        self._grounder = VlmGrounder(TimedVlm(load_vlm(spec.vlm), watch))

    @contextmanager
    def opened(self, video: Path | None) -> Iterator[Ask]:
        """Open a video; what its first query was shown is kept for the next."""
        assert video is not None  # a system that looks is given a file
        with self._watch.stage("decode"):
            opened = Video.open(video, decoder=self._decoder)
        with opened:
            yield partial(self._ask, TimedVideo(opened, self._watch))

    def _ask(self, video: TimedVideo, labels: Sequence[Label]) -> list[Prediction]:
        stretches = sliding(video.span, self._grounder.max_window, overlap=self._overlap)
        queries = [label.query for label in labels]
        seen = [self._grounder.ground_each(video, stretch, queries) for stretch in stretches]
        return [_prediction(label, said) for label, *said in zip(labels, *seen, strict=True)]


def sliding(whole: Span, longest: float, *, overlap: float) -> list[Span]:
    """Return the whole, or stretches of `longest` seconds at even distances that cover it.

    Args:
        whole: what is to be seen.
        longest: seconds of one stretch, at most.
        overlap: the least share of a stretch that the next one sees again, in [0, 1).
    """
    if whole.duration <= longest:
        return [whole]
    steps = math.ceil((whole.duration - longest) / (longest * (1 - overlap)))
    step = (whole.duration - longest) / steps
    starts = [whole.start + number * step for number in range(steps + 1)]
    return [Span(start, min(start + longest, whole.end)) for start in starts]


def best_moments(said: Sequence[Grounding]) -> list[Moment]:
    """Return the moments of all stretches, the surest first, the earlier of equals; doubles are left out."""
    moments = sorted(
        (moment for grounding in said for moment in grounding.moments),
        key=lambda moment: -moment.confidence,
    )
    return [moments[at] for at in suppress([m.span for m in moments], max_iou=MAX_OVERLAP)]


def status_of(said: Sequence[Grounding]) -> Status:
    """Return `failed` where no reply could be read, `repaired` where not all could as they stood, else `ok`."""
    statuses = [grounding.reply.status for grounding in said if grounding.reply is not None]
    if set(statuses) == {"failed"}:
        return "failed"
    return "ok" if set(statuses) <= {"ok"} else "repaired"


def _prediction(label: Label, said: Sequence[Grounding]) -> Prediction:
    """Return what the groundings of one query, in all stretches, come to."""
    moments = best_moments(said)
    status = status_of(said)
    cost = sum((grounding.cost for grounding in said), Cost())
    return Prediction(
        label.id,
        windows=tuple((m.span.start, m.span.end, m.confidence) for m in moments),
        raw=_words(said),
        status=status,
        outcome=None if status == "failed" else "answered" if moments else "not_found",
        confidence=_stated(said, moments),
        frames=cost.frames,
        visual_tokens=cost.visual_tokens,
        looked=tuple((one.within.start, one.within.end) for one in said),
    )


def _stated(said: Sequence[Grounding], moments: Sequence[Moment]) -> float | None:
    """Return the confidence of the best moment, where the model states any."""
    stated = any(grounding.score_kind == "stated" for grounding in said)
    return moments[0].confidence if moments and stated else None


def _words(said: Sequence[Grounding]) -> object:
    words = [grounding.reply.text if grounding.reply else "" for grounding in said]
    if len(said) == 1:
        return words[0]
    return [
        {"within": [round(g.within.start, 3), round(g.within.end, 3)], "text": text}
        for g, text in zip(said, words, strict=True)
    ]

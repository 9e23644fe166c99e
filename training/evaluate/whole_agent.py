"""WholeAgent: the agent as people use it: search, look closely, verify, answer."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from agent.answer import Answer, option_letter
from scenetg.formats import Label
from scenetg.formats.row import as_window
from training.evaluate.prediction import Prediction
from training.evaluate.specs import AgentSpec
from training.evaluate.systems import Ask, Setup, one_by_one
from training.evaluate.timing import Stopwatch, TimedEncoder, TimedVideo, TimedVlm

if TYPE_CHECKING:
    from agent import Context


class WholeAgent:
    """Asks a question where a query has one, else looks for the moments."""

    looks = True
    at_once = 1

    def __init__(self, spec: AgentSpec, setup: Setup, watch: Stopwatch) -> None:
        """Load the encoder and the models.

        Raises:
            SpecError: a name means nothing.
            ModelError: a model cannot be loaded.
        """
        from grounder.encoders import load_encoder
        from grounder.vlm import load_vlm

        self._spec, self._setup, self._watch = spec, setup, watch
        self._encoder = TimedEncoder(load_encoder(spec.encoder), watch)
        self._vlm = TimedVlm(load_vlm(spec.vlm), watch) if spec.vlm else None
        own = spec.grounder not in {"auto", "retrieval", spec.vlm}
        self._grounder = TimedVlm(load_vlm(spec.grounder), watch) if own else None

    @contextmanager
    def opened(self, video: Path | None) -> Iterator[Ask]:
        """Index a video where that has not been done, and open it for questions."""
        with self.context(video) as context:
            yield one_by_one(partial(self._ask, context))

    @contextmanager
    def context(self, video: Path | None) -> "Iterator[Context]":
        """Open a video as a context of the agent."""
        from agent import Budget, open_context

        assert video is not None  # a system that looks is given a file
        spec = self._spec
        with ExitStack() as stack:
            with self._watch.stage("decode"):
                context = stack.enter_context(
                    open_context(
                        video,
                        library=self._setup.library,
                        vlm=self._vlm,
                        grounder=self._grounder or spec.grounder,
                        encoder=self._encoder,
                        decoder=self._setup.decoder,
                        budget=Budget(
                            looks=spec.max_looks,
                            answer_frames=spec.frames,
                            window=spec.window,
                            spacing=spec.spacing,
                        ),
                        thresholds=self._setup.thresholds(self._encoder),
                        keep=False,
                    )
                )
            fit = "" if self._setup.fit is None else str(self._setup.fit)
            yield replace(context, video=TimedVideo(context.video, self._watch), calibration=fit)

    def _ask(self, context: "Context", label: Label) -> Prediction:
        from agent import ask, find

        if label.task != "qa":
            answer = find(label.query, context, k=self._spec.k)
            return prediction_of(answer, label, guess=self._setup.guess)
        question = label.question or label.query
        answer = ask(
            question, context, options=label.options, mode=self._spec.mode, seed=self._setup.seed
        )
        if answer.status == "not_found" and answer.closest and self._setup.guess:
            given = [answer.closest[0].span]
            guess = ask(question, context, options=label.options, mode="given-span", given=given)
            return guessed(prediction_of(answer, label, guess=True), guess, label)
        return prediction_of(answer, label, guess=self._setup.guess)


def prediction_of(answer: Answer, label: Label, *, guess: bool) -> Prediction:
    """Return what an answer says as a prediction; with `guess` its closest moments where it has no evidence."""
    rows = answer.evidence or (answer.closest if guess else ())
    unsaid = label.task == "qa" and bool(answer.evidence) and not spoken(answer)
    return Prediction(
        label.id,
        windows=tuple((row.span.start, row.span.end, row.score) for row in rows),
        answer=answer.text,
        option=None if answer.option is None else option_letter(answer.option.index),
        raw=answer.document(),
        status="failed" if unsaid else "ok",
        outcome=None if unsaid or answer.status == "error" else answer.status,
        confidence=answer.confidence,
        presence=answer.presence,
        mode=answer.mode,
        frames=answer.usage.frames,
        visual_tokens=answer.usage.visual_tokens,
        looked=looked(answer),
    )


def guessed(nothing: Prediction, guess: Answer, label: Label) -> Prediction:
    """Return a prediction that found nothing with the answer over its closest moment; its outcome stays."""
    said = prediction_of(guess, label, guess=False)
    return replace(
        nothing,
        answer=said.answer,
        option=said.option,
        status=said.status,
        outcome=None if said.status == "failed" else "not_found",
        frames=nothing.frames + said.frames,
        visual_tokens=nothing.visual_tokens + said.visual_tokens,
        raw={"asked": nothing.raw, "guessed": said.raw},
    )


def spoken(answer: Answer) -> bool:
    """Tell whether there is an answer at all: its reply could be read."""
    return answer.text is not None or answer.option is not None


def looked(answer: Answer) -> tuple[tuple[float, float], ...]:
    """Return the windows that were looked at, in that order."""
    windows = [step.data["window"] for step in answer.trace if step.node == "ground"]
    return tuple(pair for window in windows if (pair := as_window(window)) is not None)

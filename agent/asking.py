"""What a program calls: ask a question, or find moments, in one video."""

from collections.abc import Sequence

from agent.answer import Answer
from agent.context import Context
from agent.modes import MODES, Mode
from agent.run import Unwatched, Watcher, run_graph
from agent.state import fresh_state
from grounder.span import Span

UNVERIFIED_WANTED = 3
"""Moments to gather when nobody verifies them: the best one alone would look too sure."""


class QuestionError(ValueError):
    """The question, its options, mode or spans do not fit together or do not fit the video."""


def ask(
    question: str,
    context: Context,
    *,
    options: Sequence[str] = (),
    mode: Mode = "grounded",
    given: Sequence[Span] = (),
    seed: int = 0,
    resume: str | None = None,
    watcher: Watcher | None = None,
) -> Answer:
    """Answer a question about one video from the moments that show it.

    Args:
        question: in plain words.
        context: the video and what looks at it, from `open_context`.
        options: choices of a multiple-choice question; the answer names one.
        mode: which frames the answer is made over, see `agent.modes`; all but `grounded` and
            `grounded+context` are controls for evaluation.
        given: spans in seconds of the whole video, for the modes `given-span` and `random-span`.
        seed: draws the places of `random-span`.
        resume: the id of a run to go on with (`Answer.run`), or `last`.
        watcher: is told each step as it happens.

    Returns:
        status `answered` or `uncertain` with evidence, or `not_found` with the closest moments.

    Raises:
        QuestionError: the question is empty, or `given` does not fit the mode or the video.
        RunError: `resume` names no run of this question and video.
        ModelError: a model could not be asked; the run is kept and can be resumed.
        VideoError: frames cannot be read.
    """
    checked_mode(mode, given)
    wanted = 1 if context.roles.verifier.looks else UNVERIFIED_WANTED
    start = fresh_state(
        checked_question(question),
        options=checked_options(options),
        goal="answer",
        mode=mode,
        seed=seed,
        video_id=context.indexed.video_id,
        wanted=wanted,
        given=checked_spans(given, context.span),
    )
    return run_graph(start, context, resume=resume, watcher=watcher or Unwatched())


def find(
    query: str,
    context: Context,
    *,
    k: int = 5,
    resume: str | None = None,
    watcher: Watcher | None = None,
) -> Answer:
    """Find up to `k` moments that a query describes; the result has evidence but no answer.

    `context.budget.looks` bounds how many windows are looked at. Raises as `ask` does.
    """
    start = fresh_state(
        checked_question(query),
        options=(),
        goal="moments",
        mode="grounded",
        seed=0,
        video_id=context.indexed.video_id,
        wanted=k,
        given=(),
    )
    return run_graph(start, context, resume=resume, watcher=watcher or Unwatched())


def checked_question(question: str) -> str:
    """Return the question without outer blanks; QuestionError when nothing is left or it is no text."""
    if not (stripped := checked_text(question).strip()):
        raise QuestionError("The question is empty. Ask something: 'When does the rabbit wake up?'")
    return stripped


def checked_options(options: Sequence[str]) -> list[str]:
    """Return the options without outer blanks; QuestionError when there is no choice between them."""
    stripped = [checked_text(option).strip() for option in options]
    if len(stripped) == 1 or "" in stripped or len(set(stripped)) < len(stripped):
        raise QuestionError(f"Options must be at least two different texts, got {list(options)}.")
    return stripped


def checked_text(text: str) -> str:
    """Return the text; QuestionError when a terminal passed on bytes that are not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise QuestionError(f"{text!a} is not UTF-8. Type it in a UTF-8 terminal.") from error
    return text


def checked_mode(mode: Mode, given: Sequence[Span]) -> None:
    """Check that the mode exists and takes these spans; QuestionError when not."""
    if mode not in MODES:
        raise QuestionError(f"No mode is called {mode!r}. Choose one of {', '.join(MODES)}.")
    if given and mode not in {"given-span", "random-span"}:
        raise QuestionError(
            f"Mode {mode} finds its own spans. Give spans to given-span or random-span."
        )
    if not given and mode == "given-span":
        raise QuestionError("Mode given-span needs at least one span.")


def checked_spans(given: Sequence[Span], video: Span) -> list[Span]:
    """Return the parts of the given spans inside the video; QuestionError when one lies outside."""
    inside = [span.clip(video) for span in given]
    if None in inside:
        raise QuestionError(
            f"A given span lies outside the video, which is {video.duration:.1f} s long."
        )
    return [span for span in inside if span is not None]

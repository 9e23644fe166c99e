"""`whenwhat ask` and `whenwhat find`: a question, or a description, and one video."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from grounder.cli.console import (
    EXIT_NOT_FOUND,
    exit_code,
    print_error,
    print_json,
    print_note,
    stoppable,
)
from grounder.cli.options import (
    DecoderOption,
    EncoderOption,
    GrounderOption,
    JsonOption,
    LibraryOption,
    VideoArgument,
    VlmOption,
)
from grounder.errors import WhenwhatError

if TYPE_CHECKING:
    from agent.answer import Answer
    from agent.context import Budget, Context
    from grounder.span import Span

# The same words as `agent.modes.Mode`; typer reads choices from a Literal that it can see.
ModeName = Literal["uniform", "grounded", "grounded+context", "given-span", "random-span"]

LooksOption = Annotated[
    int, typer.Option("--max-looks", min=1, help="Windows that are looked at closely, at most.")
]
FramesOption = Annotated[
    int | None,
    typer.Option("--max-frames", min=1, help="Frames shown to models in the whole run, at most."),
]
SecondsOption = Annotated[
    float | None, typer.Option("--max-seconds", min=0.0, help="No further look after this long.")
]
WindowOption = Annotated[
    float, typer.Option("--window", min=1.0, help="Seconds that one look covers, at most.")
]
ResumeOption = Annotated[
    str | None,
    typer.Option("--resume", metavar="RUN", help="Go on with a stopped run: its id, or `last`."),
]
ClipsOption = Annotated[
    Path | None,
    typer.Option(
        "--clips", file_okay=False, help="Cut the evidence into clips and thumbnails here."
    ),
]


def ask(
    video: VideoArgument,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In plain words.")],
    options: Annotated[
        list[str] | None, typer.Option("--option", help="A choice to pick from; repeat it.")
    ] = None,
    vlm: VlmOption = None,
    grounder: GrounderOption = "auto",
    encoder: EncoderOption = "auto",
    library: LibraryOption = None,
    decoder: DecoderOption = "pyav",
    max_looks: LooksOption = 4,
    max_frames: FramesOption = None,
    max_seconds: SecondsOption = None,
    answer_frames: Annotated[
        int, typer.Option("--answer-frames", min=1, help="Frames the answer is made over.")
    ] = 32,
    window: WindowOption = 60.0,
    spacing: Annotated[
        float,
        typer.Option(
            "--spacing", min=0.0, help="Seconds between frames of an answer or a check, at least."
        ),
    ] = 0.0,
    mode: Annotated[
        ModeName, typer.Option("--mode", help="Where these frames come from; for evaluation.")
    ] = "grounded",
    spans: Annotated[
        list[str] | None,
        typer.Option(
            "--span", metavar="START-END", help="For --mode given-span: 33-47.5 or 0:33-0:47."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="For --mode random-span.")] = 0,
    resume: ResumeOption = None,
    clips: ClipsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question about a video, and show the moments that the answer rests on."""
    from agent.asking import ask as ask_agent
    from agent.context import Budget
    from agent.terminal import HINT, TerminalWatcher

    budget = Budget(
        max_looks, max_frames, max_seconds, answer_frames, window=window, spacing=spacing
    )
    if vlm is None:
        print_note(HINT)
    watcher = TerminalWatcher()
    with reported(question, as_json=as_json), stoppable(lambda: watcher.run):
        given = [read_span(text) for text in spans or ()]
        check(question, options or (), clips, mode, given)
        with opened(video, library, vlm, grounder, encoder, decoder, budget, given) as context:
            with watcher:
                answer = ask_agent(
                    question,
                    context,
                    options=options or (),
                    mode=mode,
                    given=given,
                    seed=seed,
                    resume=resume,
                    watcher=watcher,
                )
            finish(answer, context, clips=clips, as_json=as_json)


def find(
    video: VideoArgument,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What is seen or heard there.")],
    k: Annotated[int, typer.Option("-k", min=1, help="Moments, at most.")] = 5,
    vlm: VlmOption = None,
    grounder: GrounderOption = "auto",
    encoder: EncoderOption = "auto",
    library: LibraryOption = None,
    decoder: DecoderOption = "pyav",
    max_looks: Annotated[
        int | None,
        typer.Option("--max-looks", min=1, help="Windows looked at.", show_default="as -k"),
    ] = None,
    max_frames: FramesOption = None,
    max_seconds: SecondsOption = None,
    window: WindowOption = 60.0,
    resume: ResumeOption = None,
    clips: ClipsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the moments that a description fits; no answer is made."""
    from agent.asking import find as find_moments
    from agent.context import Budget
    from agent.terminal import TerminalWatcher

    budget = Budget(max_looks or k, max_frames, max_seconds, window=window)
    watcher = TerminalWatcher()
    with reported(query, as_json=as_json), stoppable(lambda: watcher.run):
        check(query, (), clips)
        with opened(video, library, vlm, grounder, encoder, decoder, budget) as context:
            with watcher:
                answer = find_moments(query, context, k=k, resume=resume, watcher=watcher)
            finish(answer, context, clips=clips, as_json=as_json)


def check(
    question: str,
    options: Sequence[str],
    clips: Path | None,
    mode: ModeName = "grounded",
    given: "Sequence[Span]" = (),
) -> None:
    """Refuse what cannot work before the minutes of indexing, not after."""
    from agent.asking import checked_mode, checked_options, checked_question

    checked_question(question)
    checked_options(options)
    checked_mode(mode, given)
    if clips is not None:
        from agent.clips import make_folder

        make_folder(clips)


@contextmanager
def opened(
    video: str,
    library: Path | None,
    vlm: str | None,
    grounder: str,
    encoder: str,
    decoder: str,
    budget: "Budget",
    given: "Sequence[Span]" = (),
) -> "Iterator[Context]":
    """Open the video, indexing it under a progress bar when that has not been done."""
    from agent.opening import open_context
    from grounder.cli.index import Bars

    with ExitStack() as stack:
        drawing = stack.enter_context(ExitStack())
        bars = drawing.enter_context(Bars(Path(video)))
        context = stack.enter_context(
            open_context(
                video,
                library=library,
                vlm=vlm,
                grounder=grounder,
                encoder=encoder,
                decoder=decoder,
                budget=budget,
                given=given,
                progress=bars.show,
                note=print_note,
            )
        )
        drawing.close()
        yield context


@contextmanager
def reported(question: str, *, as_json: bool) -> Iterator[None]:
    """Turn what goes wrong into exit codes; with --json also into a document with status `error`."""
    from agent.asking import QuestionError

    try:
        yield
    except QuestionError as error:
        if as_json:
            print_json(error_document(question, error))
        raise typer.BadParameter(str(error)) from error
    except WhenwhatError as error:
        if not as_json:
            raise
        print_json(error_document(question, error))
        print_error(str(error))
        raise typer.Exit(exit_code(error)) from error


def error_document(question: str, error: Exception) -> dict[str, object]:
    """Return the document of a question that could not be asked; what is no text in it is spelt out."""
    from agent.answer import Answer

    reason = {"kind": type(error).__name__, "message": spelt(str(error))}
    return Answer(spelt(question), "error", error=reason).document()


def spelt(text: str) -> str:
    """Return the text with bytes that are not UTF-8 written as escapes."""
    return text.encode(errors="backslashreplace").decode()


def finish(answer: "Answer", context: "Context", *, clips: Path | None, as_json: bool) -> None:
    """Cut the clips, print the result and leave with its exit code."""
    from agent.terminal import print_answer

    if clips is not None:
        from agent.clips import cut_evidence

        answer = cut_evidence(answer, context.video, clips)
    if as_json:
        print_json(answer.document())
    else:
        print_answer(answer)
    if answer.status == "not_found":
        raise typer.Exit(EXIT_NOT_FOUND)


def read_span(text: str) -> "Span":
    """Read `33-47.5` or `0:33-0:47` as seconds.

    Raises:
        QuestionError: it is neither.
    """
    from agent.asking import QuestionError
    from grounder.span import Span
    from grounder.timetext import parse_time

    start, _, end = text.partition("-")
    try:
        return Span(parse_time(start), parse_time(end))
    except ValueError as error:
        raise QuestionError(f"--span {text}: {error}") from error

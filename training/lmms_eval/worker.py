"""The agent behind a pipe: one JSON object a line comes in on stdin, one goes out on stdout for each.

    {"video": "film.mp4", "question": "Who laughs?", "options": [], "mode": "answer"}   ->   {"text": "..."}

With `"mode": "ground"` the text is the best moment alone, `12.3 - 15.6`: the one form that every parser of lmms-eval
reads, whether it takes the first pair or the last. What is wrong with one video or question is `{"error": "..."}`.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from agent.answer import Answer, option_letter
from grounder.errors import WhenwhatError
from grounder.span import Span
from training.evaluate.engine import SAMPLE_ERRORS

if TYPE_CHECKING:
    from agent import Context
    from grounder.encoders import Encoder
    from grounder.vlm import VLM

NOTHING = "not found"
"""The reply when there is no moment to name."""


class Worker:
    """Answers questions; the video that was asked about last stays open."""

    def __init__(
        self, encoder: "Encoder", vlm: "VLM | None", grounder: str, library: Path | None
    ) -> None:
        """Answer with these models, loaded once."""
        self._encoder, self._vlm, self._grounder, self._library = encoder, vlm, grounder, library
        self._stack = ExitStack()
        self._open: tuple[str, Context] | None = None

    def reply(self, asked: dict[str, Any]) -> dict[str, str]:
        """Return what one line is answered with."""
        try:
            context = self._context(asked["video"])
            if asked["mode"] == "ground":
                return {"text": grounded(context, asked["question"])}
            return {"text": answered(context, asked["question"], asked["options"])}
        except SAMPLE_ERRORS as error:
            return {"error": f"{type(error).__name__}: {error}"}

    def close(self) -> None:
        """Close the video that is open."""
        self._open = None
        self._stack.close()

    def _context(self, video: str) -> "Context":
        from agent import open_context

        if self._open is None or self._open[0] != video:
            self.close()
            opened = open_context(
                video,
                library=self._library,
                vlm=self._vlm,
                grounder=self._grounder,
                encoder=self._encoder,
                keep=False,
            )
            self._open = video, self._stack.enter_context(opened)
        return self._open[1]


def grounded(context: "Context", query: str) -> str:
    """Return the best moment for a query, even where it is too unlikely to be called found."""
    from agent import find

    found = find(query, context, k=1)
    best = [*found.evidence, *found.closest][:1]
    return moment_text(best[0].span) if best else NOTHING


def answered(context: "Context", question: str, options: list[str]) -> str:
    """Return the answer to a question: a letter where there are options."""
    from agent import ask

    answer: Answer = ask(question, context, options=options)
    if answer.option is not None:
        return option_letter(answer.option.index)
    return answer.text or NOTHING


def moment_text(span: Span) -> str:
    """Return a span as `12.3 - 15.6`; its end is never its start."""
    start, end = round(span.start, 1), round(span.end, 1)
    return f"{start:.1f} - {max(end, start + 0.1):.1f}"


def serve(worker: Worker, lines: Iterable[str]) -> Iterator[str]:
    """Yield a line for each that comes."""
    for line in lines:
        yield json.dumps(worker.reply(json.loads(line)))


def main() -> None:
    """Load the models and answer until stdin ends."""
    from grounder.encoders import load_encoder
    from grounder.vlm import load_vlm

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--encoder", default="auto")
    parser.add_argument("--vlm", help="as in `whenwhat ask`; without one, answers are extracts")
    parser.add_argument("--grounder", default="auto")
    parser.add_argument("--library", type=Path)
    given = parser.parse_args()
    replies = _own_stdout()
    try:
        vlm = load_vlm(given.vlm) if given.vlm else None
        worker = Worker(load_encoder(given.encoder), vlm, given.grounder, given.library)
        for line in serve(worker, sys.stdin):
            replies.write(line + "\n")
            replies.flush()
        worker.close()
    except WhenwhatError as error:
        sys.exit(f"{type(error).__name__}: {error}")


def _own_stdout() -> TextIO:
    """Return what stdout was; whatever else prints there goes to stderr from now on."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return replies


if __name__ == "__main__":
    main()

"""Found: where the agent found the evidence of a question; it is looked for once and serves every mode."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

from agent.answer import Answer, Evidence
from agent.asking import ask
from agent.context import Context
from agent.roles import Draft, Said, Shot
from agent.state import Candidate
from grounder.video.frames import Frames
from scenetg.formats import Label
from training.evaluate.prediction import Seconds


@dataclass(frozen=True, slots=True)
class Found:
    """The evidence of one question, and what finding it took."""

    qid: str
    evidence: list[Candidate]
    guessed: bool
    """Nothing passed: the evidence is the moment that came closest."""
    frames: int
    visual_tokens: int
    seconds: Seconds


class Mute:
    """An answerer that says nothing: what comes before the answer is wanted alone."""

    name = "none"
    max_side = 0

    def frames_wanted(self, options: Sequence[str]) -> bool:
        """It looks at nothing."""
        return False

    def answer(
        self, question: str, options: Sequence[str], frames: Frames, moments: Sequence[Shot]
    ) -> Said[Draft]:
        """Say nothing."""
        return Said(Draft(""))


def look_for(label: Label, context: Context) -> Found:
    """Plan, search, look and verify as for an answer, and return what came of it; raises as `ask` does."""
    silent = replace(context, roles=replace(context.roles, answerer=Mute()))
    answer = ask(label.question or label.query, silent, options=label.options)
    evidence = kept(answer)
    closest = [_candidate(row, answer) for row in answer.closest[:1]]
    return Found(
        qid=label.id,
        evidence=evidence or closest,
        guessed=not evidence,
        frames=answer.usage.frames,
        visual_tokens=answer.usage.visual_tokens,
        seconds=Seconds(),
    )


def kept(answer: Answer) -> list[Candidate]:
    """Return the moments that passed, as the graph had them: with what the verifier saw."""
    verified = (step.data["kept"] for step in answer.trace if step.node == "verify")
    return [row for rows in verified for row in cast(list[Candidate], rows)]


def read_found(path: Path) -> dict[str, Found]:
    """Return what was found before, by question; lines that a kill has torn count as not written."""
    found = {}
    for line in path.read_bytes().split(b"\n") if path.is_file() else []:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        found[row["qid"]] = Found(**{**row, "seconds": Seconds(**row["seconds"])})
    return found


@contextmanager
def appending_found(path: Path) -> Iterator[Callable[[Found], None]]:
    """Open the notes for more, and yield what writes one; a process that is killed afterwards has written it."""
    with path.open("a", encoding="utf-8") as notes:
        # A torn last line must not swallow the next.
        notes.write("\n")

        def note(found: Found) -> None:
            notes.write(json.dumps(asdict(found)) + "\n")
            notes.flush()

        yield note


def _candidate(row: Evidence, answer: Answer) -> Candidate:
    return Candidate(
        start=row.span.start,
        end=row.span.end,
        score=row.score,
        score_kind=row.score_kind,
        presence=answer.presence or 0.0,
        sources=list(row.source),
        query="",
        verdict="unverified",
        note="",
    )

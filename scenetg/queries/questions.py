"""Questions about rows that were kept: what is seen there, with the row's span as evidence.

Each is checked without the model's say-so where that is possible, then by asking: the answer must come out of
the stretch, and must not come out of the question alone.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from grounder.vlm import Prompt, Sampling
from scenetg.asking.asker import Asker, Failure, json_reader
from scenetg.candidate import Candidate, Outcome, Rejection, sort_out
from scenetg.context import Context
from scenetg.prompts import (
    LETTERS,
    ChoiceReply,
    QuestionReply,
    answer_messages,
    guess_messages,
    question_messages,
)
from scenetg.queries.clips import clips
from scenetg.queries.wording import check_manner
from scenetg.settings import Questions, Settings
from scenetg.visual.look import Look

STAGE = "questions"
SEEN = "questions answered"
GUESSED = "questions guessed"
MAX_TOKENS = 40
"""Of a chosen option."""


Results = list[Candidate | Rejection]
"""One for each row that is asked about: the question so far, or why there is none."""


def questions(candidates: Sequence[Candidate], context: Context) -> Outcome:
    """Return the candidates, and a question about each of a share of those with one place.

    A question costs one request to write it, one to answer it from its pictures, and `guesses` without any.
    """
    how = context.settings.questions
    rows = [one for one in candidates if len(one.spans) == 1 and _share(one.id) < how.share]
    if not rows:
        return Outcome(tuple(candidates))
    look, asker = context.looks[rows[0].video_id], context.need_asker()
    # What the grounder found hard is the query, not the question.
    rows = [
        replace(one, id=f"{one.id}-q", task="qa", difficulty=None, rollouts=None) for one in rows
    ]
    results = _write(rows, look, context.settings, asker)
    results = _check_seen(results, look, context.settings, asker)
    results = _check_guesses(results, how, asker)
    made = sort_out(rows, results)
    kept = sorted([*candidates, *made.kept], key=lambda one: one.id)
    return Outcome(tuple(kept), made.rejected)


def check_words(reply: QuestionReply, settings: Questions) -> Rejection | None:
    """Return the first reason to reject a question by its words, or None."""
    options = [reply.answer, *reply.distractors]
    if len({_plain(option) for option in options}) < len(options):
        return Rejection(STAGE, "two options are the same", detail=reply.answer)
    if (words := len(reply.answer.split())) > settings.most_words:
        return Rejection(STAGE, "answer too long", words, settings.most_words, reply.answer)
    if re.search(rf"(?<!\w){re.escape(_plain(reply.answer))}(?!\w)", _plain(reply.question)):
        return Rejection(STAGE, "question gives its answer away", detail=reply.answer)
    return check_manner(reply.question, STAGE)


def check_hits(hits: int, tries: int, options: int) -> float | Rejection:
    """Return the share of right guesses, or why it is above chance."""
    share, chance = hits / tries, 1 / options
    if share > chance:
        return Rejection(STAGE, "answer can be guessed", share, chance)
    return share


def chosen_option(reply: str, options: Sequence[str]) -> str | None:
    """Return the option that a reply names by its letter or in full; None when it names none."""
    named = _plain(reply.strip().strip("().: "))
    for letter, option in zip(LETTERS, options, strict=False):
        if named in (letter.casefold(), _plain(option), _plain(f"{letter}. {option}")):
            return option
    return None


def _write(rows: Sequence[Candidate], look: Look, settings: Settings, asker: Asker) -> Results:
    how = settings.questions
    replies = asker.ask(
        STAGE,
        (
            question_messages(frames, asker.vlm.adapter)
            for frames in clips(
                look, (row.span for row in rows), settings, count=settings.describe.frames
            )
        ),
        json_reader(QuestionReply),
        Sampling(max_tokens=how.max_tokens, temperature=how.temperature),
    )
    return [_written(row, reply, how) for row, reply in zip(rows, replies, strict=True)]


def _written(
    row: Candidate, reply: QuestionReply | Failure, settings: Questions
) -> Candidate | Rejection:
    if isinstance(reply, Failure):
        return reply.rejection(STAGE)
    if (reason := check_words(reply, settings)) is not None:
        return replace(reason, detail=f"{reason.detail} in {reply.question!r}")
    options = [reply.answer, *reply.distractors]
    # Any order will do that does not tell which one came first.
    turned = sorted(options, key=lambda option: _share(f"{row.id} {option}"))
    return replace(row, question=reply.question, options=tuple(turned), answer=reply.answer)


def _check_seen(results: Results, look: Look, settings: Settings, asker: Asker) -> Results:
    """Reject questions that are not answered rightly by one who looks at the stretch."""
    rows = [one for one in results if isinstance(one, Candidate)]
    shown = clips(look, (row.span for row in rows), settings, count=settings.describe.frames)
    prompts = (
        answer_messages(row.question or "", row.options, frames, asker.vlm.adapter)
        for row, frames in zip(rows, shown, strict=True)
    )
    answers = iter(_choose(SEEN, prompts, asker)) if rows else iter(())
    return [_seen(one, next(answers)) if isinstance(one, Candidate) else one for one in results]


def _seen(row: Candidate, reply: ChoiceReply | Failure) -> Candidate | Rejection:
    if isinstance(reply, Failure):
        return reply.rejection(STAGE)
    answer = chosen_option(reply.option, row.options)
    if answer != row.answer:
        return Rejection(STAGE, "not answered by its own place", detail=f"{answer}: {row.question}")
    return row


def _check_guesses(results: Results, settings: Questions, asker: Asker) -> Results:
    """Reject questions that are answered rightly more often than by chance without looking."""
    if not settings.guesses:
        return results
    asked = [
        (one, _turned(one.options, turn))
        for one in results
        if isinstance(one, Candidate)
        for turn in range(settings.guesses)
    ]
    prompts = (guess_messages(one.question or "", options) for one, options in asked)
    replies = _choose(GUESSED, prompts, asker)
    hits = Counter(
        one.id
        for (one, options), reply in zip(asked, replies, strict=True)
        if not isinstance(reply, Failure) and chosen_option(reply.option, options) == one.answer
    )
    return [
        _guessed(one, hits[one.id], settings.guesses) if isinstance(one, Candidate) else one
        for one in results
    ]


def _guessed(row: Candidate, hits: int, tries: int) -> Candidate | Rejection:
    share = check_hits(hits, tries, len(row.options))
    if isinstance(share, Rejection):
        return replace(share, detail=row.question or "")
    return row.scored(guessed=share)


def _choose(purpose: str, prompts: Iterable[Prompt], asker: Asker) -> list[ChoiceReply | Failure]:
    return asker.ask(purpose, prompts, json_reader(ChoiceReply), Sampling(max_tokens=MAX_TOKENS))


def _turned(options: tuple[str, ...], turn: int) -> tuple[str, ...]:
    first = turn % len(options)
    return options[first:] + options[:first]


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .!?")


def _share(text: str) -> float:
    """Return a number in [0, 1) that depends on nothing but `text`."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) / 2**48

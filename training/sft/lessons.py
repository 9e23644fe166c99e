"""Lesson: one row as a request and the reply that would be right; the request is what the model is served with."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from agent.answer import option_letter
from agent.context import Budget
from agent.modes import frame_times
from agent.prompts import SYSTEM, answer_prompt, plan_prompt, verify_prompt
from agent.roles import Shot
from agent.vlm_roles import largest_side
from grounder.adapters import Adapter
from grounder.prompt import clip_messages, grounding_messages
from grounder.reply import parse_reply, write_reply
from grounder.sample import Sample
from grounder.sampling import uniform
from grounder.span import Span
from grounder.video import Frames
from grounder.vlm import Message, Prompt, Text
from scenetg.prompts import caption_messages
from scenetg.settings import Describe
from training.sft.footage import Footage

Subject = Literal["ground", "caption", "verify", "qa", "plan"]
"""What is taught: a task of the rows, or `plan`: from the question of a `qa` row to what to search for."""
SUBJECTS: tuple[Subject, ...] = get_args(Subject)
Targets = Literal["plain", "thought", "bare"]
"""Replies to `ground` rows: the answer alone, or after the thought in the row's `meta`. `bare`: the answer alone, and
answers to questions cite no moment (the agent then takes them to rest on all that was shown) and name an option by its
words (the agent reads both): a small model sees what is shown long before it counts letters."""
TARGETS: tuple[Targets, ...] = get_args(Targets)


@dataclass(frozen=True, slots=True)
class Pictures:
    """How many pictures a lesson shows: by default as many as the agent and the dataset builder do."""

    answer: int = Budget().answer_frames
    verify: int = Budget().verify_frames
    describe: int = Describe().frames
    spacing: float = Budget().spacing
    """Seconds between two at least, of an answer or a verification, see `agent.context.Budget`."""


SERVED = Pictures()


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the model is shown, and what it should reply."""

    prompt: Prompt
    reply: str
    subject: Subject


def lesson_of(
    sample: Sample,
    subject: Subject,
    footage: Footage,
    *,
    adapter: Adapter,
    targets: Targets,
    pictures: Pictures = SERVED,
) -> Lesson:
    """Return the lesson of a row; its pictures are read here.

    Raises:
        ValueError: the row has not what the subject needs; the message says what.
        VideoError: its video cannot be read.
    """
    reply = reply_of(sample, subject, footage.span, adapter=adapter, targets=targets)
    return Lesson(PROMPTS[subject](sample, footage, adapter, pictures), reply, subject)


def subjects_of(sample: Sample) -> tuple[Subject, ...]:
    """Return what a row can teach."""
    if sample.task == "shots":
        return ()
    return ("qa", "plan") if sample.task == "qa" else (sample.task,)


def reply_of(
    sample: Sample, subject: Subject, within: Span, *, adapter: Adapter, targets: Targets
) -> str:
    """Return the reply that would be right.

    Args:
        sample: the row.
        subject: one of `subjects_of(sample)`.
        within: what there is to see of its video.
        adapter: how the model answers.
        targets: with a thought or without.

    Raises:
        ValueError: the row has not what the subject needs, or the adapter cannot say it.
    """
    if subject == "ground":
        return _grounding(sample, within, adapter, targets)
    if subject == "qa":
        return _answer(sample, bare=targets == "bare")
    return REPLIES[subject](sample)


def _grounding(sample: Sample, within: Span, adapter: Adapter, targets: Targets) -> str:
    thought = ""
    if targets == "thought":
        thought = sample.meta.get("thought", "")
        if not (isinstance(thought, str) and thought.strip()):
            raise ValueError("its meta has no `thought`. Give it one, or train with targets: plain")
        if re.search(r"</?think>", thought, flags=re.IGNORECASE):
            raise ValueError(f"its thought holds a tag of its own: {thought!r}")
    reply = write_reply(sample.spans, adapter=adapter, within=within, thought=thought)
    # A target that the one parser does not read as meant would teach what is never scored.
    read = parse_reply(reply, adapter=adapter, within=within)
    if read.status != "ok" or len(read.spans) != len(sample.spans):
        raise ValueError(
            f"the adapter {adapter.name!r} cannot say it: {reply!r} is read back as "
            f"{len(read.spans)} of {len(sample.spans)} moments ({', '.join(read.repairs) or read.status})"
        )
    return reply


def _caption(sample: Sample) -> str:
    _only_span(sample)
    return _answer_of(sample)


def _verdict(sample: Sample) -> str:
    _only_span(sample)
    seen = _answer_of(sample)
    if seen not in {"yes", "no"}:
        raise ValueError(f"its answer is {seen!r}; a `verify` row has yes or no")
    return _json({"seen": seen, "note": sample.query if seen == "yes" else ""})


def _answer(sample: Sample, *, bare: bool) -> str:
    _question_of(sample)
    answer = _answer_of(sample)
    option = {}
    if sample.options:
        letter = option_letter(sample.options.index(answer))
        option = {"option": answer if bare else letter}
    spans = () if bare else sample.spans
    citations = [[round(span.start, 2), round(span.end, 2)] for span in spans]
    return _json(
        {"answer": answer, **option, "citations": citations, "enough": True, "confidence": 1.0}
    )


def _plan(sample: Sample) -> str:
    _question_of(sample)
    return _json({"queries": [sample.query], "every": False})


REPLIES: dict[str, Callable[[Sample], str]] = {
    "caption": _caption,
    "verify": _verdict,
    "plan": _plan,
}


def _grounding_prompt(
    sample: Sample, footage: Footage, adapter: Adapter, pictures: Pictures
) -> Prompt:
    frames = footage.window(adapter.budget)
    return grounding_messages(adapter, frames, sample.query, within=footage.span)


def _caption_prompt(
    sample: Sample, footage: Footage, adapter: Adapter, pictures: Pictures
) -> Prompt:
    times = uniform(_only_span(sample), pictures.describe)
    return caption_messages(footage.frames(times, max_side=largest_side(adapter)), adapter)


def _verify_prompt(
    sample: Sample, footage: Footage, adapter: Adapter, pictures: Pictures
) -> Prompt:
    span = _only_span(sample)
    times = frame_times(
        "grounded", [span], footage.span, budget=pictures.verify, spacing=pictures.spacing
    )
    frames = footage.frames(times, max_side=largest_side(adapter))
    return clip_messages(
        SYSTEM,
        verify_prompt(sample.query, Shot(span, frames, footage.described(span))),
        frames,
        adapter,
    )


def _answer_prompt(
    sample: Sample, footage: Footage, adapter: Adapter, pictures: Pictures
) -> Prompt:
    times = frame_times(
        "given-span" if sample.spans else "uniform",
        sample.spans,
        footage.span,
        budget=pictures.answer,
        spacing=pictures.spacing,
    )
    frames = footage.frames(times, max_side=largest_side(adapter))
    unseen = Frames(frames.images[:0], frames.times[:0])
    note = sample.meta.get("note", "")
    moments = [
        Shot(span, unseen, f"{note} {footage.described(span)}".strip()) for span in sample.spans
    ]
    question = answer_prompt(_question_of(sample), sample.options, moments)
    return clip_messages(SYSTEM, question, frames, adapter)


def _plan_prompt(sample: Sample, footage: Footage, adapter: Adapter, pictures: Pictures) -> Prompt:
    question = plan_prompt(_question_of(sample), sample.options)
    return (Message("system", (Text(SYSTEM),)), Message("user", (Text(question),)))


PROMPTS: dict[Subject, Callable[[Sample, Footage, Adapter, Pictures], Prompt]] = {
    "ground": _grounding_prompt,
    "caption": _caption_prompt,
    "verify": _verify_prompt,
    "qa": _answer_prompt,
    "plan": _plan_prompt,
}


def _answer_of(sample: Sample) -> str:
    if not sample.answer:
        raise ValueError(f"it has no answer, which a `{sample.task}` row needs")
    return sample.answer


def _question_of(sample: Sample) -> str:
    if not sample.question:
        raise ValueError("it has no question, which a `qa` row needs")
    return sample.question


def _only_span(sample: Sample) -> Span:
    if len(sample.spans) != 1:
        raise ValueError(f"a `{sample.task}` row has one span; it has {len(sample.spans)}")
    return sample.spans[0]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

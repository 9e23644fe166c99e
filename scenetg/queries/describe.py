"""Describing: what a stretch shows, in a model's words, from the stretch alone (SPEC 1.3, step 6)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from grounder.json_reply import spoken_part
from grounder.span import Span
from grounder.vlm import Prompt, Sampling
from scenetg.asking.asker import Asker, Failure, unreadable
from scenetg.candidate import Candidate, Outcome, sort_out
from scenetg.context import Context
from scenetg.prompts import caption_messages
from scenetg.queries.clips import clips
from scenetg.settings import Settings
from scenetg.visual.look import Look

STAGE = "describe"
LEAST_WORDS = 3
"""Of a description; less is no sentence."""
REFUSALS = ("i'm sorry", "i am sorry", "i cannot", "i can't", "as an ai", "unable to")
"""How models begin that do not describe."""


def describe(candidates: Sequence[Candidate], context: Context) -> Outcome:
    """Caption the candidates of one video.

    One request each: its pictures in, a sentence or two out.
    """
    if not candidates:
        return Outcome()
    look = context.looks[candidates[0].video_id]
    spans = [one.span for one in candidates]
    captions = ask_captions(look, spans, context.settings, context.need_asker())
    return sort_out(
        candidates,
        (
            caption.rejection(STAGE) if isinstance(caption, Failure) else replace(one, caption=caption)
            for one, caption in zip(candidates, captions, strict=True)
        ),
    )  # fmt: skip


def ask_captions(
    look: Look, spans: Sequence[Span], settings: Settings, asker: Asker
) -> list[str | Failure]:
    """Return what each stretch of a video shows."""
    how = settings.describe
    sampling = Sampling(max_tokens=how.max_tokens, temperature=how.temperature)
    return asker.ask(STAGE, _prompts(look, spans, settings, asker), read_caption, sampling)


def read_caption(text: str) -> str | Failure:
    """Return a reply as one line, or why it is no description."""
    caption = " ".join(spoken_part(text).split())
    if len(caption.split()) < LEAST_WORDS:
        return unreadable("no sentence", text)
    if caption.startswith("<think>"):
        return unreadable("a thought without an end", text)
    if caption.casefold().startswith(REFUSALS):
        return unreadable("no description", text)
    return caption


def _prompts(
    look: Look, spans: Iterable[Span], settings: Settings, asker: Asker
) -> Iterator[Prompt]:
    for frames in clips(look, spans, settings, count=settings.describe.frames):
        yield caption_messages(frames, asker.vlm.adapter)

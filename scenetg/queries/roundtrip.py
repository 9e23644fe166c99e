"""Round trip: does a grounder, shown the whole video, find the place again? How well becomes the difficulty.

SPEC 1.3, step 8; `difficulty` is Time-R1's field (100 x IoU), mean and deviation are TimeLens2's.
"""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from grounder.adapters import Adapter
from grounder.ground import Grounder, Moment
from grounder.ground.vlm import VlmGrounder, read_moments, window_frames
from grounder.prompt import grounding_messages
from grounder.reply import parse_reply
from grounder.sample import Rollouts
from grounder.span import Span, iou_of_sets
from grounder.video import Video
from grounder.vlm import Prompt, Sampling
from scenetg.asking.asker import Asker, Failure
from scenetg.candidate import Candidate, Outcome, Rejection, sort_out
from scenetg.context import Context
from scenetg.settings import Roundtrip, Settings
from scenetg.visual.finding import Similarity
from scenetg.visual.look import Look

STAGE = "roundtrip"
OVERLAP = 0.2
"""Of a window that the next one shows again, at least: an event on the edge of one is inside another."""
ALSO = 0.75
"""Part of the surest moment's confidence that another must reach to count as a place, too."""

Try = tuple[Moment, ...]
"""The moments of one try, of all windows."""


def roundtrip(candidates: Sequence[Candidate], context: Context) -> Outcome:
    """Measure how well the grounder finds each query in its whole video.

    A model costs `rollouts` requests for each query and window of the video; retrieval costs nothing, and
    always answers alike: one try.
    """
    if not candidates or context.grounder is None:
        return Outcome(tuple(candidates))
    look, how = context.looks[candidates[0].video_id], context.settings.roundtrip
    grounder = context.grounder
    if isinstance(grounder, VlmGrounder):
        asker = context.need_asker().for_model(grounder.vlm)
        tries = ask_tries(candidates, look, grounder, context.settings, asker)
    else:
        finder = grounder.over(look) if isinstance(grounder, Similarity) else grounder
        tries = list(_tried_once(candidates, look, finder, context.settings))
    return sort_out(
        candidates,
        (_judged(one, of_one, how) for one, of_one in zip(candidates, tries, strict=True)),
    )


def windows(duration: float, longest: float) -> list[Span]:
    """Return equally long, overlapping windows of at most `longest` seconds that cover the video."""
    if duration <= longest:
        return [Span(0.0, duration)]
    step = longest * (1 - OVERLAP)
    count = 1 + math.ceil((duration - longest) / step)
    starts = np.linspace(0.0, duration - longest, count)
    return [Span(float(start), min(float(start) + longest, duration)) for start in starts]


def score_try(moments: Try, truth: Sequence[Span]) -> float:
    """Return the IoU of what was found with all places of the query; for one that has none, 1 if none was found."""
    if not truth:
        return float(not moments)
    least = ALSO * max((moment.confidence for moment in moments), default=0.0)
    return iou_of_sets([one.span for one in moments if one.confidence >= least], truth)


def check_iou(mean: float, settings: Roundtrip) -> float | Rejection:
    """Return the mean IoU of all tries, or why it is too low or too high."""
    if mean < settings.least_iou:
        return Rejection(STAGE, "not found again", mean, settings.least_iou)
    if mean > settings.most_iou:
        return Rejection(STAGE, "found too easily", mean, settings.most_iou)
    return mean


def ask_tries(
    candidates: Sequence[Candidate],
    look: Look,
    grounder: VlmGrounder,
    settings: Settings,
    asker: Asker,
) -> list[list[Try] | Failure]:
    """Return the tries of each candidate; a reply that cannot be read has found nothing."""
    how, adapter = settings.roundtrip, grounder.adapter
    found: list[list[Try] | Failure] = [[() for _ in range(how.rollouts)] for _ in candidates]
    with Video.open(look.path, decoder=settings.shots.decoder) as video:
        for part in windows(look.duration, grounder.max_window):
            frames = window_frames(video, part, adapter.budget)
            prompts = [
                grounding_messages(adapter, frames, one.query or "", within=part)
                for one in candidates
            ]
            for number, replies in enumerate(_replies(prompts, how, adapter, asker)):
                for place, reply in enumerate(replies):
                    found[place] = _with_reply(found[place], number, reply, adapter, part)
    return found


def _replies(
    prompts: Sequence[Prompt], settings: Roundtrip, adapter: Adapter, asker: Asker
) -> list[list[str | Failure]]:
    """Return the replies of each try; all tries go to the model at once."""

    def ask(number: int) -> list[str | Failure]:
        sampling = Sampling(adapter.max_tokens, settings.temperature, seed=number)
        return asker.ask(STAGE, prompts, str, sampling)

    with ThreadPoolExecutor(settings.rollouts) as pool:
        return list(pool.map(ask, range(settings.rollouts)))


def _with_reply(
    tries: list[Try] | Failure, number: int, reply: str | Failure, adapter: Adapter, part: Span
) -> list[Try] | Failure:
    if isinstance(tries, Failure):
        return tries
    if isinstance(reply, Failure):
        return reply
    moments = read_moments(parse_reply(reply, adapter=adapter, within=part))
    return [one + moments if place == number else one for place, one in enumerate(tries)]


def _tried_once(
    candidates: Sequence[Candidate], look: Look, grounder: Grounder, settings: Settings
) -> Iterator[list[Try] | Failure]:
    parts = windows(look.duration, grounder.max_window)
    with Video.open(look.path, decoder=settings.shots.decoder) as video:
        for one in candidates:
            found = (grounder.ground(video, part, one.query or "") for part in parts)
            yield [tuple(moment for grounding in found for moment in grounding.moments)]


def _judged(
    candidate: Candidate, tries: Sequence[Try] | Failure, settings: Roundtrip
) -> Candidate | Rejection:
    if isinstance(tries, Failure):
        return tries.rejection(STAGE)
    ious = [score_try(one, candidate.spans) for one in tries]
    mean = check_iou(float(np.mean(ious)), settings)
    if isinstance(mean, Rejection):
        return mean
    return replace(
        candidate,
        difficulty=round(100 * mean, 2),
        rollouts=Rollouts(round(mean, 4), round(float(np.std(ious)), 4), len(ious)),
    )

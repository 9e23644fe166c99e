"""VlmGrounder: show a model one stretch of video, ask, and read its reply."""

from collections.abc import Sequence

import numpy as np

from grounder.adapters import Adapter, Budget
from grounder.ground.grounding import Cost, Grounding, Moment
from grounder.prompt import grounding_messages
from grounder.reply import Reply, parse_reply
from grounder.sampling import from_start
from grounder.span import Span
from grounder.video import Frames, Video
from grounder.vlm import VLM, Completion, Sampling

SLACK = 0.01  # seconds: windows are cut at decimal times


class VlmGrounder:
    """Asks a vision-language model for the moments of a query.

    A reply that cannot be read gives a Grounding without moments whose `reply.status` is `failed`.
    """

    def __init__(self, vlm: VLM, adapter: Adapter | None = None) -> None:
        """Ground with `vlm`, asked in the way of `adapter` (the model's own when None)."""
        self.vlm = vlm
        self.adapter = adapter or vlm.adapter
        self.name = vlm.name
        self.max_window = self.adapter.budget.max_seconds

    def ground(self, video: Video, within: Span, query: str) -> Grounding:
        """Look for `query` inside `within`; raises as `ground_each` does."""
        return self.ground_each(video, within, [query])[0]

    def ground_each(self, video: Video, within: Span, queries: Sequence[str]) -> list[Grounding]:
        """Look for several queries inside `within`, in one call of the model.

        Raises:
            ValueError: `within` is longer than `max_window` or outside the video, or a query is empty.
            BackendError: the model's server or engine failed.
        """
        for query in queries:
            self._check(video, within, query)
        frames = window_frames(video, within, self.adapter.budget)
        prompts = [grounding_messages(self.adapter, frames, q, within=within) for q in queries]
        sampling = Sampling(max_tokens=self.adapter.max_tokens)
        return [self._read(said, within) for said in self.vlm.generate(prompts, sampling)]

    def _read(self, completion: Completion, within: Span) -> Grounding:
        reply = parse_reply(completion.text, adapter=self.adapter, within=within)
        return Grounding(
            moments=read_moments(reply),
            within=within,
            score_kind="stated" if _all_stated(reply) else "parsed",
            reply=reply,
            cost=_cost(completion),
        )

    def _check(self, video: Video, within: Span, query: str) -> None:
        if not query.strip():
            raise ValueError("The query is empty. Say what to look for.")
        if within.duration > self.max_window + SLACK:
            raise ValueError(
                f"{self.name} can look at {self.max_window:.0f} s at once, but {within} is "
                f"{within.duration:.1f} s long. Cut it into shorter windows."
            )
        if within.start < 0 or within.end > video.duration + SLACK:
            raise ValueError(
                f"{within} lies outside {video.path}, which has {video.duration:.2f} s."
            )


def window_frames(video: Video, within: Span, budget: Budget) -> Frames:
    """Return evenly sampled pictures of `within` under the moments they are on screen at.

    In a video of variable rate a picture may have come up long before that moment; what a model that
    is told one spacing needs, and what is true, is when it is seen.
    """
    times = shown_times(within, budget)
    max_side = max(video.facts.size.within_pixels(budget.frame_pixels(len(times))))
    return Frames(video.frames(times, max_side=max_side).images, np.array(times))


def shown_times(within: Span, budget: Budget) -> list[float]:
    """Return the moments at which a model looks at `within`, evenly spread from its start on.

    A stretch that is longer than the budget allows at its frame rate gets the most frames there may be, further apart:
    so do the published trainers (qwen_vl_utils, `smart_nframes`). Whoever does not want that refuses it before.
    """
    fits = within.duration <= budget.max_seconds + SLACK
    rate = budget.frame_rate if fits else budget.max_frames / within.duration
    return from_start(within, rate, max_frames=budget.max_frames)


def read_moments(reply: Reply) -> tuple[Moment, ...]:
    """Return moments best first; one without a stated confidence counts as sure."""
    moments = [
        Moment(span, 1.0 if confidence is None else confidence)
        for span, confidence in zip(reply.spans, reply.confidences, strict=True)
    ]
    return tuple(sorted(moments, key=lambda moment: -moment.confidence))


def _all_stated(reply: Reply) -> bool:
    return bool(reply.spans) and all(confidence is not None for confidence in reply.confidences)


def _cost(completion: Completion) -> Cost:
    return Cost(
        frames=completion.frames,
        visual_tokens=completion.visual_tokens,
        prompt_tokens=completion.prompt_tokens,
        completion_tokens=completion.completion_tokens,
    )

"""The roles played by one vision-language model; each reply is JSON of a declared shape or a failure."""

import math
from collections.abc import Sequence

from agent.answer import option_letter
from agent.prompts import (
    SYSTEM,
    AnswerReply,
    PlanReply,
    VerifyReply,
    answer_prompt,
    plan_prompt,
    verify_prompt,
)
from agent.roles import Draft, Judgement, Plan, Said, Shot
from grounder.adapters import Adapter
from grounder.ground.grounding import Cost
from grounder.json_reply import Shape, read_json
from grounder.prompt import clip_messages
from grounder.span import Span
from grounder.video.frames import Frames
from grounder.vlm import VLM, Completion, Message, Prompt, Sampling, Text

MAX_TOKENS = 512
MAX_QUERIES = 3


class VlmPlanner:
    """Plans by asking the model; no frames are shown."""

    def __init__(self, vlm: VLM) -> None:
        """Plan with `vlm`."""
        self.vlm = vlm
        self.name = vlm.name

    def plan(self, question: str, options: Sequence[str]) -> Said[Plan]:
        """Ask for queries."""
        prompt = (
            Message("system", (Text(SYSTEM),)),
            Message("user", (Text(plan_prompt(question, options)),)),
        )
        said = ask_model(self.vlm, [prompt], PlanReply)[0]
        if said.value is None:
            return Said(None, said.cost, said.failure)
        return Said(Plan(tuple(said.value.queries[:MAX_QUERIES]), said.value.every), said.cost)


class VlmVerifier:
    """Shows the model each moment alone and asks whether it is the one; `unsure` counts as no verdict."""

    looks = True

    def __init__(self, vlm: VLM) -> None:
        """Verify with `vlm`."""
        self.vlm = vlm
        self.name = vlm.name
        self.max_side = largest_side(vlm.adapter)

    def verify(self, query: str, shots: Sequence[Shot]) -> list[Said[Judgement]]:
        """Judge all shots in one batch."""
        prompts = [
            clip_messages(SYSTEM, verify_prompt(query, shot), shot.frames, self.vlm.adapter)
            for shot in shots
        ]
        return [_judgement(said) for said in ask_model(self.vlm, prompts, VerifyReply)]


class VlmAnswerer:
    """Shows the model the frames of the moments and asks the question."""

    def __init__(self, vlm: VLM) -> None:
        """Answer with `vlm`."""
        self.vlm = vlm
        self.name = vlm.name
        self.max_side = largest_side(vlm.adapter)

    def frames_wanted(self, options: Sequence[str]) -> bool:
        """It always looks."""
        return True

    def answer(
        self, question: str, options: Sequence[str], frames: Frames, moments: Sequence[Shot]
    ) -> Said[Draft]:
        """Ask the question over `frames`."""
        if not len(frames):
            return Said(None, failure="no frame may be shown any more")
        text = answer_prompt(question, options, moments)
        said = ask_model(
            self.vlm, [clip_messages(SYSTEM, text, frames, self.vlm.adapter)], AnswerReply
        )[0]
        if said.value is None:
            return Said(None, said.cost, said.failure)
        return _draft(said.value, said.cost, options)


def largest_side(adapter: Adapter) -> int:
    """Return the long side in pixels of the largest frame the model takes, at 2:1."""
    return math.isqrt(2 * adapter.budget.frame_pixels(1))


def ask_model(vlm: VLM, prompts: Sequence[Prompt], shape: type[Shape]) -> list[Said[Shape]]:
    """Send prompts and read each reply as `shape`.

    Raises:
        BackendError: the model could not be asked at all.
    """
    completions = vlm.generate(prompts, Sampling(max_tokens=MAX_TOKENS)) if prompts else []
    return [_said(completion, shape) for completion in completions]


def read_option(letter: str, options: Sequence[str]) -> int | None:
    """Return the index of the option named by its letter, or by its full text; None when it names none."""
    named = letter.strip().strip("().:").casefold()
    for index, text in enumerate(options):
        full = f"{option_letter(index)}. {text}".casefold()
        if named in {option_letter(index).casefold(), text.strip().casefold(), full}:
            return index
    return None


def _said(completion: Completion, shape: type[Shape]) -> Said[Shape]:
    cost = Cost(
        completion.frames,
        completion.visual_tokens,
        completion.prompt_tokens,
        completion.completion_tokens,
    )
    reply = read_json(completion.text, shape)
    if isinstance(reply, str):
        return Said(None, cost, reply if completion.finished else f"reply was cut off; {reply}")
    return Said(reply, cost)


def _judgement(said: Said[VerifyReply]) -> Said[Judgement]:
    if said.value is None:
        return Said(None, said.cost, said.failure)
    if said.value.seen == "unsure":
        return Said(None, said.cost, f"the verifier is unsure: {said.value.note}")
    return Said(Judgement(said.value.seen == "yes", said.value.note), said.cost)


def _draft(reply: AnswerReply, cost: Cost, options: Sequence[str]) -> Said[Draft]:
    option = read_option(reply.option or "", options) if options else None
    if options and option is None and reply.enough:
        return Said(None, cost, f"option {reply.option!r} is none of those offered")
    citations = tuple(Span(start, end) for start, end in reply.citations if start < end)
    notes = () if len(citations) == len(reply.citations) else ("An empty citation was left out.",)
    return Said(Draft(reply.answer, option, citations, reply.confidence, reply.enough, notes), cost)

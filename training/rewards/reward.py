"""Reward: how well a reply fits the truth of its row, as TRL calls it: completions and columns in, numbers out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from grounder.adapters import Adapter
from grounder.reply import Reply, parse_reply
from grounder.span import Span

Completion = str | Sequence[dict[str, Any]]
"""What TRL hands over: text, or the turns of a conversation."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known about one row."""

    spans: tuple[Span, ...]
    """Everywhere the query is true inside `within`; none means that it never is."""
    within: Span
    """The stretch the model was shown, in seconds of the whole video; its duration is the T of the formulas."""
    answer: str | None = None
    options: tuple[str, ...] = ()


Score = Callable[[Reply, Truth], float | None]
"""One number for one reply; None where the reward does not apply to such a row."""


@dataclass(frozen=True, slots=True)
class Reward:
    """A score in TRL's clothes."""

    name: str
    adapter: Adapter
    """How the model was asked, and so how its replies are read."""
    score: Score
    tasks: tuple[str, ...] = ("ground",)
    """Rows of which tasks it judges (`grounder.sample.Task`)."""
    strict: bool = False
    """Moments in another form than the taught one, or written end before start, count as none, as in the published
    reward functions (SPEC 2.1, 3 and 4). Ends cut to what was shown are no matter of form."""

    @property
    def __name__(self) -> str:
        """The name TRL logs it under."""
        return self.name

    def __call__(
        self,
        completions: Sequence[Completion],
        *,
        spans: Sequence[Sequence[Sequence[float]]],
        within: Sequence[Sequence[float]],
        answer: Sequence[str | None] | None = None,
        options: Sequence[Sequence[str] | None] | None = None,
        task: Sequence[str] | None = None,
        **columns: object,
    ) -> list[float | None]:
        """Return one number per completion, None where the reward does not apply.

        Args:
            completions: what the model wrote.
            spans: the true [start, end] pairs of each row, in seconds of the whole video.
            within: [start, end] of the stretch that was shown.
            answer: the right answer of each row that asks a question.
            options: its choices.
            task: what each row asks for; None: what this reward judges.
            columns: whatever else TRL passes; not looked at.
        """
        blank = [None] * len(completions)
        rows = zip(completions, spans, within, answer or blank, options or blank, strict=True)
        asked = task or [self.tasks[0]] * len(completions)
        return [
            self._one(*row) if one in self.tasks else None
            for one, row in zip(asked, rows, strict=True)
        ]

    def _one(
        self,
        completion: Completion,
        spans: Sequence[Sequence[float]],
        within: Sequence[float],
        answer: str | None,
        options: Sequence[str] | None,
    ) -> float | None:
        shown = Span(*within)
        inside = (Span(*pair).clip(shown) for pair in spans)
        known = tuple(span for span in inside if span is not None)
        truth = Truth(known, shown, answer, tuple(options or ()))
        reply = parse_reply(text_of(completion), adapter=self.adapter, within=shown)
        return self.score(_as_written(reply) if self.strict else reply, truth)


def _as_written(reply: Reply) -> Reply:
    """Return a reply without the moments that only mending could read."""
    if set(reply.repairs) <= {"clamped"}:
        return reply
    return Reply(reply.text, "failed", (), reply.repairs)


def text_of(completion: Completion) -> str:
    """Return the words of a completion."""
    return (
        completion
        if isinstance(completion, str)
        else "".join(str(turn["content"]) for turn in completion)
    )

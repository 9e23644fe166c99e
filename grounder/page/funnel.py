"""Funnel: stages one below the other, each a bar of what went on and what was left behind, with the sum written out."""

from collections.abc import Sequence
from dataclasses import dataclass

from grounder.page.markup import Markup, Value, element, joined

UNITS = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """What one stage did: entered + added = kept + all that were left + dropped."""

    name: str
    meaning: str
    """What the stage asks of a thing, in a few words."""
    entered: int
    added: int
    kept: int
    dropped: int
    """Gone for another reason than the stage's own."""
    left: Sequence[tuple[str, int]]
    """Reason and how many, the most first."""

    @property
    def rejected(self) -> int:
        """How many the stage itself turned away."""
        return sum(count for _, count in self.left)


def funnel(steps: Sequence[Step], *, dropped: str) -> Markup:
    """Return the stages from the top, all bars to one scale.

    Args:
        steps: in order.
        dropped: why things go that no stage turned away.
    """
    most = max((step.entered + step.added for step in steps), default=0) or 1
    return element("ol", {"class": "funnel"}, *(_row(step, most, dropped) for step in steps))


def _row(step: Step, most: int, dropped: str) -> Markup:
    reasons = [element("span", None, f"{name} ", element("b", None, str(n))) for name, n in step.left]  # fmt: skip
    if step.dropped:
        reasons.append(element("span", None, f"{dropped} ", element("b", None, str(step.dropped))))
    return element(
        "li",
        None,
        element("div", {"class": "stage"}, element("b", None, step.name), element("small", None, step.meaning)),
        _bar(step, most),
        element("div", {"class": "sum"}, *_sum(step)),
        *([element("div", {"class": "reasons"}, *reasons)] if reasons else []),
    )  # fmt: skip


def _bar(step: Step, most: int) -> Markup:
    at, drawn = 0.0, []
    for count, tone in ((step.kept, "green"), (step.rejected, "red"), (step.dropped, "grey")):
        width = UNITS * count / most
        box: dict[str, Value] = {"x": at, "y": 0, "width": width, "height": 10}
        drawn.append(element("rect", box | {"class": f"tone-{tone}"}))
        at += width
    told = f"{step.kept} went on, {step.rejected} were turned away, {step.dropped} gone otherwise"
    frame: dict[str, Value] = {
        "viewBox": f"0 0 {UNITS} 10",
        "preserveAspectRatio": "none",
        "role": "img",
    }
    named = (element("title", None, step.name), element("desc", None, told))
    return element("svg", frame, *named, *drawn)


def _sum(step: Step) -> list[str]:
    """Return the sum as it is read: what came in, was made, was left behind, went on."""
    parts = [str(step.entered)]
    if step.added:
        parts.append(f" + {step.added}")
    if gone := step.rejected + step.dropped:
        parts.append(f" \N{MINUS SIGN} {gone}")
    total = element("b", None, str(step.kept))
    return [joined(parts), " = ", total] if len(parts) > 1 else [total]

"""Query: a description of something seen in a rendered world, as conditions that can be checked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from scenetg.world.script import Thing


@dataclass(frozen=True, slots=True)
class Order:
    """Which of the occurrences is meant."""

    which: str
    """`first`, `last`, or the first one `after` (begins when the anchor has ended), or the last one
    `before` (has ended when the anchor begins)."""
    anchor: "Query | None" = None
    """What it comes after or before; true in exactly one span."""


@dataclass(frozen=True, slots=True)
class Query:
    """Conditions that all hold at once; None asks nothing.

    The first six are about one and the same shape, the others about the scene around it.
    """

    colour: str | None = None
    shape: str | None = None
    size: str | None = None
    action: str | None = None
    place: str | None = None
    partner: Thing | None = None
    """Whom the shape meets."""
    beside: Thing | None = None
    """Another shape on screen at the same time (its size is not asked)."""
    pattern: str | None = None
    tint: str | None = None
    text: str | None = None
    """The lettering on screen."""
    order: Order | None = None

    @property
    def about_a_shape(self) -> bool:
        """Tell whether any condition concerns one shape."""
        conditions = (self.colour, self.shape, self.size, self.action, self.place, self.partner)
        return any(condition is not None for condition in conditions)

    def to_meta(self) -> dict[str, Any]:
        """Return the conditions asked, as JSON values."""
        asked = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _plain(value) for name, value in asked.items() if value is not None}

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> Self:
        """Rebuild a query from what `to_meta` gave."""
        values = dict(meta)
        for name in ("partner", "beside"):
            if name in values:
                values[name] = Thing(*values[name])
        if "order" in values:
            which, anchor = values["order"]
            values["order"] = Order(which, cls.from_meta(anchor) if anchor else None)
        return cls(**values)


def _plain(value: str | Thing | Order) -> object:
    if isinstance(value, Thing):
        return [value.colour, value.shape]
    if isinstance(value, Order):
        return [value.which, value.anchor.to_meta() if value.anchor else None]
    return value

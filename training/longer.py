"""Longer: what becomes of a video that is longer than the adapter shows at its full frame rate."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from grounder.adapters import Adapter
from grounder.errors import DatasetError
from grounder.ground.vlm import SLACK
from training.values import word_of

Longer = Literal["refuse", "spread"]
"""`refuse`: its row is named and nothing is trained; `spread`: it is shown with the most frames that the adapter
allows, evenly spread over all of it and each under its true time (`grounder.ground.vlm.shown_times`)."""
LONGER: tuple[Longer, ...] = get_args(Longer)


def longer_of(table: Mapping[str, Any]) -> Longer:
    """Read the key `longer` of a recipe; `refuse` where there is none."""
    return "spread" if word_of(table, "longer", LONGER) == "spread" else "refuse"


def check_length(
    row: str, video: str, seconds: float, *, adapter: Adapter, longer: Longer, instead: str
) -> None:
    """See that all of a video can be shown.

    Args:
        row: id of the row it is shown for.
        video: its name.
        seconds: how long it is.
        adapter: what shows it.
        longer: what the recipe says.
        instead: what else can be done about one that cannot, as a sentence begins.

    Raises:
        DatasetError: it is too long, and the recipe refuses that.
    """
    most = adapter.budget.max_seconds
    if longer == "spread" or seconds <= most + SLACK:
        return
    raise DatasetError(
        f"Row {row}: {video} is {seconds:.1f} s long, and the adapter {adapter.name!r} shows at most {most:.0f} s at "
        f"{adapter.budget.frame_rate:g} frames a second. {instead}, show fewer frames a second (longer: spread), "
        "leave the row out, or choose another adapter."
    )

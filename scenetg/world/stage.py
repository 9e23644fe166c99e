"""The stage: the picture divided into cells, one per shape, so that shapes do not hide one another."""

import random
from dataclasses import dataclass

from scenetg.world.vocabulary import SIDES

BAND = 0.2
"""Height of the strip at the bottom that letterings stand in, in units of the short side."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A rectangle of the picture in units of the short side."""

    left: float
    top: float
    right: float
    bottom: float
    open_sides: frozenset[str] = frozenset(SIDES)
    """Where it touches the edge of the picture: a shape can come and go there."""

    @property
    def room(self) -> float:
        """Length of its shorter side."""
        return min(self.right - self.left, self.bottom - self.top)


def extent(aspect: float) -> tuple[float, float]:
    """Return (width, height) of a picture in units of its short side; `aspect` is width / height."""
    return max(1.0, aspect), max(1.0, 1 / aspect)


def divide(count: int, aspect: float, *, band: bool, dice: random.Random) -> list[Cell]:
    """Return 1 to 4 cells that do not overlap, the lettering's strip left free where `band`."""
    width, height = extent(aspect)
    height -= BAND if band else 0.0
    columns, rows = _shape_of_grid(count, width / height)
    cells = [
        _cell(column, row, (columns, rows), (width / columns, height / rows), band=band)
        for row in range(rows)
        for column in range(columns)
    ]
    while len(cells) > count:
        cells.pop(dice.randrange(len(cells)))
    return cells


def _shape_of_grid(count: int, aspect: float) -> tuple[int, int]:
    if count <= 2:
        return (count, 1) if aspect >= 1 else (1, count)
    if count == 3 and aspect >= 1.5:
        return 3, 1
    return 2, 2


def _cell(
    column: int, row: int, grid: tuple[int, int], size: tuple[float, float], *, band: bool
) -> Cell:
    touching = {
        "left": column == 0,
        "right": column == grid[0] - 1,
        "top": row == 0,
        "bottom": row == grid[1] - 1 and not band,  # the strip is no edge to come from
    }
    return Cell(
        left=column * size[0],
        top=row * size[1],
        right=(column + 1) * size[0],
        bottom=(row + 1) * size[1],
        open_sides=frozenset(side for side, touches in touching.items() if touches),
    )

"""Rows of the Ground-then-Answer table, and the questions that fit all of them."""

from dataclasses import dataclass

from agent.modes import MODES, Mode
from grounder.errors import SpecError
from scenetg.formats import Label

OVER_FOUND = frozenset(["grounded", "grounded+context", "random-span"])
"""Modes that need the evidence to have been looked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: where the frames come from, and how many there are at most."""

    mode: Mode
    frames: int

    @property
    def name(self) -> str:
        """Name of its run folder."""
        return f"{self.mode.replace('+', '-and-')}-{self.frames}"


def read_rows(modes: str, frames: str) -> list[Row]:
    """Read `uniform,grounded` and `8,32` as rows, all modes of one budget together.

    Raises:
        SpecError: a mode does not exist, or a budget is no number above 0.
    """
    named = [mode.strip() for mode in modes.split(",")]
    if strange := [mode for mode in named if mode not in MODES]:
        raise SpecError(f"No mode is called {strange[0]!r}. Choose from {', '.join(MODES)}.")
    budgets = [budget.strip() for budget in frames.split(",")]
    if wrong := [budget for budget in budgets if not budget.isdecimal() or int(budget) < 1]:
        raise SpecError(f"--frames holds {wrong[0]!r}; write numbers above 0, as in 8,16,32,64.")
    chosen = [mode for mode in MODES if mode in named]
    return [Row(mode, count) for count in sorted(set(map(int, budgets))) for mode in chosen]


def can_be_asked(label: Label) -> bool:
    """Tell whether a question fits every mode: a multiple choice with a known answer and known evidence."""
    shown = any(start < end for start, end in label.windows)
    return bool(label.options) and label.answer in label.options and shown

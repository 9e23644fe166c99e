"""Multiple choice in other people's files: options with and without their letters, the right one by letter."""

import re
from collections.abc import Sequence

from scenetg.formats.row import Row

LETTERS = "ABCDEFGHIJ"
LETTERED = re.compile(r"^\(?([A-J])[).:]\s*")


def bare(option: str) -> str:
    """Return an option without the letter before it: `B. a cat` and `(B) a cat` are `a cat`."""
    return LETTERED.sub("", option.strip()).strip()


def split_question(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the question and its options, which follow on lines `(A) …`, `(B) …`."""
    lines = text.strip().split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip().startswith("(A)")), len(lines))
    return "\n".join(lines[:first]).strip(), tuple(bare(line) for line in lines[first:] if line)


def by_letter(row: Row, name: str, options: Sequence[str]) -> str:
    """Return the option whose letter a field holds; anything else is an error that names the place."""
    letter = row.text(name).strip().strip("().")
    position = LETTERS.find(letter) if len(letter) == 1 else -1
    if not 0 <= position < len(options):
        row.wrong(name, f"the letter of one of {len(options)} options")
    return options[position]

"""Multiple choice: which option a text names, and the share of right answers, as a whole and by part."""

import re
from collections.abc import Callable, Collection, Sequence

import numpy as np

from scenetg.formats import Label
from scenetg.formats.choices import LETTERS
from training.metrics.case import NOTHING, Case, Columns, Floats, Reading, Rules, counted

# A letter that stands alone or before its option, perhaps bold or after words that announce it.
NAMED = re.compile(
    r"^\W*(?:(?:the\s+)?(?:best|correct|right|final)?\s*(?:answer|option|choice)\s*(?:is|:)?\s*:?\s*)?"
    r"[\s*_]*\(?([A-Z])[*_]*(?:[).:,](?=\s|$|\W)|\W*$)",
    re.IGNORECASE,
)
ANNOUNCED = (
    "The best answer is",
    "The correct answer is",
    "The answer is",
    "The answer",
    "The best option is",
    "The correct option is",
    "Best answer:",
    "Best option:",
)
# Video-MME's and MLVU's scripts lack two commas: their last prefixes are glued together, so `Best answer: C` is B.
GLUED = (*ANNOUNCED[:4], "".join(ANNOUNCED[4:6]), "".join(ANNOUNCED[6:]))


def read_choice(text: str, options: tuple[str, ...]) -> str:
    """Return the letter of the option that a text names: in words, by letter or by position from 0; else nothing."""
    stripped = text.strip()
    for letter, option in zip(LETTERS, options, strict=False):
        if stripped.casefold() == option.strip().casefold():
            return letter
    if stripped.isdecimal():
        return LETTERS[int(stripped)] if int(stripped) < len(options) else ""
    letter, _ = named_letter(stripped)
    return letter if not options or letter in LETTERS[: len(options)] else ""


def named_letter(text: str) -> tuple[str, str]:
    """Return the letter that a text names first, as a capital, and what it says after it; twice nothing without one."""
    match = NAMED.match(text)
    return (match[1].upper(), text[match.end() :]) if match else ("", "")


def first_capital(letters: str, *, announced: Sequence[str] = GLUED) -> Reading:
    """Return the reading of Video-MME, MLVU and LongVideoBench: the first of these capitals, wherever it stands.

    Args:
        letters: the capitals, in order.
        announced: words that are taken out of the text before.
    """

    def read(text: str, options: tuple[str, ...]) -> str:
        for words in announced:
            text = text.replace(words, "")
        match = re.search(f"[{letters}]", text)
        return match[0] if match else ""

    return read


def accuracy(
    cases: list[Case],
    rules: Rules,
    *,
    parts: Sequence[str] = (),
    part_of: Callable[[Label], Collection[str]] = lambda label: (),
) -> Columns:
    """Return columns `Acc` and `Acc {part}`, for each of `parts`: the questions that belong to it.

    No answer to anything: no columns.
    """
    if all(case.predicted is None or case.predicted.answer is None for case in cases):
        return {}
    right = rightness(cases, rules)
    columns = {"Acc": right}
    for part in parts:
        inside = np.array([part in part_of(case.label) for case in cases])
        columns[f"Acc {part}"] = np.where(inside, right, np.nan)
    return columns


def macro_mean(right: Floats, parts: Sequence[str]) -> Floats:
    """Return weighted values whose mean is the mean over parts of each part's mean."""
    there = ~np.isnan(right)
    names, of = np.unique(np.array(parts), return_inverse=True)
    sizes = np.bincount(of[there], minlength=len(names))
    weights = there.sum() / np.maximum(np.count_nonzero(sizes) * sizes[of], 1)
    return np.asarray(right * weights)


def rightness(cases: list[Case], rules: Rules) -> Floats:
    """Return 1 for a right answer, 0 for a wrong one, and what the rules say for the rest; NaN: does not count."""
    values = np.array([_right(case, rules) for case in cases])
    return np.where(counted(cases, rules), values, np.nan)


def _right(case: Case, rules: Rules) -> float:
    label, said = case.label, case.predicted or NOTHING
    read = rules.reading or read_choice
    named = read(said.answer, label.options) if said.answer and said.status != "failed" else ""
    if named:
        return float(_letter(label) in named)
    if rules.unreadable == "skip":
        return float("nan")
    guess = rules.unreadable == "guess" and case.predicted is not None and bool(label.options)
    return 1 / len(label.options) if guess else 0.0


def _letter(label: Label) -> str:
    """Return the letter of the right option; a blank, which no text names, where there is none."""
    return LETTERS[label.options.index(label.answer)] if label.answer in label.options else " "

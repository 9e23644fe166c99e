"""Splits: no video is both learnt from and measured on."""

from collections.abc import Iterable
from pathlib import Path

from grounder.errors import DatasetError
from grounder.sample import Sample

NAMED = 3
"""Videos that a message names."""


def check_apart(
    learnt: Iterable[Sample], folder: Path, held_out: Iterable[Sample], place: Path
) -> None:
    """Refuse rows of validation whose video is trained on, too, whatever it is asked there.

    Args:
        learnt: rows that are trained on.
        folder: where their relative paths start.
        held_out: rows of validation.
        place: where theirs do.

    Raises:
        DatasetError: they share videos (links are followed; copies under other names are not found).
    """
    known = {(folder / sample.video).resolve() for sample in learnt}
    shared = sorted({(place / sample.video).resolve() for sample in held_out} & known)
    if shared:
        more = f" and {len(shared) - NAMED} more" if len(shared) > NAMED else ""
        raise DatasetError(
            f"Videos of the validation rows are trained on, too: {', '.join(map(str, shared[:NAMED]))}{more}. "
            "Split rows by video, so that what is measured was never seen."
        )

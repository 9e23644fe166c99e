"""Where an interrupted run goes on: its newest checkpoint that is whole."""

import json
from pathlib import Path

from grounder.errors import SpecError


def last_checkpoint(folder: Path) -> Path | None:
    """Return the newest whole checkpoint in a run's folder, None when there is none.

    transformers writes `trainer_state.json` last: a checkpoint without it was cut off while it was written.
    """
    found = [path for path in folder.glob("checkpoint-*") if path.name.split("-")[1].isdigit()]
    newest_first = sorted(found, key=lambda path: -int(path.name.split("-")[1]))
    return next((path for path in newest_first if _is_whole(path)), None)


def starting_point(folder: Path, *, resume: bool) -> Path | None:
    """Return the checkpoint to go on from; None to start anew.

    Raises:
        SpecError: there are checkpoints, and nobody said to go on from them.
    """
    checkpoint = last_checkpoint(folder)
    if checkpoint is not None and not resume:
        raise SpecError(
            f"{folder} holds {checkpoint.name} of an earlier run. "
            "Go on from it with --resume, or name another folder with --output."
        )
    return checkpoint


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True

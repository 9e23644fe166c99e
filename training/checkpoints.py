"""Where an interrupted run goes on: its newest checkpoint that is whole."""

import json
from pathlib import Path

from grounder.errors import SpecError
from training.ledger import FILE as LEDGER

OF_MODELS = ("config.json", "adapter_config.json")
"""One of them stands beside the weights of every model that was saved."""


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
        SpecError: there are checkpoints, and nobody said to go on from them; or there is a model and nothing to go
            on from, so that it would be overwritten.
    """
    checkpoint = last_checkpoint(folder)
    if checkpoint is not None and not resume:
        raise SpecError(
            f"{folder} holds {checkpoint.name} of an earlier run. "
            "Go on from it with --resume, or name another folder with --output."
        )
    # Between the rounds of a curriculum the folder holds a model; its ledger tells how to go on.
    going_on = checkpoint is not None or (folder / LEDGER).is_file()
    if not going_on and (found := [name for name in OF_MODELS if (folder / name).is_file()]):
        raise SpecError(
            f"{folder} holds a model already ({found[0]}) and no checkpoint to go on from. "
            "Name another folder with --output, or remove it."
        )
    return checkpoint


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True

"""Trial: the commands that train one grounder on built rows and one on true rows, and measure both."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from grounder.errors import DatasetError
from grounder.writing import replacing
from training.evaluate.compare import Difference, compare
from training.evaluate.folder import RunFolder
from training.nano.commands import ROWS
from training.nano.job import WORLD, Job

START, BUILT, TRUE = "start", "built", "true"
"""What is measured: the weights that both start from, and those trained on either kind of rows."""
ASIDE = ("--qa", "0", "--refuse", "0")
METRIC = "mIoU"


@dataclass(frozen=True, slots=True)
class Trial:
    """One comparison."""

    model: str
    """Weights to go on from; the adapter is `nano`."""
    videos: int
    held_out: int
    """Videos that are measured on."""
    length: float
    """Seconds of each video."""
    steps: int
    mistakes: float
    """Per cent of each mistake of the describer."""
    encoder: str
    seed: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Both grounders on the held-out videos, in per cent."""

    scores: dict[str, tuple[float, tuple[float, float]]]
    """mIoU and its 95 % interval over videos, by what was trained on."""
    difference: Difference
    """True less built."""


def settle(folder: Path, trial: Trial) -> None:
    """Note the trial of a new folder.

    Raises:
        DatasetError: the folder was begun with another one, whose results would be mixed with these.
    """
    note, wanted = folder / "trial.json", asdict(trial)
    if note.is_file() and (found := json.loads(note.read_text(encoding="utf-8"))) != wanted:
        raise DatasetError(
            f"{folder} was begun with {found}, not {wanted}. Use the same options or another folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(note) as part:
        part.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")


def jobs(folder: Path, trial: Trial) -> list[Job]:
    """Return all commands, each after what it needs."""
    made = [
        _films(folder / "films", "train", trial.videos, trial.length),
        _films(folder / "held-out", "test", trial.held_out, trial.length),
        Job(
            "rows",
            (
                *("python", "-m", "training.truth.pairs", str(folder / "films")),
                *(str(folder / "rows"), "--encoder", trial.encoder, "--seed", str(trial.seed)),
                # Scenes of so plain a world all look alike to an encoder; the votes tell them apart.
                *("--mistakes", f"{trial.mistakes:g}", "--set", "duplicates.most=1"),
            ),
            folder / "rows" / "true.jsonl",
            ("films-train",),
        ),
    ]
    for name in (BUILT, TRUE):
        made.append(_trained(folder, name, trial))
    return [*made, *(_measured(folder, name, trial) for name in (START, BUILT, TRUE))]


def read_verdict(folder: Path) -> Verdict:
    """Return what has been measured.

    Raises:
        DatasetError: a run is not finished.
    """
    scores = {}
    for name in (START, BUILT, TRUE):
        file = _scores(folder, name)
        if not file.is_file():
            raise DatasetError(
                f"{file} is missing: see {folder / 'logs'}, then repeat the command."
            )
        value = json.loads(file.read_text(encoding="utf-8"))["tables"]["strict"]["values"][METRIC]
        low, high = value["interval"]
        scores[name] = (value["percent"], (low, high))
    runs = [RunFolder(_scores(folder, name).parent) for name in (BUILT, TRUE)]
    return Verdict(scores, compare(*runs).metrics[METRIC])


def _films(folder: Path, split: str, count: int, length: float) -> Job:
    return Job(
        f"films-{split}",
        (
            *("whenwhat", "world", str(folder), *WORLD, *ROWS, *ASIDE),
            *("--length", f"{length:g}", "--split", split, "--count", str(count)),
        ),
        folder / f"{split}.jsonl",
    )


def _trained(folder: Path, name: str, trial: Trial) -> Job:
    changes = {
        "model": trial.model,
        "data": folder / "rows" / f"{name}.jsonl",
        "trainer.max_steps": trial.steps,
        "trainer.seed": trial.seed,
        "trainer.data_seed": trial.seed,
    }
    settings = (word for key, value in changes.items() for word in ("--set", f"{key}={value}"))
    output = folder / "models" / name
    return Job(
        name,
        ("whenwhat", "train", "sft", "nano-more", *settings, "--output", str(output), "--resume"),
        output / "config.json",
        ("rows",),
    )


def _measured(folder: Path, name: str, trial: Trial) -> Job:
    films, scores = folder / "held-out", _scores(folder, name)
    model = trial.model if name == START else str(folder / "models" / name)
    return Job(
        f"score-{name}",
        (
            *("whenwhat", "eval", "world", "--annotations", str(films / "test.jsonl")),
            *("--videos", str(films), "--out", str(scores.parent)),
            *("--system", f"grounder:hf:{model}#nano"),
        ),
        scores,
        ("films-test", *([] if name == START else [name])),
    )


def _scores(folder: Path, name: str) -> Path:
    return folder / "scores" / name / "scores.json"

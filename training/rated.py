"""Rated: a file of rows with their difficulty for a model, made as it is asked; what is scored is never asked again.

Scores are kept in `FILE.part/` until all rows have theirs: a run that was killed goes on there.
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from statistics import fmean

from grounder.cli.console import print_note, progress_bar
from grounder.errors import DatasetError, SpecError
from grounder.library.lock import exclusive
from grounder.sample import Rollouts, Sample, read_distinct, write_samples
from grounder.vlm import VLM, load_vlm
from grounder.writing import replacing
from training.difficulty import score_rollouts
from training.grpo.rows import prompts_for, rows_of
from training.ledger import ScoreLog
from training.longer import Longer

ASKED = frozenset({"ground", "qa", "verify"})
"""Tasks whose replies can be held against the row; rows of others are written as they are."""
SETTINGS, LOCK = "asking.json", ".lock"


@dataclass(frozen=True, slots=True)
class Asking:
    """How rows are asked; a file is gone on with in the same way alone."""

    model: str
    """As `grounder.vlm.load_vlm` takes it."""
    rollouts: int = 4
    temperature: float = 1.0
    longer: Longer = "refuse"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Rated:
    """What came of it."""

    rows: int
    """In the file."""
    scored: int
    """Those of them that have a difficulty."""
    asked: int
    """Those that this run asked."""
    difficulty: float
    """Mean of all that have one."""


def rate(rows: Path, output: Path, asking: Asking) -> Rated:
    """Write the rows of a file with `difficulty` and `rollouts`; go on where such a run was stopped.

    Args:
        rows: JSONL rows; relative video paths start at its folder.
        output: what is written; relative video paths start at its folder.
        asking: who is asked, and how.

    Raises:
        SpecError: `output` is there, is being made otherwise, or the model's name means nothing.
        DatasetError: a row or its video cannot be used, or none can be asked.
        ModelError: the model cannot be loaded.
        BackendError: its server or engine failed.
    """
    part = output.with_name(f"{output.name}.part")
    _check_free(output)
    samples = read_distinct(rows)
    chosen = [sample for sample in samples if sample.task in ASKED]
    if not chosen:
        raise DatasetError(f"{rows} holds no rows of the task {', '.join(sorted(ASKED))}.")
    for sample in chosen:
        if not (rows.parent / sample.video).is_file():
            raise DatasetError(
                f"Row {sample.id}: its video {rows.parent / sample.video} is missing. "
                "Relative paths start at the dataset's folder."
            )
    with exclusive(part / LOCK, waiting=lambda: print_note(f"Another process makes {output}.")):
        _check_free(output)
        log = ScoreLog(part)
        known = log.read()
        _begin(part, rows, asking, anew=not known)
        scored = _score(chosen, rows.parent, asking, log, known)
        of_id = {sample.id: sample for sample in scored}
        written = [of_id.get(sample.id, sample) for sample in samples]
        write_samples(output, [_moved(sample, rows.parent, output.parent) for sample in written])
        shutil.rmtree(part)
    return Rated(
        rows=len(samples),
        scored=len(scored),
        asked=sum(sample.id not in known for sample in scored),
        difficulty=fmean(sample.difficulty or 0.0 for sample in scored),
    )


def _score(
    samples: Sequence[Sample],
    folder: Path,
    asking: Asking,
    log: ScoreLog,
    known: dict[str, Rollouts],
) -> list[Sample]:
    vlm: VLM = load_vlm(asking.model)
    done = sum(sample.id in known for sample in samples)
    with progress_bar("Scoring", total=len(samples), unit="rows") as update:
        update(done)

        def note(block: Sequence[Sample]) -> None:
            nonlocal done
            log.add(block)
            done += len(block)
            update(done)

        return score_rollouts(
            samples,
            rows_of(
                samples,
                adapter=vlm.adapter,
                folder=folder,
                longer=asking.longer,
                instead="Cut the video",
            ),
            vlm=vlm,
            prompt_of=prompts_for(vlm.adapter),
            rollouts=asking.rollouts,
            temperature=asking.temperature,
            seed=asking.seed,
            known=known,
            note=note,
        )


def _check_free(output: Path) -> None:
    if output.exists():
        raise SpecError(
            f"{output} is there already. Name another file with --output, or remove it."
        )


def _moved(sample: Sample, before: Path, after: Path) -> Sample:
    """Return a row as a file in another folder names its video: relative paths start at the file's folder."""
    if Path(sample.video).is_absolute() or before.resolve() == after.resolve():
        return sample
    video = os.path.relpath((before / sample.video).resolve(), after.resolve())
    return replace(sample, video=Path(video).as_posix())


def _begin(part: Path, rows: Path, asking: Asking, *, anew: bool) -> None:
    """Note how the rows are asked, or see that it is as before; `anew`: nothing has been scored yet."""
    wanted = asdict(asking) | {"rows": sha256(rows.read_bytes()).hexdigest()}
    path = part / SETTINGS
    if anew or not path.is_file():
        with replacing(path) as fresh:
            fresh.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
        return
    begun = json.loads(path.read_text(encoding="utf-8"))
    if other := [name for name, value in wanted.items() if begun.get(name) != value]:
        told = ", ".join(
            "the rows have changed" if name == "rows" else f"{name} was {begun.get(name)!r}"
            for name in other
        )
        raise SpecError(
            f"{part} was begun otherwise: {told}. Ask as before, name another file with --output, or remove {part}."
        )

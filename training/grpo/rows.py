"""Rows for the trainer: what TRL carries around for one sample, and from it what the model is shown."""

import random
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from grounder.adapters import Adapter
from grounder.errors import DatasetError
from grounder.sample import END_TOLERANCE, Sample
from grounder.span import Span
from grounder.vlm import Prompt
from training.longer import Longer, check_length
from training.sft.footage import FileFootage
from training.sft.lessons import PROMPTS, SERVED, reply_of, subjects_of
from training.windows import Windows


def rows_of(
    samples: Iterable[Sample],
    *,
    adapter: Adapter,
    folder: Path,
    windows: Windows | None = None,
    longer: Longer = "refuse",
    seed: int = 0,
    instead: str = "Train on windows of it (windows: {seconds: …})",
) -> list[dict[str, Any]]:
    """Return one row per sample, after a look at every file.

    Rows of `ground` are shown their whole video, or a window of it; what those of `qa` and `verify` are shown is a
    few frames of any length of video.

    Args:
        samples: what to train on.
        adapter: how the model is asked; its budget says how long a stretch it can be shown.
        folder: where relative video paths start.
        windows: how longer videos are cut; None: they are shown whole.
        longer: what becomes of one that is too long to be shown whole at the full frame rate.
        seed: of the windows' places; the same row gets the same window whatever the others are.
        instead: what is said to do about a video that is too long.

    Raises:
        DatasetError: there are no samples, a video is missing or too long, a span lies outside it, or a row of `qa` or
            `verify` has not what it needs.
        VideoError: a video cannot be read.
    """
    videos: dict[Path, FileFootage] = {}
    rows = []
    for sample in samples:
        path = folder / sample.video
        if path not in videos:
            videos[path] = _footage(path, sample)
        row = _row(sample, path, videos[path])
        if sample.task == "ground":
            dice = random.Random(f"{seed} {sample.id}")
            within = _within(sample, videos[path], adapter, windows, longer, instead, dice)
            row |= {"within": [within.start, within.end]}
        else:
            _check_answer(sample, videos[path], adapter)
        rows.append(row)
    if not rows:
        raise DatasetError(
            "There are no rows to train on. Name a dataset with rows, or filter less."
        )
    return rows


def prompts_for(
    adapter: Adapter, questions: str = "given-span"
) -> Callable[[Mapping[str, Any]], Prompt]:
    """Return the function from a row to what the model is shown: the same frames and words as when it serves.

    Args:
        adapter: how the model is asked.
        questions: what `qa` rows are answered from, `given-span` or `uniform`.
    """

    def prompt_of(row: Mapping[str, Any]) -> Prompt:
        footage = FileFootage(Path(row["video"]), Span(*row["within"]), row["changed"])
        sample = _sample(row, hidden=row["task"] == "qa" and questions == "uniform")
        return PROMPTS[row["task"]](sample, footage, adapter, SERVED)

    return prompt_of


def _footage(path: Path, sample: Sample) -> FileFootage:
    if not path.is_file():
        raise DatasetError(
            f"Row {sample.id}: its video {path} is missing. Relative paths start at the dataset's folder."
        )
    return FileFootage.of(path)


def _check_answer(sample: Sample, footage: FileFootage, adapter: Adapter) -> None:
    """See that a row of `qa` or `verify` can be asked, and has the answer that is rewarded."""
    try:
        subject = subjects_of(sample)[0]
        reply_of(sample, subject, footage.span, adapter=adapter, targets="plain")
    except ValueError as error:
        raise DatasetError(
            f"Row {sample.id} cannot be trained on: {error}. Mend the row."
        ) from error


def _within(
    sample: Sample,
    footage: FileFootage,
    adapter: Adapter,
    windows: Windows | None,
    longer: Longer,
    instead: str,
    dice: random.Random,
) -> Span:
    """Return what a row of `ground` is shown of its video."""
    whole = footage.span
    if windows is None:
        check_length(
            sample.id,
            str(footage.path),
            whole.duration,
            adapter=adapter,
            longer=longer,
            instead=instead,
        )
        return whole
    window = windows.cut(sample.spans, whole, dice)
    if window is None:
        raise DatasetError(
            f"Row {sample.id}: its moments are longer than the windows of {windows.seconds:g} s. "
            "Give windows more seconds, or leave the row out."
        )
    return window


def _row(sample: Sample, path: Path, footage: FileFootage) -> dict[str, Any]:
    length = footage.span
    for span in sample.spans:
        if span.start >= length.end or span.end > length.end + END_TOLERANCE:
            raise DatasetError(
                f"Row {sample.id}: {span} lies outside {path}, which has {length.end:.2f} s. Mend the row."
            )
    return {
        "id": sample.id,
        # What TRL logs; what the model is shown is made of the rest.
        "prompt": [{"role": "user", "content": sample.question or sample.query}],
        "task": sample.task,
        "video": str(path),
        "changed": footage.changed,
        "duration": sample.duration,
        "query": sample.query,
        "question": sample.question,
        "within": [length.start, length.end],
        "spans": [[span.start, span.end] for span in sample.spans],
        "answer": sample.answer,
        "options": list(sample.options),
    }


def _sample(row: Mapping[str, Any], *, hidden: bool) -> Sample:
    """Return the sample of a row, as far as prompts ask; `hidden`: without its evidence."""
    return Sample(
        id=row["id"],
        video=row["video"],
        duration=row["duration"],
        query=row["query"],
        spans=() if hidden else tuple(Span(*pair) for pair in row["spans"]),
        source="",
        task=row["task"],
        question=row["question"],
        options=tuple(row["options"] or ()),
        answer=row["answer"],
    )

"""The whole line with a model that looks at the pixels: true rows, and nothing asked twice whatever dies."""

import json
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from grounder.sample import Sample, read_samples
from grounder.span import Span, iou_of_sets
from scenetg.line.splits import NAMES, split_of
from scenetg.settings import Splits
from tests.conftest import ROOT
from tests.scenetg.line.asking import make
from tests.scenetg.queries.stage import PALETTE, Seer
from tests.video_factory import colour_video

FILMS = {
    "a": ("red", "blue", "yellow", "black", "red"),
    "b": ("magenta", "cyan", "black", "white", "lime"),
}
SECONDS = 4.0
ROWS = tuple(f"{split}.jsonl" for split in NAMES)


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    for name, colours in FILMS.items():
        scenes = [(colour, SECONDS) for colour in colours]
        colour_video(folder / f"{name}.mp4", scenes, size=(64, 48), rate=8)
    return folder


@pytest.fixture(scope="module")
def clean(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("clean")
    make(videos, out, Seer())
    return out


def rows_of(out: Path) -> list[Sample]:
    return [row for name in ROWS for row in read_samples(out / name)]


def truth(row: Sample) -> list[Span]:
    """Where the colours that a row's query names are shown."""
    scenes = enumerate(FILMS[Path(row.video).stem])
    return [Span(n * SECONDS, (n + 1) * SECONDS) for n, name in scenes if name in row.query]


def test_every_row_is_true(clean: Path) -> None:
    rows = rows_of(clean)
    assert {row.task for row in rows} == {"ground", "qa"}
    for row in rows:
        assert iou_of_sets(row.spans, truth(row)) > 0.99 or not (row.spans or truth(row)), row


def test_a_query_with_two_places_is_one_row_with_both(clean: Path) -> None:
    grounded = [row for row in rows_of(clean) if row.task == "ground" and row.spans]
    colours = Counter(name for row in grounded for name in PALETTE if name in row.query)
    assert colours["red"] == 1
    assert max(len(row.spans) for row in grounded) == 2


def test_where_no_video_is_long_enough_there_are_no_rows_and_the_reason_is_told(
    tmp_path: Path,
) -> None:
    colour_video(tmp_path / "short.mp4", [("red", 2.0)], size=(64, 48), rate=8)
    make(tmp_path, tmp_path / "out", Seer())
    assert rows_of(tmp_path / "out") == []
    [video] = json.loads((tmp_path / "out" / "manifest.json").read_text())["videos"]
    assert video["status"] == "video too short"


def test_a_query_of_the_other_film_becomes_a_refusal_row(clean: Path) -> None:
    absent = [row for row in rows_of(clean) if row.absent]
    assert absent
    assert all(truth(row) == [] for row in absent)


def test_a_film_that_is_gone_before_the_refusals_is_set_aside_and_the_rest_goes_on(
    videos: Path, tmp_path: Path
) -> None:
    films, out = tmp_path / "films", tmp_path / "out"
    shutil.copytree(videos, films)

    def says(words: str, _: list[str]) -> None:
        # A query of film b, held against the captions of film a: the stage has begun.
        if "Each numbered line" in words and "a magenta wall" in words and "plain red" in words:
            (films / "a.mp4").unlink(missing_ok=True)

    make(films, out, Seer(says))
    assert not (films / "a.mp4").exists()
    told = {Path(one["path"]).name: one for one in json.loads((out / "manifest.json").read_text())["videos"]}  # fmt: skip
    assert (told["a.mp4"]["status"], told["a.mp4"]["stage"]) == ("quarantined", "refusals")
    assert told["b.mp4"]["status"] == "used"
    rows = rows_of(out)
    assert rows
    assert {Path(row.video).name for row in rows} == {"b.mp4"}


def test_rows_carry_what_was_measured(clean: Path) -> None:
    for row in rows_of(clean):
        if row.task == "ground":
            assert row.rollouts is not None or row.absent
            assert row.meta["video_id"]
            assert row.split == split_of(row.meta["video_id"], Splits()) == "train"


@pytest.mark.slow
@pytest.mark.parametrize("copies", [1, 4])
def test_killed_again_and_again_nothing_that_was_answered_is_asked_twice(
    videos: Path, clean: Path, tmp_path: Path, copies: int
) -> None:
    dice, log, kills = random.Random(1), tmp_path / "log", 0
    module = "tests.scenetg.line.asking"
    while True:
        command = [sys.executable, "-m", module, videos, tmp_path / "out", log, "--copies", copies]
        done = subprocess.run(
            [*map(str, command), "--die", str(dice.randint(5, 20 + 4 * kills))],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        kills += 1
    assert kills >= 2
    asked = log.read_text().splitlines()
    # What others of the copies were at when the process was killed had no answer yet.
    assert 0 < len(set(asked)) <= len(asked) <= len(set(asked)) + kills * (copies - 1)
    for name in (*ROWS, "candidates.jsonl", "rejected.jsonl", "manifest.json"):
        assert (tmp_path / "out" / name).read_bytes() == (clean / name).read_bytes(), name


@pytest.mark.parametrize(
    "garbage",
    [" ", "I would rather not say anything.", '{"query": 5', "[]", "null \x00 \N{SNOWMAN}"],
)
def test_a_model_that_answers_garbage_gives_no_row_and_every_candidate_its_reason(
    videos: Path, tmp_path: Path, garbage: str
) -> None:
    make(videos, tmp_path, Seer(lambda *_: garbage))
    assert rows_of(tmp_path) == []
    told = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_text().splitlines()]
    candidates = (tmp_path / "candidates.jsonl").read_text().splitlines()
    asked = [one for one in told if one["stage"] in ("describe", "phrase")]
    assert len(asked) == len(candidates) > 0
    assert {one["reason"] for one in asked} == {"unreadable reply"}
    assert all(one["detail"] for one in asked)


def test_each_split_that_has_rows_is_read_by_datasets_and_no_older_one_stays(
    videos: Path, clean: Path, tmp_path: Path
) -> None:
    from datasets import load_dataset

    out = tmp_path / "out"
    make(videos, out, Seer(), parquet=True)
    files = {path.stem: str(path) for path in out.glob("*.parquet")}
    splits = load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "cache"))
    found = {row["id"]: row["spans"] for split in splits.values() for row in split}
    assert found == {row.id: [[one.start, one.end] for one in row.spans] for row in rows_of(clean)}
    make(videos, out, Seer())
    assert not list(out.glob("*.parquet"))

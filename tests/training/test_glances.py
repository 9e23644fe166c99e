"""Glances: rows of whose moments one time is known."""

import statistics
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.adapters import load_adapter
from grounder.errors import SpecError
from grounder.reply import parse_reply
from grounder.sample import Sample, Task, read_distinct, write_samples
from grounder.span import Span
from training.glances import glanced, main, mean_fit, mean_length
from training.rewards.moment import cendist, iou
from training.rewards.reward import Truth

WHOLE = Span(0.0, 100.0)


def row(*spans: Span, number: int = 0, task: Task = "ground") -> Sample:
    return Sample(f"row-{number}", "a.mp4", WHOLE.end, "a red square", spans, "a test", task=task)


def written(folder: Path, *samples: Sample) -> Path:
    write_samples(folder / "rows.jsonl", samples)
    return folder / "rows.jsonl"


@given(
    start=st.floats(0, 90),
    length=st.floats(1, 10),
    grid=st.integers(1, 4),
    halves=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_a_glance_lies_on_the_grid_in_its_moment_or_half_a_step_outside(
    start: float, length: float, grid: int, halves: int, seed: int
) -> None:
    half = halves * grid
    made = glanced(row(Span(start, start + length)), 2 * half, grid, seed)
    (time,) = made.meta["glances"]
    assert time % grid == 0
    assert start - grid / 2 <= time <= start + length + grid / 2
    assert made.spans == (Span(time - half, time + half).clip(WHOLE),)


def test_a_row_keeps_its_glance_and_another_seed_moves_it() -> None:
    sample = row(Span(40, 50))
    assert glanced(sample, 8, 1, 0) == glanced(sample, 8, 1, 0) != glanced(sample, 8, 1, 1)


def test_glances_fall_anywhere_in_a_moment() -> None:
    times = [glanced(row(Span(40, 50), number=n), 8, 1, 0).meta["glances"][0] for n in range(500)]
    assert statistics.fmean(times) == pytest.approx(45, abs=0.5)
    assert statistics.pstdev(times) == pytest.approx(10 / 12**0.5, abs=0.3)


def test_the_fit_of_stretches_is_their_mean_iou_with_the_moments() -> None:
    samples = [row(Span(40, 48)), row(Span(60, 64))]
    assert mean_fit(samples, [[44], [62]], 8) == pytest.approx((1 + 0.5) / 2)
    assert mean_fit(samples, [[40], [66]], 8) == pytest.approx((4 / 12 + 2 / 10) / 2)


def test_stretches_that_touch_become_one() -> None:
    assert len(glanced(row(Span(40, 41), Span(43, 44)), 8, 1, 0).spans) == 1


def test_what_cendist_pays_does_not_depend_on_the_width_that_a_glance_is_given() -> None:
    reply = parse_reply("42.0-50.0", adapter=load_adapter("nano"), within=WHOLE)
    truths = [Truth(glanced(row(Span(40, 50)), width, 1, 0).spans, WHOLE) for width in (2, 20)]
    near, far = (cendist(reply, truth) for truth in truths)
    assert near == pytest.approx(far)
    near, far = (iou(reply, truth) for truth in truths)
    assert near != pytest.approx(far)


def test_only_queries_that_are_in_the_video_have_glances_and_all_are_equally_wide(
    tmp_path: Path,
) -> None:
    rows, out = (
        written(
            tmp_path,
            row(Span(10, 14), number=1),
            row(Span(50, 59), number=2),
            row(number=3),
            row(Span(0, 100), number=4, task="shots"),
        ),
        tmp_path / "glances.jsonl",
    )
    main(rows, out)
    made = read_distinct(out)
    assert [sample.id for sample in made] == ["row-1", "row-2"]
    assert [sample.spans[0].duration for sample in made] == [6, 6]
    main(rows, out, width=12, grid=2)
    assert [sample.spans[0].duration for sample in read_distinct(out)] == [12, 12]


def test_the_mean_length_is_a_multiple_of_twice_the_grid_above_nothing() -> None:
    samples = [row(Span(10, 14)), row(Span(50, 59), Span(60, 63))]  # 16 s in three moments
    assert [mean_length(samples, grid) for grid in (1, 2, 3)] == [6, 4, 6]
    assert mean_length([row(Span(1, 1.1))], 1) == 2


@pytest.mark.parametrize(("width", "grid"), [(7, 1), (6, 2), (0, 1), (-2, 1)])
def test_a_width_without_halves_on_the_grid_is_refused(
    width: int, grid: int, tmp_path: Path
) -> None:
    rows = written(tmp_path, row(Span(10, 14)))
    with pytest.raises(SpecError, match=rf"--width is {width};.*multiple of {2 * grid} above 0"):
        main(rows, tmp_path / "glances.jsonl", width=width, grid=grid)


def test_rows_without_a_moment_and_rows_that_would_be_lost_are_refused(tmp_path: Path) -> None:
    rows = written(tmp_path, row(), row(Span(0, 9), number=1, task="shots"))
    with pytest.raises(SpecError, match="2 rows and none with a moment to ground"):
        main(rows, tmp_path / "glances.jsonl", width=8)
    with pytest.raises(SpecError, match="would replace the exact rows"):
        main(rows, tmp_path / "." / "rows.jsonl")

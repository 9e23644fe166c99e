"""Glances: rows of whose moments one time is known."""

import statistics
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.adapters import load_adapter
from grounder.errors import SpecError
from grounder.reply import parse_reply
from grounder.sample import Sample, read_distinct, write_samples
from grounder.span import Span
from training.glances import glanced, main, mean_length
from training.rewards.moment import cendist, iou
from training.rewards.reward import Truth

WHOLE = Span(0.0, 100.0)


def row(*spans: Span, number: int = 0, task: str = "ground") -> Sample:
    return Sample(f"row-{number}", "a.mp4", WHOLE.end, "a red square", spans, "a test", task=task)  # type: ignore[arg-type]  # a word of `Task`


@given(
    start=st.floats(0, 90),
    length=st.floats(1, 10),
    half=st.integers(1, 15),
    seed=st.integers(0, 99),
)
def test_a_glance_lies_inside_its_moment_and_the_stretch_is_as_wide_as_asked(
    start: float, length: float, half: int, seed: int
) -> None:
    made = glanced(row(Span(start, start + length)), 2 * half, seed)
    (time,) = made.meta["glances"]
    assert start - 0.5 <= time <= start + length + 0.5  # it is a whole second
    assert made.spans == (Span(time - half, time + half).clip(WHOLE),)


def test_a_row_keeps_its_glance_and_another_seed_moves_it() -> None:
    sample = row(Span(40, 50))
    assert glanced(sample, 8, 0) == glanced(sample, 8, 0) != glanced(sample, 8, 1)


def test_glances_fall_anywhere_in_a_moment() -> None:
    times = [glanced(row(Span(40, 50), number=n), 8, 0).meta["glances"][0] for n in range(500)]
    assert statistics.fmean(times) == pytest.approx(45, abs=0.5)
    assert statistics.pstdev(times) == pytest.approx(10 / 12**0.5, abs=0.3)


def test_stretches_that_touch_become_one_and_what_is_nowhere_stays_nowhere() -> None:
    assert len(glanced(row(Span(40, 41), Span(43, 44)), 8, 0).spans) == 1
    assert glanced(row(), 8, 0).spans == ()


def test_only_rows_to_be_grounded_are_changed() -> None:
    sample = row(Span(40, 50), task="shots")
    assert glanced(sample, 8, 0) is sample


def test_what_cendist_pays_does_not_depend_on_the_width_that_a_glance_is_given() -> None:
    reply = parse_reply("42.0-50.0", adapter=load_adapter("nano"), within=WHOLE)
    truths = [Truth(glanced(row(Span(40, 50)), width, 0).spans, WHOLE) for width in (2, 20)]
    near, far = (cendist(reply, truth) for truth in truths)
    assert near == pytest.approx(far)
    near, far = (iou(reply, truth) for truth in truths)
    assert near != pytest.approx(far)


def test_moments_are_as_long_as_those_of_the_file_on_average(tmp_path: Path) -> None:
    rows, out = tmp_path / "rows.jsonl", tmp_path / "glances.jsonl"
    write_samples(
        rows,
        [
            row(Span(10, 14), number=1),
            row(Span(50, 59), number=2),
            row(number=3),
            row(Span(0, 100), number=4, task="shots"),
        ],
    )
    main(rows, out)
    made = read_distinct(out)
    assert [len(sample.spans) for sample in made] == [1, 1, 0, 1]
    assert [sample.spans[0].duration for sample in made[:2]] == [6, 6]


def test_rows_without_a_moment_have_no_mean_length() -> None:
    with pytest.raises(SpecError, match="no time can be marked"):
        mean_length([row(), row(Span(0, 9), task="shots")])


def test_an_odd_width_has_no_halves_of_whole_seconds(tmp_path: Path) -> None:
    write_samples(tmp_path / "rows.jsonl", [row(Span(10, 14))])
    with pytest.raises(SpecError, match="it must be even"):
        main(tmp_path / "rows.jsonl", tmp_path / "glances.jsonl", width=7)
    main(tmp_path / "rows.jsonl", tmp_path / "glances.jsonl", width=6)
    assert read_distinct(tmp_path / "glances.jsonl")[0].spans[0].duration == 6

"""The chances of a checkpoint, fitted on what was asked of it, and its figures."""

import tomllib
from dataclasses import replace

import numpy as np
import pytest

from grounder.encoders.companion import FILE, read_companion
from grounder.errors import DatasetError
from grounder.sample import Sample
from grounder.search.confidence import logistic, visual_calibration
from grounder.span import Span
from training.clip.asking import Asked, auroc, queries
from training.clip.calibrate import companion, fit, fit_logistic, is_right
from training.clip.measure import summary

TRUE = Span(10, 20)
ROW = Sample("a", "v.mp4", 100.0, "a red circle", (TRUE,), "world", meta={"kind": "look"})
GONE = replace(ROW, spans=(), meta={"kind": "absent look"})
STRANGER = replace(ROW, spans=(), meta={"kind": "stranger"})


def got(row: Sample, cosine: float, *windows: Span, margin: float = 0.5) -> Asked:
    return Asked(row, windows or (Span(50, 60),), cosine, cosine, margin, 0.9)


def test_a_logistic_recovers_the_curve_that_drew_the_labels():
    dice = np.random.default_rng(0)
    values = dice.uniform(-2, 2, 20_000)
    labels = dice.random(20_000) < logistic(-1 + 3 * values)
    intercept, slope = fit_logistic(values, labels, np.ones(20_000))
    assert (intercept, slope) == pytest.approx((-1, 3), abs=0.1)


def test_even_kinds_without_overlap_leave_some_doubt():
    values, labels = np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True])
    intercept, slope = fit_logistic(values, labels, np.ones(4))
    chances = logistic(intercept + slope * values)
    assert np.all((chances > 0.05) & (chances < 0.95))
    assert chances[1] < 0.5 < chances[2]


def test_a_fit_tells_present_from_absent_and_is_written_as_the_encoder_reads_it(tmp_path):
    asked = [got(ROW, 0.8 + n / 100, TRUE, Span(50, 60), margin=0.9) for n in range(9)]
    asked += [got(ROW, 0.8, Span(50, 60), TRUE, margin=0.1)]
    asked += [got(GONE, 0.4 + n / 100) for n in range(9)] + [got(STRANGER, 0.1)]
    (tmp_path / FILE).write_text(companion(fit(asked)), encoding="utf-8")
    found = read_companion(tmp_path)
    assert found is not None
    assert "purple cross" in found.names
    own = visual_calibration("open_clip:x", found.confidence)
    assert own.present(np.array([0.85]), 1.0) > 0.8
    assert own.present(np.array([0.42]), 1.0) < 0.2
    assert own.windows(1.0, 0.9, 1)[0] > own.windows(1.0, 0.1, 1)[0]
    assert 0 < own.decay < 1
    assert tomllib.loads(companion(fit(asked)))["prompt"] == "a {}"


def test_a_window_is_right_when_it_shares_half_of_the_shorter():
    asked = got(ROW, 0.5, Span(15, 40), Span(16, 17), Span(18, 40))
    assert [is_right(asked, rank) for rank in range(4)] == [True, True, False, False]


def test_figures_count_what_was_found_and_what_was_refused():
    asked = [
        got(ROW, 0.9, TRUE),
        got(ROW, 0.6, Span(50, 60), TRUE),
        got(GONE, 0.7),
        got(STRANGER, 0.1),
    ]
    report = summary(asked)
    assert (report["present"], report["absent"]) == (2, 2)
    assert report["R@1"][0] == 0.5
    assert report["R@5"][0] == 1.0
    assert report["mIoU"][0] == 0.5
    assert 0 < report["random R@5"][0] < 0.6
    assert report["AUC"] == pytest.approx(0.9)
    assert report["present passed"] == 1.0
    assert report["absent look (1): AUROC"] == 0.5
    assert report["stranger (1): passed"] == 0.0


def test_auroc_counts_ties_as_half():
    assert auroc(np.array([0.5, 0.9]), np.array([0.5, 0.1])) == 0.875


def test_a_folder_without_videos_says_what_to_do(tmp_path):
    with pytest.raises(DatasetError, match="whenwhat world"):
        queries(tmp_path, "validation", count=3)

import numpy as np
import pytest

from grounder.search.confidence import logistic, margin, text_calibration, visual_calibration


@pytest.mark.parametrize("name", ["conse:efficientnet-lite2+minilm", "open_clip:ViT-B-32", "other"])
def test_chances_grow_with_the_cosine_and_fall_along_the_list(name):
    calibration = visual_calibration(name)
    presence = [calibration.present(np.array([cosine]), 1.0) for cosine in np.linspace(-1, 1, 9)]
    assert presence == sorted(presence)
    assert 0 <= presence[0] < 0.01
    chances = calibration.windows(presence[-1], 0.5, 3)
    assert np.all(np.diff(chances) < 0)
    assert np.all((chances >= 0) & (chances <= presence[-1]))


def test_a_query_that_the_encoder_hardly_reaches_needs_less_of_a_cosine():
    calibration = visual_calibration("conse:any")
    cosine = np.array([0.3, np.nan])
    assert calibration.present(cosine, 0.4) > calibration.present(cosine, 0.9)


def test_the_best_window_decides_about_presence():
    calibration = visual_calibration("conse:any")
    assert calibration.present(np.array([0.1, 0.4, 0.2]), 1.0) == calibration.present(
        np.array([0.4]), 1.0
    )


def test_only_conse_was_fitted():
    assert visual_calibration("conse:any").fitted
    assert not visual_calibration("open_clip:ViT-B-32/openai").fitted


@pytest.mark.parametrize("cosines", [np.array([np.nan, np.nan]), np.empty(0)])
def test_silence_is_no_presence(cosines):
    assert visual_calibration("conse:any").present(cosines, 1.0) == 0


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([4.0, 3.0, 1.0], 0.75),  # the second overlaps the first
        ([1.0, 3.0, 4.0], 0.25),
        ([4.0, 3.0, -1.0], 1.0),
        ([-1.0, -2.0, -3.0], 0.0),
    ],
)
def test_the_margin_is_the_lead_over_windows_elsewhere(scores, expected):
    bounds = np.array([[0.0, 4], [2, 6], [10, 14]])
    assert margin(bounds, np.array(scores)) == pytest.approx(expected)


def test_a_window_of_nearly_everything_is_no_place():
    assert margin(np.array([[0.0, 8], [8, 10]]), np.array([2.0, 1.0])) == 0
    assert margin(np.array([[0.0, 4]]), np.array([2.0])) == 0
    assert margin(np.empty((0, 2)), np.empty(0)) == 0


def test_words_alone_have_constants_of_their_own():
    half = np.array([0.5])
    assert text_calibration(embedded=True) != text_calibration(embedded=False)
    assert 0 < text_calibration(embedded=False).lines(half, half)[0] < 1


def test_logistic_never_overflows():
    assert logistic(np.array([-1e9, 0.0, 1e9])).tolist() == pytest.approx([0, 0.5, 1])

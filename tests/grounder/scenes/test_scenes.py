from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.errors import SpecError
from grounder.scenes import detect_scenes, load_detector, scenes_from_cuts
from grounder.span import Span
from grounder.video import Video
from tests.video_factory import colour_video

seconds = st.floats(0, 1000)


@given(
    st.lists(seconds, max_size=30), seconds, st.floats(0.01, 900), st.floats(0, 5), st.floats(2, 40)
)
def test_scenes_cover_the_span_without_gaps_and_keep_both_limits(
    cuts, start, length, shortest, longer
):
    span, longest = Span(start, start + length), 2 * shortest + longer
    scenes = scenes_from_cuts(cuts, span, shortest=shortest, longest=longest)
    assert (scenes[0].start, scenes[-1].end) == (span.start, span.end)
    assert all(a.end == b.start for a, b in pairwise(scenes))
    assert all(scene.duration <= longest + 1e-6 for scene in scenes)
    assert all(scene.duration >= min(shortest, span.duration) - 1e-6 for scene in scenes)


def test_a_short_scene_joins_the_one_before_it():
    scenes = scenes_from_cuts([4.0, 4.2, 9.0, 9.9], Span(0, 10), shortest=0.5, longest=60)
    assert scenes == [Span(0, 4), Span(4, 9), Span(9, 10)]


def test_a_long_scene_is_parted_evenly():
    scenes = scenes_from_cuts([10.0], Span(0, 100), longest=40)
    assert scenes == [Span(0, 10), Span(10, 40), Span(40, 70), Span(70, 100)]


@pytest.mark.parametrize("limits", [(3.0, 5.0), (-1.0, 5.0), (0.0, -1.0)])
def test_limits_that_cannot_both_be_kept_are_an_error(limits):
    with pytest.raises(ValueError, match="twice shortest"):
        scenes_from_cuts([], Span(0, 10), shortest=limits[0], longest=limits[1])


def test_an_unknown_detector_is_an_error_that_names_the_known_ones():
    with pytest.raises(SpecError, match="adaptive, content, gradual or transnetv2"):
        load_detector("histogram")


@pytest.mark.parametrize("detector", ["adaptive", "content", "gradual"])
def test_known_cuts_are_found(tmp_path, detector):
    colours = [("red", 2.0), ("blue", 1.6), ("green", 3.0), ("white", 1.0)]
    path = colour_video(tmp_path / "film.mp4", colours)
    with Video.open(path) as video:
        scenes = detect_scenes(video, detector)
    found = [scene.start for scene in scenes[1:]]
    assert found == pytest.approx([2.0, 3.6, 6.6], abs=1e-3)
    assert scenes[-1].end == pytest.approx(7.6, abs=1e-3)


@pytest.mark.parametrize(
    "detector", ["adaptive", "content", pytest.param("transnetv2", marks=pytest.mark.slow)]
)
def test_cuts_of_a_real_video_are_within_one_frame(bikes, detector):
    with Video.open(bikes) as video:
        scenes = detect_scenes(video, detector)
        frame = 1 / video.facts.frame_rate
    cuts = [scene.start for scene in scenes[1:]]
    assert cuts == pytest.approx([1.20, 3.04, 5.48, 7.48, 9.68], abs=frame)

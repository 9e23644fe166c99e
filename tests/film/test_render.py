from pathlib import Path

import numpy as np
import pytest

from grounder.span import Span
from grounder.video import Video
from tests.film.render import Film, Shot, render_film, spoken

SHOTS = (Shot(2.0, "umbrella", "The forecast said sunshine."), Shot(1.5), Shot(2.0, "honeycomb"))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    return render_film(SHOTS, tmp_path_factory.mktemp("film") / "film.mp4", seed=4)


def test_spans_lie_end_to_end_and_last_as_long_as_the_shots(film: Film) -> None:
    assert film.spans == (Span(0, 2), Span(2, 3.5), Span(3.5, 5.5))


def test_the_video_is_as_long_as_its_spans_say(film: Film) -> None:
    with Video.open(film.path) as video:
        assert video.duration == pytest.approx(5.5, abs=1 / 12)
        assert video.facts.codec == "h264"


def test_the_picture_changes_exactly_at_the_cuts(film: Film) -> None:
    with Video.open(film.path) as video:
        times = [2 - 0.04, 2 + 0.04, 3.5 - 0.04, 3.5 + 0.04]
        frames = video.frames(times).images.astype(float)
    steps = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))
    across_cuts, inside_a_shot = steps[[0, 2]], steps[1]
    assert across_cuts.min() > 40 > 20 > inside_a_shot


def test_pictures_move_inside_a_shot(film: Film) -> None:
    with Video.open(film.path) as video:
        first, last = video.frames([0.1, 1.9]).images.astype(float)
    assert np.abs(first - last).mean() > 2


def test_the_subtitles_hold_the_lines_and_their_times(film: Film) -> None:
    assert spoken(film.spans[0]) == Span(0.4, 1.6)
    assert film.subtitles.read_text(encoding="utf-8") == (
        "1\n00:00:00,400 --> 00:00:01,600\nThe forecast said sunshine.\n"
    )


def test_the_same_seed_gives_the_same_bytes(film: Film, tmp_path: Path) -> None:
    again = render_film(SHOTS, tmp_path / "again.mp4", seed=4)
    other = render_film(SHOTS, tmp_path / "other.mp4", seed=5)
    assert again.path.read_bytes() == film.path.read_bytes() != other.path.read_bytes()


def test_a_line_needs_a_shot_long_enough_to_say_it() -> None:
    with pytest.raises(ValueError, match=r"too short: above 0, with a line above 0\.8"):
        Shot(0.8, line="Hello.")


def test_a_thing_nobody_can_draw_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"Nothing draws 'unicorn'\. Known: balloon"):
        Shot(1.0, "unicorn")

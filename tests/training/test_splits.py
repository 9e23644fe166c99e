import pytest

from grounder.errors import DatasetError
from grounder.sample import Sample
from grounder.span import Span
from training.splits import check_apart


def rows(*videos):
    return [Sample(name, name, 10.0, "a dog", (Span(1, 2),), "test") for name in videos]


def test_sets_of_different_videos_are_apart(tmp_path):
    check_apart(rows("a.mp4", "b.mp4"), tmp_path, rows("c.mp4"), tmp_path)
    check_apart(rows("a.mp4"), tmp_path / "train", rows("a.mp4"), tmp_path / "test")


@pytest.mark.parametrize("name", ["a.mp4", "sub/../a.mp4", "link.mp4"])
def test_a_shared_video_is_found_by_whatever_path(tmp_path, name):
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.mp4").symlink_to(tmp_path / "a.mp4")
    with pytest.raises(DatasetError, match=r"trained on, too: .*a\.mp4\. Split rows by video"):
        check_apart(rows("a.mp4"), tmp_path, rows("b.mp4", name), tmp_path)


def test_many_shared_videos_are_counted(tmp_path):
    names = [f"{number}.mp4" for number in range(9)]
    with pytest.raises(DatasetError, match=r"2\.mp4 and 6 more"):
        check_apart(rows(*names), tmp_path, rows(*names), tmp_path)

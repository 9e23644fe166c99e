from dataclasses import dataclass

import numpy as np
import pytest

from grounder.search import search_library
from tests.search_world import Indexed, LetterEncoder, letter_video


@dataclass(frozen=True)
class Hit:
    video_id: str
    time: float
    score: float


class Shelf:
    """Videos in memory, searched frame by frame; remembers which were opened."""

    def __init__(self, *videos: Indexed) -> None:
        self.videos = {video.video_id: video for video in videos}
        self.opened: list[str] = []

    def nearest(self, encoder_name, vector, k):
        hits = [
            Hit(video.video_id, float(time), float(row @ vector))
            for video in self.videos.values()
            for time, row in zip(video.tracks[0].times, video.tracks[0].embeddings, strict=True)
        ]
        return sorted(hits, key=lambda hit: -hit.score)[:k]

    def open_index(self, video_id, encoder):
        self.opened.append(video_id)
        return self.videos[video_id]


def test_windows_come_from_the_video_that_shows_it():
    shelf = Shelf(
        letter_video("a" * 99, video_id="one"), letter_video("aaabbbbccc" * 9, video_id="two")
    )
    windows = search_library(shelf, "b", LetterEncoder(), k=2, longest=8)
    assert len(windows) == 2
    assert {window.video_id for window in windows} == {"two"}
    assert all(window.span.duration <= 8 for window in windows)
    assert shelf.opened == ["two"]


def test_at_most_k_videos_are_opened():
    shelf = Shelf(*(letter_video("ab" * 3, video_id=str(n)) for n in range(9)))
    windows = search_library(shelf, "b", LetterEncoder(), k=3, longest=8)
    assert len(shelf.opened) <= 3
    assert len(windows) <= 3
    chances = [window.probability for window in windows]
    assert chances == sorted(chances, reverse=True)


@pytest.mark.parametrize(("query", "k"), [(" ", 1), ("a", 0)])
def test_nonsense_is_refused_before_the_library_is_asked(query, k):
    with pytest.raises(ValueError, match=r"empty|k >= 1"):
        search_library(Shelf(), query, LetterEncoder(), k=k, longest=8)


def test_vectors_are_single_precision():
    assert LetterEncoder().encode_texts(["a"]).dtype == np.float32

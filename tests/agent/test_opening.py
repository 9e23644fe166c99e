from pathlib import Path

import pytest

from agent.opening import video_file
from grounder.errors import VideoError
from grounder.library import Library


def test_a_folder_is_called_a_folder(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library") as library:
        with pytest.raises(VideoError, match=r"is a folder.*whenwhat index"):
            video_file(library, tmp_path)
        with pytest.raises(VideoError, match="neither a video file nor the id"):
            video_file(library, tmp_path / "none.mp4")

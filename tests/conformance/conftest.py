from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance.clips import CLIPS
from tests.video_factory import timed_video


@pytest.fixture(scope="session")
def clip_path(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes each clip once a session, when it is first asked for."""
    folder = tmp_path_factory.mktemp("clips")

    def make(name: str) -> Path:
        path = folder / f"{name}{CLIPS[name].suffix}"
        return path if path.exists() else timed_video(path, CLIPS[name])

    return make

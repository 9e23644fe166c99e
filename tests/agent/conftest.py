from collections.abc import Iterator
from pathlib import Path

import pytest

from grounder.video import Video
from tests.agent.stage import film


@pytest.fixture(scope="session")
def film_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real video of 16 s: red, green, blue, yellow."""
    return film(tmp_path_factory.mktemp("film"))


@pytest.fixture
def film_video(film_path: Path) -> Iterator[Video]:
    with Video.open(film_path) as video:
        yield video

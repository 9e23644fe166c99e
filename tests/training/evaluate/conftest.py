from pathlib import Path

import pytest

from tests.training.evaluate.stage import folder_of_videos


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the two annotated videos; nothing in it may be changed."""
    return folder_of_videos(tmp_path_factory.mktemp("videos"))


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where their index is kept: it is made once for all tests."""
    return tmp_path_factory.mktemp("library")

"""The films that the tests of the stages share."""

import pytest

from scenetg.visual.look import Look
from tests.scenetg.queries.stage import COLOURS, film


@pytest.fixture(scope="module")
def look(tmp_path_factory: pytest.TempPathFactory) -> Look:
    return film(tmp_path_factory.mktemp("films"), *COLOURS)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Look:
    return film(tmp_path_factory.mktemp("films"), "magenta", "blue", "cyan")

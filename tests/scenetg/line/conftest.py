"""One Ray cluster for all tests that need one: starting it takes seconds."""

from collections.abc import Iterator

import pytest

from scenetg.engine import Beside, Engine, open_engine


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Two workers in a cluster of this machine, with room for three copies of a model beside them."""
    with open_engine("ray", 2, beside=Beside(3, 0.0)) as opened:
        yield opened

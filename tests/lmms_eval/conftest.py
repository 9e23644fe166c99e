import os

import pytest


@pytest.fixture(scope="session")
def interpreter() -> str:
    """The interpreter of the environment that has lmms-eval."""
    named = os.environ.get("LMMS_EVAL_PYTHON")
    if named is None:
        pytest.skip("needs an environment with lmms-eval: LMMS_EVAL_PYTHON names none")
    return named

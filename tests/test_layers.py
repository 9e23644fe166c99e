"""Which way imports go, as import-linter reads it from pyproject.toml."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_import_points_down(pytestconfig: pytest.Config) -> None:
    result = lint(pytestconfig.rootpath)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    "upward", ["import agent.context", "import training", "import langgraph.graph"]
)
def test_an_import_that_points_up_is_caught(
    upward: str, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    import shutil

    root = pytestconfig.rootpath
    for package in ("agent", "grounder", "scenetg", "training"):
        skipped = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / package, tmp_path / package, ignore=skipped)
    shutil.copy(root / "pyproject.toml", tmp_path)
    with (tmp_path / "grounder" / "span.py").open("a") as file:
        file.write(f"\n\ndef upwards() -> None:\n    {upward}\n")
    result = lint(tmp_path)
    assert result.returncode == 1, result.stdout
    assert "BROKEN" in result.stdout

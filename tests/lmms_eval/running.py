"""lmms-eval as people start it, on the task of `task`."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.lmms_eval.task import NAME


def evaluate(
    interpreter: str, folder: Path, model: str, settings: Mapping[str, object]
) -> "subprocess.CompletedProcess[str]":
    """Run the task of a folder; what comes out lies in `folder/out`."""
    told = ",".join(f"{name}={value}" for name, value in settings.items())
    words = ["--model", model, "--model_args", told, "--tasks", NAME, "--log_samples"]
    words += ["--include_path", str(folder), "--output_path", str(folder / "out")]
    own = {"HF_HOME": str(folder / "hub"), "HF_HUB_OFFLINE": "1", "OPENAI_API_KEY": "none"}
    return subprocess.run(
        [interpreter, "-m", "lmms_eval", "eval", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | own,
        check=False,
    )


def one(folder: Path, pattern: str) -> Path:
    """Return the one file of a name that came out."""
    (found,) = (folder / "out").rglob(pattern)
    return found

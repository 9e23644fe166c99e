"""The agent under a real lmms-eval, which lives in an environment of its own.

python -m venv ENV && ENV/bin/pip install 'lmms-eval[video-legacy]' && ENV/bin/pip install --no-deps .
LMMS_EVAL_PYTHON=ENV/bin/python pytest -m lmms_eval
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lmms_eval.running import evaluate, one
from tests.lmms_eval.task import NAME, write_task
from tests.training.evaluate.stage import scripted

pytestmark = pytest.mark.lmms_eval
RULES = (
    ("blue", '[{"start": 4.04, "end": 7.96, "confidence": 0.8}]'),
    ("red", '[{"start": 0, "end": 4, "confidence": 0.7}]'),
)


def test_its_own_task_runs_the_agent_and_reads_its_moments(
    interpreter: str, tmp_path: Path
) -> None:
    write_task(tmp_path)
    settings: dict[str, Any] = {
        "python": sys.executable,
        "mode": "ground",
        "question": "query",
        "encoder": "conse",
        "vlm": scripted(tmp_path, *RULES),
        "library": tmp_path / "library",
    }
    result = evaluate(interpreter, tmp_path, "whenwhat", settings)
    assert result.returncode == 0, result.stderr[-4000:]
    lines = one(tmp_path, "*samples*.jsonl").read_text(encoding="utf-8").splitlines()
    said = {row["target"]: row["filtered_resps"] for row in map(json.loads, lines)}
    assert said == {"a blue screen": "4.0 - 8.0", "a red screen": "0.0 - 4.0"}
    scores = json.loads(one(tmp_path, "*results.json").read_text(encoding="utf-8"))
    assert scores["results"][NAME]["tiny_iou,none"] == 1.0


def test_a_worker_that_cannot_begin_ends_the_run_with_its_words(
    interpreter: str, tmp_path: Path
) -> None:
    write_task(tmp_path)
    result = evaluate(
        interpreter, tmp_path, "whenwhat", {"python": sys.executable, "encoder": "nothing"}
    )
    told = result.stdout + result.stderr
    assert "No encoder is called 'nothing'" in told
    assert "The worker of whenwhat ended with code 1" in told


def test_what_it_prints_is_read_by_the_parsers_of_its_tasks(interpreter: str) -> None:
    program = """
from lmms_eval.tasks.charades_sta.utils import extract_time as charades
from lmms_eval.tasks.extremewhenbench.utils import _parse_interval as extreme_when
from lmms_eval.tasks.timelens.utils import extract_time as timelens
print([*map(tuple, charades("12.3 - 15.6")), extreme_when("12.3 - 15.6"), *timelens("12.3 - 15.6")])
"""
    told = subprocess.run(
        [interpreter, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert told.splitlines()[-1] == str([(12.3, 15.6)] * 3)

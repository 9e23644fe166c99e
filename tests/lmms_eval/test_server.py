"""A model by itself under lmms-eval, without code: its own `openai` model asks a true server; set up as `test_plugin`."""

import json
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.lmms_eval.running import evaluate, one
from tests.lmms_eval.task import write_task
from tests.model_server import served

pytestmark = pytest.mark.lmms_eval
FRAMES = 4


def test_its_openai_model_shows_a_server_the_frames_of_each_video(
    interpreter: str, tmp_path: Path
) -> None:
    write_task(tmp_path)
    # Weights of a small world: what they say of this film is nothing, but they are shown it and asked.
    model, log = ROOT / "training" / "nano" / "grounder", tmp_path / "log"
    with served(model, log) as url:
        settings = {"base_url": url, "model_version": model, "max_frames_num": FRAMES}
        result = evaluate(interpreter, tmp_path, "openai", settings)
    assert result.returncode == 0, result.stderr[-4000:]
    lines = one(tmp_path, "*samples*.jsonl").read_text(encoding="utf-8").splitlines()
    rows = list(map(json.loads, lines))
    assert [row["target"] for row in rows] == ["a blue screen", "a red screen"]
    assert not any("LMMS_EVAL_REQUEST_FAILED" in row["filtered_resps"] for row in rows)
    told = [row["token_counts"][0] for row in rows]
    assert all(counts["output_tokens"] > 0 for counts in told)
    # The question alone has fewer letters than this.
    assert all(counts["input_tokens"] > 100 * FRAMES for counts in told)
    assert log.read_text().count('"POST /v1/chat/completions HTTP/1.1" 200') == len(rows)

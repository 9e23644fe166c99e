"""A task for lmms-eval: two questions about one rendered video, scored by overlap as its own tasks do."""

import json
from pathlib import Path

from tests.video_factory import colour_video

NAME = "whenwhat_tiny"
ROWS = [
    {"video": "film.mp4", "query": "a blue screen", "start": 4.0, "end": 8.0},
    {"video": "film.mp4", "query": "a red screen", "start": 0.0, "end": 4.0},
]
UTILS = """
import re
from pathlib import Path

def visual(doc):
    return [str(Path(__file__).parent / doc["video"])]

def text(doc, lmms_eval_specific_kwargs=None):
    return f"Find this moment: {doc['query']}. The format should be: 'start time - end time', as in 24.3 - 30.4."

def score(doc, results):
    pair = re.search(r"(\\d+(?:\\.\\d+)?)\\s*-\\s*(\\d+(?:\\.\\d+)?)", results[0])
    start, end = (float(pair[1]), float(pair[2])) if pair else (0.0, 0.0)
    inside = max(0.0, min(end, doc["end"]) - max(start, doc["start"]))
    return {"tiny_iou": inside / (max(end, doc["end"]) - min(start, doc["start"]))}
"""


def write_task(folder: Path) -> None:
    """Write the video, the documents and the task."""
    colour_video(
        folder / "film.mp4", [("red", 4.0), ("blue", 4.0), ("lime", 4.0)], size=(96, 64), rate=10
    )
    lines = [json.dumps(row) + "\n" for row in ROWS]
    (folder / "rows.jsonl").write_text("".join(lines), encoding="utf-8")
    (folder / "utils.py").write_text(UTILS, encoding="utf-8")
    (folder / f"{NAME}.yaml").write_text(
        f"""\
task: {NAME}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {folder / "rows.jsonl"}
test_split: test
output_type: generate_until
doc_to_visual: !function utils.visual
doc_to_text: !function utils.text
doc_to_target: query
process_results: !function utils.score
generation_kwargs:
  max_new_tokens: 50
metric_list:
  - metric: tiny_iou
    aggregation: mean
    higher_is_better: true
""",
        encoding="utf-8",
    )

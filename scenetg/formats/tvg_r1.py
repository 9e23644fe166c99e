"""TVG-R1 (its EasyR1 fork) and stock EasyR1: a JSON list that both read.

The fork reads `dataset, video, problem, choices, gt_frame, video_length, ground_truth`, stock EasyR1 `prompt,
answer, videos`. A YAML that names the file (`datasets: [{json_path, data_folder}]`) goes with the fork.
"""

from typing import Any

from grounder.adapters import load_adapter
from grounder.prompt import grounding_question
from grounder.reply import write_reply
from grounder.sample import Sample
from grounder.span import Span
from scenetg.formats.label import Label
from scenetg.formats.row import Row
from scenetg.formats.single import only_span

ADAPTER = "tvg-r1"
MADE = ("problem", "choices", "ground_truth", "prompt", "answer", "videos")
"""Written anew from the other fields."""
KNOWN = ("dataset", "video", "gt_frame", "video_length", "query")


def labels_of(row: Row) -> list[Label]:
    """Return the one label of an entry; without our field `query` the whole `problem` is its query."""
    return [
        Label(
            id="",
            video=row.text("video"),
            query=row.text("query", "problem"),
            windows=(row.window("gt_frame"),),
            source=row.text("dataset"),
            place=row.place,
            duration=row.number("video_length"),
            # Only what was made here can be made again.
            extra=row.rest(*KNOWN, *(MADE if "query" in row.fields else MADE[:1])),
        )
    ]


def row_of(sample: Sample) -> dict[str, Any]:
    """Return the entry of a row; the reward knows one span per query."""
    span, adapter = only_span(sample), load_adapter(ADAPTER)
    whole = Span(0.0, sample.duration)
    problem = grounding_question(adapter, sample.query, within=whole)
    answer = write_reply([span], adapter=adapter, within=whole)
    return {
        "dataset": sample.source,
        "video": sample.video,
        "problem": problem,
        "choices": "",
        "gt_frame": [span.start, span.end],
        "video_length": sample.duration,
        "ground_truth": answer,
        "query": sample.query,
        "prompt": f"<video>{problem}",
        "answer": answer,
        "videos": [sample.video],
    }

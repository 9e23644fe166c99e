import pytest

from grounder.sample import Sample, write_samples
from grounder.span import Span
from tests.video_factory import colour_video

SCENES = [("red", 2), ("blue", 2), ("green", 2)]


def row(number, query, span, **changes):
    spans = () if span is None else (Span(*span),)
    return Sample(str(number), "a.mp4", 6.0, query, spans, "test", **changes)


ROWS = [
    row(0, "a red screen", (0, 2)),
    row(1, "a yellow screen", None),
    row(2, "a blue screen", (2, 4), task="caption", answer="The screen is blue."),
    row(3, "a green screen", (4, 6), task="verify", answer="yes"),
    row(4, "a red screen", (4, 6), task="verify", answer="no"),
    row(5, "a blue screen", (2, 4), task="qa", question="What follows red?", answer="Blue."),
    row(
        6,
        "a blue screen",
        (2, 4),
        task="qa",
        question="What follows red?",
        options=("green", "blue"),
        answer="blue",
    ),
]


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """Rows of every task over one short video."""
    folder = tmp_path_factory.mktemp("sft")
    colour_video(folder / "a.mp4", SCENES, size=(64, 64), rate=10)
    write_samples(folder / "rows.jsonl", ROWS)
    return folder / "rows.jsonl"

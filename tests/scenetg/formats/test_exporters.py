import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.adapters import load_adapter
from grounder.errors import DatasetError
from grounder.prompt import grounding_question
from grounder.reply import parse_reply
from grounder.sample import Rollouts, Sample
from grounder.span import Span
from scenetg.formats import FORMATS, export_samples, import_samples

WRITTEN = sorted(name for name, form in FORMATS.items() if form.row_of is not None)
ONE_SPAN = {"time-r1", "tvg-r1"}
DURATION = 100.0
TEXT = st.text(min_size=1, max_size=20)
SPAN = st.tuples(st.floats(0, 49), st.floats(50, DURATION)).map(lambda ends: Span(*ends))
SHARE = st.floats(0, 1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
SAMPLES = st.builds(
    Sample,
    id=TEXT,
    video=TEXT,
    duration=st.just(DURATION),
    query=TEXT,
    spans=st.lists(SPAN, min_size=1, max_size=3).map(tuple),
    source=TEXT,
    split=st.sampled_from(["train", "validation", "test"]),
    license=st.sampled_from(["", "CC0-1.0"]),
    task=st.sampled_from(["ground", "qa"]),
    question=st.none() | TEXT,
    options=st.just(("yes", "no")),
    answer=st.sampled_from([None, "yes", "no"]),
    difficulty=st.none() | st.floats(0, 100),
    rollouts=st.none() | st.builds(Rollouts, mean=SHARE, std=SHARE, count=st.integers(1, 64)),
    scene_id=st.none() | TEXT,
    filters=st.dictionaries(TEXT, SHARE, max_size=2),
    meta=st.dictionaries(
        TEXT | st.sampled_from(["windows", "pred", "idx", "relevant_clip_ids"]), JSON, max_size=2
    ),
)
DOG = Sample("7", "a.mp4", 60.0, "a dog barks", (Span(4, 9.5),), "made up", split="val")


def round_trip(name: str, path: Path, samples: list[Sample]) -> list[Sample]:
    assert export_samples(FORMATS[name], path, samples) == []
    # The split that is given is for rows that name none.
    back, refused = import_samples(FORMATS[name], path, split="nowhere")
    assert refused == []
    return back


def written(name: str, path: Path, samples: list[Sample]) -> list[dict[str, Any]]:
    assert export_samples(FORMATS[name], path, samples) == []
    text = path.read_text(encoding="utf-8")
    rows = (
        json.loads(text)
        if FORMATS[name].layout == "json"
        else [json.loads(line) for line in text.splitlines()]
    )
    assert isinstance(rows, list)
    return rows


@pytest.mark.parametrize("name", WRITTEN)
@given(samples=st.lists(SAMPLES, max_size=4))
def test_any_row_survives_any_format(
    name: str, samples: list[Sample], tmp_path_factory: pytest.TempPathFactory
) -> None:
    if name in ONE_SPAN:
        samples = [replace(sample, spans=sample.spans[:1]) for sample in samples]
    path = tmp_path_factory.mktemp("rows") / "rows"
    assert round_trip(name, path, samples) == samples
    assert [entry.name for entry in path.parent.iterdir()] == ["rows"]


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize(
    ("source", "file", "companion"),
    [
        ("activitynet-captions", "activitynet_captions_val.head100.json", None),
        ("tacos", "tacos_test.head3.json", None),
        ("ego4d-nlq", "ego4d_nlq_val.head200.jsonl", None),
        ("rextime", "rextime_val.head200.jsonl", None),
        ("tvgbench", "tvgbench.json", None),
        ("time-r1", "timerft_train_2k5.json", None),
        ("nextgqa", "nextgqa_val.head600.csv", "nextgqa_gsub_val.json"),
        pytest.param(
            "qvhighlights",
            "../qvhighlights/highlight_val_release.jsonl",
            None,
            marks=pytest.mark.slow,
        ),
    ],
)
def test_real_rows_survive_every_format(
    name: str, source: str, file: str, companion: str | None, shared_folder: Path, tmp_path: Path
) -> None:
    folder = shared_folder / "eval" / "formats"
    second = folder / companion if companion else None
    samples, _ = import_samples(FORMATS[source], folder / file, split="val", companion=second)
    fitting = [s for s in samples if len(s.spans) == 1] if name in ONE_SPAN else samples
    assert len(fitting) > 100
    assert round_trip(name, tmp_path / "rows", fitting) == fitting


def test_a_real_timerft_file_is_written_as_it_was(shared_folder: Path, tmp_path: Path) -> None:
    path = shared_folder / "eval" / "formats" / "timerft_train_2k5.json"
    samples, _ = import_samples(FORMATS["time-r1"], path, split="train")
    original = json.loads(path.read_text(encoding="utf-8"))
    again = written("time-r1", tmp_path / "rows", samples)
    for before, after, sample in zip(original, again, samples, strict=True):
        del after["whenwhat"]
        if "windows" in sample.meta:  # one of those that ended past the video
            before["timestamp"] = after["timestamp"]
        assert after == before


def test_a_real_qvhighlights_file_is_written_as_it_was(shared_folder: Path, tmp_path: Path) -> None:
    path = shared_folder / "eval" / "qvhighlights" / "highlight_val_release.jsonl"
    samples, _ = import_samples(FORMATS["qvhighlights"], path, split="val")
    again = written("qvhighlights", tmp_path / "rows", samples)
    original = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    touching = 0
    for before, after, sample in zip(original, again, samples, strict=True):
        del after["whenwhat"]
        if "windows" in sample.meta:
            touching += 1
            before["relevant_windows"] = after["relevant_windows"]
        assert after == before
    assert touching == 0


def test_time_r1_reads_its_fields(tmp_path: Path) -> None:
    [row] = written("time-r1", tmp_path / "rows", [replace(DOG, difficulty=30.0)])
    assert json.loads(row.pop("whenwhat"))["source"] == "made up"
    assert row == {
        "video": "a.mp4",
        "duration": 60.0,
        "timestamp": [4, 9.5],
        "sentence": "a dog barks",
        "qid": "7",
        "difficulty": 30.0,
        "video_start": None,
        "video_end": None,
        "pred": None,
    }


def test_tvg_r1_and_stock_easyr1_read_their_fields(tmp_path: Path) -> None:
    [row] = written("tvg-r1", tmp_path / "rows", [DOG])
    assert (row["dataset"], row["video"], row["gt_frame"], row["video_length"]) == (
        "made up",
        "a.mp4",
        [4, 9.5],
        60,
    )
    assert "Now I give you the query: 'a dog barks'." in row["problem"]
    assert row["choices"] == ""
    assert row["prompt"] == "<video>" + row["problem"]
    assert row["videos"] == ["a.mp4"]
    assert row["answer"] == row["ground_truth"] == "<time>[4.00, 9.50]</time>"


def test_museg_tells_one_span_from_many(tmp_path: Path) -> None:
    twice = replace(DOG, spans=(Span(1, 2), Span(5, 6)))
    one, many = written("museg", tmp_path / "rows", [DOG, twice])
    assert (one["idx"], one["task"], one["solution"]) == (0, "tvg", [[4, 9.5]])
    assert (many["idx"], many["task"], many["solution"]) == (1, "tal", [[1, 2], [5, 6]])
    assert "'a dog barks'" in one["problem"]


def test_timelens_puts_the_events_of_a_video_on_one_line(tmp_path: Path) -> None:
    cat = replace(DOG, id="8", query="a cat sleeps")
    other = replace(DOG, id="9", video="b.mp4")
    first, second = written("timelens", tmp_path / "rows", [DOG, cat, other])
    assert (first["source"], first["video_path"], first["duration"]) == ("made up", "a.mp4", 60.0)
    assert [event["query"] for event in first["events"]] == ["a dog barks", "a cat sleeps"]
    assert first["events"][0]["span"] == [[4, 9.5]]
    assert second["video_path"] == "b.mp4"


def test_timelens_reads_an_event_with_one_bare_span(tmp_path: Path) -> None:
    row = {
        "source": "x",
        "video_path": "a.mp4",
        "duration": 9,
        "events": [{"query": "q", "span": [1, 2]}],
    }
    (tmp_path / "a.jsonl").write_text(json.dumps(row), encoding="utf-8")
    [sample], _ = import_samples(FORMATS["timelens"], tmp_path / "a.jsonl", split="train")
    assert (sample.id, sample.spans, sample.source) == ("timelens-0", (Span(1, 2),), "x")


def test_qvhighlights_names_the_clips_but_makes_no_saliency_up(tmp_path: Path) -> None:
    [row] = written("qvhighlights", tmp_path / "rows", [DOG])
    assert (row["qid"], row["vid"], row["relevant_windows"]) == (7, "a.mp4", [[4, 9.5]])
    assert row["relevant_clip_ids"] == [2, 3, 4]
    assert "saliency_scores" not in row


def test_qwen_is_asked_and_answers_as_the_model_will_be(tmp_path: Path) -> None:
    absent = replace(DOG, spans=())
    [row, nothing] = written("qwen", tmp_path / "rows", [DOG, absent])
    asked, answer = (turn["value"] for turn in row["conversations"])
    adapter, whole = load_adapter("qwen3-vl"), Span(0, 60)
    assert asked == "<video>\n" + grounding_question(adapter, "a dog barks", within=whole)
    assert parse_reply(answer, adapter=adapter, within=whole).spans == (Span(4, 9.5),)
    assert nothing["conversations"][1]["value"] == "[]"


def test_qwen_answers_a_question_in_words(tmp_path: Path) -> None:
    sample = replace(
        DOG, task="qa", question="Which animal?", options=("a cat", "a dog"), answer="a dog"
    )
    [row] = written("qwen", tmp_path / "rows", [sample])
    assert [turn["value"] for turn in row["conversations"]] == [
        "<video>\nWhich animal?\n(A) a cat\n(B) a dog",
        "(B) a dog",
    ]


@pytest.mark.parametrize(
    ("name", "sample", "reason"),
    [
        ("time-r1", replace(DOG, spans=(Span(1, 2), Span(3, 4))), "has 2 spans; this format holds one"),
        ("museg", replace(DOG, spans=()), "no way to say that a query is never true"),
        ("timelens", replace(DOG, task="verify", options=("yes", "no")), "is a row of task verify"),
        ("qwen", replace(DOG, task="shots"), "is a row of task shots"),
        ("time-r1", replace(DOG, query="half \ud83d"), "surrogates not allowed"),
        ("time-r1", replace(DOG, meta={"score": float("nan")}), "not JSON compliant"),
        ("qwen", replace(DOG, task="qa", question="what does <video> mean", answer="x"), "marks media"),
    ],
)  # fmt: skip
def test_a_row_that_a_format_cannot_hold_is_refused_and_the_rest_is_written(
    name: str, sample: Sample, reason: str, tmp_path: Path
) -> None:
    other = replace(DOG, id="other")
    [refused] = export_samples(FORMATS[name], tmp_path / "rows", [sample, other])
    assert refused.place == "7"
    assert reason in refused.reason
    back, _ = import_samples(FORMATS[name], tmp_path / "rows", split="train")
    assert back == [other]


def test_a_format_that_is_only_read_says_which_are_written(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"only read here\. Write time-r1"):
        export_samples(FORMATS["tacos"], tmp_path / "rows", [DOG])


def test_an_edited_span_wins_over_what_rode_along(tmp_path: Path) -> None:
    [row] = written("time-r1", tmp_path / "rows", [DOG])
    row["timestamp"] = [1.0, 2.0]
    (tmp_path / "rows").write_text(json.dumps([row]), encoding="utf-8")
    [sample], _ = import_samples(FORMATS["time-r1"], tmp_path / "rows", split="train")
    assert sample == replace(DOG, spans=(Span(1, 2),))


@pytest.mark.parametrize(
    ("name", "row", "query", "kept"),
    [
        (
            "tvg-r1",
            {
                "dataset": "didemo", "video": "a.mp4", "problem": "Find: a dog", "choices": "(A) x", "gt_frame": [1, 2],
                "video_length": 9.5, "ground_truth": "[1, 2]", "level": 3,
            },
            "Find: a dog",
            {"choices": "(A) x", "ground_truth": "[1, 2]", "level": 3},
        ),
        (
            "museg",
            {"idx": 4, "problem": "Find 'rafting'", "solution": [[5, 6], [7, 8]], "video": "a.mp4", "duration": 80.0, "task": "tvg"},
            "Find 'rafting'",
            {"idx": 4, "task": "tvg"},
        ),
    ],
)  # fmt: skip
def test_a_row_of_theirs_loses_nothing(
    name: str, row: dict[str, Any], query: str, kept: dict[str, Any], tmp_path: Path
) -> None:
    text = json.dumps([row] if FORMATS[name].layout == "json" else row)
    (tmp_path / "theirs").write_text(text, encoding="utf-8")
    [sample], refused = import_samples(FORMATS[name], tmp_path / "theirs", split="train")
    assert refused == []
    assert (sample.query, sample.meta) == (query, kept)
    assert round_trip(name, tmp_path / "ours", [sample]) == [sample]


def test_a_museg_row_without_a_duration_is_refused(tmp_path: Path) -> None:
    row = {"idx": 1, "problem": "p", "solution": [[1, 2]], "video": "charades/A.mp4", "task": "tvg"}
    (tmp_path / "a.jsonl").write_text(json.dumps(row), encoding="utf-8")
    samples, [refused] = import_samples(FORMATS["museg"], tmp_path / "a.jsonl", split="train")
    assert samples == []
    assert "has no duration" in refused.reason


@pytest.mark.parametrize("text", ["{broken", "[1]", '{"id": 5, "colour": 1}'])
def test_what_rides_along_is_checked_when_it_is_read(text: str, tmp_path: Path) -> None:
    [row] = written("time-r1", tmp_path / "rows", [DOG])
    (tmp_path / "rows").write_text(json.dumps([row | {"whenwhat": text}]), encoding="utf-8")
    samples, [refused] = import_samples(FORMATS["time-r1"], tmp_path / "rows", split="train")
    assert samples == []
    assert refused.place == f"{tmp_path / 'rows'}[0]"

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.ground import Grounding, Moment
from grounder.reply import Reply
from grounder.span import Span, merge, total_duration
from scenetg.formats import Label
from scenetg.world.build import Settings, build, write_rows
from scenetg.world.rows import Wanted
from tests.conftest import ROOT
from tests.training.evaluate.stage import done, folder_of_videos, predictions, scripted
from training.benchmarks import BENCHMARKS
from training.evaluate.alone import AT_ONCE, GrounderAlone, best_moments, sliding, status_of
from training.evaluate.asking import asked
from training.evaluate.engine import Job
from training.evaluate.prediction import Prediction, Seconds
from training.evaluate.run import jobs_of
from training.evaluate.specs import GrounderSpec
from training.evaluate.systems import Setup
from training.evaluate.timing import Stopwatch


@given(
    length=st.floats(1, 5000),
    longest=st.floats(1, 400),
    overlap=st.sampled_from([0.0, 0.25, 0.5, 0.9]),
)
def test_windows_cover_the_whole_video_and_overlap_enough(length, longest, overlap):
    whole = Span(0.0, length)
    stretches = sliding(whole, longest, overlap=overlap)
    assert all(stretch.duration <= longest + 1e-6 for stretch in stretches)
    assert total_duration(merge(stretches)) == pytest.approx(length)
    for left, right in itertools.pairwise(stretches):
        assert left.overlap(right) >= overlap * longest - 1e-6


def grounding(status, *moments):
    spans = tuple(Span(start, end) for start, end, _ in moments)
    return Grounding(
        tuple(Moment(Span(start, end), sure) for start, end, sure in moments),
        Span(0, 100),
        "stated",
        Reply("…", status, spans),
    )


def test_the_surest_moments_come_first_and_doubles_are_left_out():
    said = [grounding("ok", (0, 10, 0.5), (40, 50, 0.5)), grounding("ok", (1, 10, 0.9))]
    assert [(m.span.start, m.confidence) for m in best_moments(said)] == [(1, 0.9), (40, 0.5)]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [("ok", "ok"), ("ok ok", "ok"), ("ok repaired", "repaired"), ("ok failed", "repaired"), ("failed", "failed")],
)  # fmt: skip
def test_one_readable_reply_is_enough_not_to_have_failed(statuses, expected):
    assert status_of([grounding(status) for status in statuses.split()]) == expected


def test_a_model_alone_is_asked_about_the_whole_video_and_its_words_are_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    videos = folder_of_videos(tmp_path)
    right = json.dumps([{"start": 4.0, "end": 8.0, "confidence": 0.9}])
    model = scripted(tmp_path, ("blue", right), ("yellow", "no idea"), ("red", "[]"))
    document = done(
        capsys, "annotated", "--videos", videos, "--system", f"grounder:{model}", "--out", tmp_path / "run"
    )  # fmt: skip
    rows = {row["qid"]: row for row in predictions(tmp_path / "run")}
    assert rows["a:g1"]["windows"] == [[4.0, 8.0, 0.9]]
    assert rows["a:g1"]["raw"] == right
    assert (rows["a:g1"]["frames"], rows["a:g1"]["looked"]) == (12, [[0.0, 12.0]])
    assert (rows["b:g0"]["status"], rows["b:g0"]["outcome"], rows["b:g0"]["raw"]) == (
        "failed",
        None,
        "no idea",
    )
    assert (rows["a:g0"]["outcome"], rows["a:g0"]["windows"]) == ("not_found", [])
    assert document["tables"]["strict"]["values"]["R1@0.7"] | {"interval": 0} == {
        "percent": 20.0, "queries": 5, "interval": 0,
    }  # fmt: skip
    assert document["rates"]["failed"] == 0.4  # yellow, and lime, of which the script knows nothing


def test_a_tiny_real_model_is_measured_through_its_true_inputs(
    tmp_path: Path, tiny_vlm, capsys: pytest.CaptureFixture[str]
) -> None:
    videos = folder_of_videos(tmp_path)
    model = tiny_vlm("qwen2_5_vl")
    document = done(
        capsys, "annotated", "--videos", videos, "--system", f"grounder:hf:{model}", "--limit", 2,
        "--out", tmp_path / "run",
    )  # fmt: skip
    rows = predictions(tmp_path / "run")
    assert [row["qid"] for row in rows] == ["a:g0", "b:g0"]
    assert all(row["visual_tokens"] > 0 and row["frames"] > 0 and row["raw"] for row in rows)
    share = document["throughput"]["share"]
    assert share["vision"] > share["text"] == 0
    assert share["decode"] > 0


def said_by(model: str, job: Job, *, at_once: int | None = None) -> list[Prediction]:
    watch = Stopwatch()
    system = GrounderAlone(GrounderSpec(model), Setup("world"), watch)
    system.at_once = at_once or system.at_once
    return list(asked(system, job, watch))


def test_queries_asked_in_one_call_get_the_replies_they_get_alone(tmp_path: Path) -> None:
    settings = Settings(length=24.0, level="nano", width=64, height=64, rate=4, srt=False)
    build(tmp_path, settings, [5009])
    wanted = Wanted(ground=4, refuse=2, caption=0, verify=0, qa=0, shots=False)
    write_rows(tmp_path, settings, "test", wanted, kinds=("action",), most_spans=1, varied=False)
    (job,) = jobs_of(BENCHMARKS["world"].read(tmp_path / "test.jsonl", None), tmp_path)
    assert len(job.labels) > AT_ONCE
    model = f"hf:{ROOT}/training/nano/grounder#nano"
    together, alone = said_by(model, job), said_by(model, job, at_once=1)
    assert [without_seconds(one) for one in together] == [without_seconds(one) for one in alone]
    assert len({one.raw for one in alone}) > 2
    # A call's seconds are shared out among its queries.
    assert len({one.seconds for one in together}) == 2
    assert len({one.seconds for one in alone}) == len(alone)


def test_a_query_that_cannot_be_asked_costs_no_other_of_its_call(tmp_path: Path) -> None:
    folder_of_videos(tmp_path, videos=("a",))
    labels = [Label(q or "empty", "a", q, ((0.0, 4.0),), "t", "f:1") for q in ("red", "", "blue")]
    model = scripted(tmp_path, ("blue", '[{"start": 4, "end": 8}]'), ("red", "[]"))
    said = said_by(model, Job("a", tmp_path / "a.mp4", tuple(labels)), at_once=4)
    assert [(one.qid, one.status, one.outcome) for one in said] == [
        ("red", "ok", "not_found"), ("empty", "error", None), ("blue", "ok", "answered"),
    ]  # fmt: skip
    assert said[1].error == "ValueError: The query is empty. Say what to look for."


def without_seconds(said: Prediction) -> Prediction:
    return replace(said, seconds=Seconds())

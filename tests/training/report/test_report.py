"""A run of made-up replies as a page: verdicts counted by hand, numbers in the DOM of a real browser."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grounder.cli.main import main
from grounder.errors import DatasetError
from scenetg.formats import Label
from tests.headless import opened, width_needed
from tests.video_factory import colour_video
from training.evaluate.folder import Run, RunFolder
from training.evaluate.prediction import Prediction, Seconds
from training.evaluate.queries import numbered
from training.report.build import build_report, report_page
from training.report.examples import sampled
from training.report.judged_run import abstaining, read_run
from training.report.verdict import Row, Verdict, judged

EVIL = '</title><script>document.body.innerHTML = "owned"</script><img src=x onerror="alert(1)">'
QUESTION: dict[str, Any] = {
    "task": "qa",
    "question": "Which?",
    "options": ("a", "b"),
    "answer": "b",
}


def label(
    name: str, *windows: tuple[float, float], query: str = "a red screen", **more: Any
) -> Label:
    kind = {"kind": "absent"} if not windows else {"kind": "colour"}
    return Label(name, "film.mp4", query, windows, "made up", name, 8.0, extra=kind, **more)


def said(name: str, *windows: tuple[float, float], **more: Any) -> Prediction:
    ranked = tuple((start, end, 0.5) for start, end in windows)
    return Prediction(name, ranked, **{"outcome": "uncertain"} | more)


@pytest.mark.parametrize(
    ("query", "reply", "verdict"),
    [
        (label("q", (0, 4)), said("q", (0, 4)), Verdict.RIGHT),
        (label("q", (0, 4)), said("q", (0, 2)), Verdict.RIGHT),  # IoU 0.5 is enough
        (label("q", (0, 4)), said("q", (0, 1)), Verdict.BOUNDARY),
        (label("q", (0, 4)), said("q", (5, 6), looked=((3, 7),)), Verdict.BOUNDARY),  # it was looked at
        (label("q", (0, 4)), said("q", (5, 6), looked=((4, 7),)), Verdict.SEARCH),  # touching ends share nothing
        (label("q", (0, 4)), said("q", (5, 6)), Verdict.SEARCH),
        (label("q", (0, 4)), said("q", outcome="not_found"), Verdict.REFUSED),
        (label("q", (0, 4)), said("q", (0, 4), outcome="not_found"), Verdict.REFUSED),  # a guess of a refusal
        (label("q", (0, 4)), said("q"), Verdict.REFUSED),
        (label("q", (0, 4)), None, Verdict.SILENT),
        (label("q", (0, 4)), said("q", (0, 4), status="failed", outcome=None), Verdict.SILENT),
        (label("q", (0, 4)), said("q", status="error", outcome=None, error="gone"), Verdict.SILENT),
        (label("q"), said("q", outcome="not_found"), Verdict.RIGHT),
        (label("q"), said("q", (0, 4)), Verdict.INVENTED),
        (label("q", (0, 4), **QUESTION), said("q", (0, 4), option="B"), Verdict.RIGHT),
        (label("q", (0, 4), **QUESTION), said("q", (0, 4), option="A"), Verdict.ANSWER),
        (label("q", (0, 4), **QUESTION), said("q", (5, 6), option="B"), Verdict.SEARCH),
        (label("q", **QUESTION), said("q", option="B"), Verdict.RIGHT),
        (label("q", **QUESTION), said("q", answer="a"), Verdict.ANSWER),
        (label("q", **QUESTION), said("q", outcome="not_found"), Verdict.REFUSED),
    ],
)  # fmt: skip
def test_the_first_stage_that_failed_is_the_verdict(
    query: Label, reply: Prediction | None, verdict: Verdict
) -> None:
    assert judged(query, reply).verdict is verdict


def make_run(folder: Path, *, video: bool = True) -> Path:
    """Ten queries: 3 right (one of them a due refusal), 2 boundary, 2 search, 1 refused, 1 invented, 1 silent."""
    folder.mkdir(parents=True)
    if video:
        colour_video(folder / "film.mp4", [("red", 4.0), ("blue", 4.0)], size=(96, 64), rate=5)
    labels = [label(f"q{n}", (0, 4), query=EVIL if n == 3 else f"query {n}") for n in range(8)]
    labels = [replace(one, extra={"kind": f"kind {n // 4}"}) for n, one in enumerate(labels)]
    labels += [label("none0"), label("none1")]
    spent = Seconds(0.25, 0.5, 0.125, 0.125, 1.0)
    replies = [
        said("q0", (0, 4), confidence=0.9, presence=0.9, seconds=spent),
        said("q1", (0, 3), confidence=0.8, presence=0.8, seconds=spent),
        said("q2", (0, 1), confidence=0.7, presence=0.7, seconds=spent),
        said("q3", (3, 8), confidence=0.6, presence=0.9, answer=EVIL, seconds=spent),
        said("q4", (5, 6), confidence=0.5, presence=0.6, looked=((5, 7),), seconds=spent, frames=8),
        said("q5", (6, 8), confidence=0.4, presence=0.6, seconds=spent, frames=8),
        said("q6", outcome="not_found", presence=0.2, seconds=spent),
        said("none0", outcome="not_found", presence=0.1, seconds=spent),
        said("none1", (1, 2), confidence=0.3, presence=0.7, seconds=spent),
    ]
    made = RunFolder(folder / "run")
    run = Run("rows", "agent:encoder=conse", "rows.jsonl", str(folder), settings={"k": 5}, models={"encoder": "conse:x"}, started="2026-01-02T03:04:05+00:00")  # fmt: skip
    made.begin(run, numbered(labels))
    made.keep(replies)
    return folder / "run"


def test_a_run_is_scored_and_its_verdicts_are_counted(tmp_path: Path) -> None:
    run = read_run(make_run(tmp_path / "x", video=False))
    counts = {v: sum(row.verdict is v for row in run.rows) for v in Verdict}
    assert counts == {
        Verdict.RIGHT: 3, Verdict.BOUNDARY: 2, Verdict.SEARCH: 2, Verdict.REFUSED: 1, Verdict.INVENTED: 1,
        Verdict.SILENT: 1, Verdict.ANSWER: 0,
    }  # fmt: skip
    found = abstaining(run)
    assert found is not None
    # Seven answers were given; the surest two are right.
    assert found.queries == 7
    assert found.curve.risk.tolist() == pytest.approx([0, 0, 1 / 3, 2 / 4, 3 / 5, 4 / 6, 5 / 7])
    assert (found.refusals.absent_refused, found.refusals.present_refused) == (
        0.5,
        pytest.approx(1 / 7),
    )
    # Presence of the present: .9 .8 .7 .9 .6 .6 .2; of the absent: .1 .7. Above .7: 3, equal: 1.
    assert found.auroc == pytest.approx((7 + 3.5) / 14)


def test_the_page_in_a_browser_shows_the_numbers_and_asks_for_nothing(tmp_path: Path) -> None:
    page = build_report(make_run(tmp_path / "x"))
    seen = opened(page)
    assert (
        seen.console == []
    )  # no error, and nothing that the policy or the missing network refused
    assert "owned" not in re.sub(r"innerHTML = .owned", "", seen.dom)
    assert "<script" not in seen.dom
    assert "&lt;script&gt;" in seen.dom
    for number in (
        "26.56",
        "25.00",
        "12.50",
        "30.0%",
        "20.0%",
        "0.750",
        "1.00 queries per second",
        "n = 4",
    ):
        assert number in seen.dom
    assert seen.dom.count("data:image/jpeg;base64,") > 20


@pytest.mark.parametrize("width", [420, 1280])
def test_the_page_is_no_wider_than_the_window(width: int, tmp_path: Path) -> None:
    page = build_report(make_run(tmp_path / "x", video=False))
    assert width_needed(page, width=width) <= width


def test_a_page_refers_to_nothing_outside_itself(tmp_path: Path) -> None:
    text = build_report(make_run(tmp_path / "x")).read_text(encoding="utf-8")
    assert re.findall(r'(?:src|href|url\()\s*=?\s*"?(?!data:)\w+:', text) == []
    assert "@import" not in text
    assert EVIL not in text
    assert len(text) < 300_000


def test_a_run_without_its_videos_has_a_page_without_pictures(tmp_path: Path) -> None:
    text = build_report(make_run(tmp_path / "x", video=False)).read_text(encoding="utf-8")
    assert "data:image" not in text
    assert 'class="timeline"' in text


def test_every_verdict_that_occurs_is_defined_on_the_page(tmp_path: Path) -> None:
    text = report_page(read_run(make_run(tmp_path / "x", video=False)))
    for verdict in set(Verdict) - {Verdict.ANSWER}:
        assert verdict.value.meaning.replace("<", "&lt;") in text


def test_the_seed_chooses_among_equals_and_no_query_is_shown_twice() -> None:
    rows = [
        judged(label(f"q{n}", (0, 4)), said(f"q{n}", (0, 4 if n % 2 else 0.5))) for n in range(40)
    ]
    first, again, other = (sampled(rows, seed=seed) for seed in (0, 0, 1))

    def names(groups: dict[str, list[Row]]) -> list[str]:
        return [row.label.id for chosen in groups.values() for row in chosen]

    assert list(first) == ["Worst", "Median", "Best"]
    assert names(first) == names(again) != names(other)
    assert len(set(names(first))) == 9
    assert max(row.score for row in first["Worst"]) < min(row.score for row in first["Best"])


def test_the_command_writes_the_page_and_tells_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path / "x", video=False)
    with pytest.raises(SystemExit) as stop:
        main(["report", str(run), "--out", str(tmp_path / "page.html"), "--json"])
    assert stop.value.code == 0
    told = json.loads(capsys.readouterr().out)
    assert told["page"] == str(tmp_path / "page.html")
    assert told["bytes"] == (tmp_path / "page.html").stat().st_size
    assert told["verdicts"]["boundary error"] == 2
    assert told["abstention"]["risk_coverage"][0] == [pytest.approx(1 / 7, abs=1e-6), 0, 0.9]
    assert told["abstention"]["calibration"]["queries"] == 7


def test_the_baseline_of_a_training_set_is_taken_from_the_scores_of_the_run(tmp_path: Path) -> None:
    run = make_run(tmp_path / "x", video=False)
    assert "random span" in read_run(run).report.baselines
    RunFolder(run).write_scores({"baselines": {"mean span of training": {"mIoU": 12.34}}})
    assert "12.34" in report_page(read_run(run))


def test_a_folder_without_a_run_or_without_predictions_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no run"):
        build_report(tmp_path)
    RunFolder(tmp_path / "run").begin(
        Run("rows", "agent", "r.jsonl", "."), numbered([label("q", (0, 4))])
    )
    with pytest.raises(DatasetError, match="no prediction yet"):
        build_report(tmp_path / "run")

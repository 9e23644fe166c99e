"""Queries spread over worker processes: one that dies costs its video one more try, and nothing else."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grounder.errors import EngineError
from scenetg.engine import Died, Done, LocalEngine, Made, Report
from tests.training.evaluate.stage import done, folder_of_videos, predictions
from training.benchmarks import BENCHMARKS
from training.evaluate.answer_rows import Row
from training.evaluate.answering import Answered, Answering, Questions
from training.evaluate.asking import Asking
from training.evaluate.engine import Job, Work, local
from training.evaluate.found import Found
from training.evaluate.prediction import Prediction, Seconds
from training.evaluate.run import jobs_of
from training.evaluate.specs import AgentSpec, BlindSpec
from training.evaluate.spread import Spread, open_engine
from training.evaluate.systems import Setup

ASKING = Asking(Work(BlindSpec("whole"), Setup("annotated")))
ROWS = (Row("uniform", 1), Row("grounded", 1), Row("random-span", 2))


def jobs(home: Path) -> list[Job]:
    labels = BENCHMARKS["annotated"].read(home / "annotations.jsonl", None)
    return jobs_of(labels, home)


def questions(home: Path) -> list[Questions]:
    labels = BENCHMARKS["annotated-qa"].read(home / "annotations.jsonl", None)
    return [
        Questions(job.video, job.file, job.labels, {label.id: ROWS for label in job.labels}, {})
        for job in jobs_of(labels, home)
    ]


def answering(library: Path) -> Answering:
    return Answering(AgentSpec(encoder="conse"), Setup("annotated-qa", library=library))


class DyingCrew:
    """Does jobs here; says of some that their worker died after so many pieces."""

    name = "dying"

    def __init__(self, *deaths: dict[str, int]) -> None:
        """The deaths of each run: video to the number of pieces it still says."""
        self.deaths = list(deaths)
        self.asked: list[list[str]] = []

    def run(self, work: Any, jobs: Sequence[Job]) -> Iterator[Report[Any]]:
        deaths = self.deaths.pop(0) if self.deaths else {}
        do: Callable[[Job], Iterator[Any]] = work.prepare()
        self.asked.append([label.id for job in jobs for label in job.labels])
        for number, job in enumerate(jobs):
            left = deaths.get(job.video, 1000)
            for _, piece in zip(range(left), do(job), strict=False):
                yield Made(number, piece)
            yield Died(number, "It was ended.") if job.video in deaths else Done(number)


def test_a_video_whose_worker_dies_is_asked_the_rest_once_more(home: Path) -> None:
    crew = DyingCrew({"a": 1})
    said = list(Spread(crew)(ASKING, jobs(home)))
    assert sorted(one.qid for one in said) == ["a:g0", "a:g1", "a:g2", "b:g0", "b:g1"]
    assert {one.status for one in said} == {"ok"}
    assert crew.asked[1:] == [["a:g1", "a:g2"]]


def test_what_is_lost_twice_is_an_error_that_the_next_run_asks_again(home: Path) -> None:
    crew = DyingCrew({"a": 1}, {"a": 1})
    said = {one.qid: one for one in Spread(crew)(ASKING, jobs(home))}
    assert (said["a:g1"].status, said["a:g2"].status) == ("ok", "error")
    assert said["a:g2"].error == "EngineError: It was ended."


def test_a_crew_that_always_dies_ends_the_run(home: Path) -> None:
    with pytest.raises(EngineError, match="Every worker dies"):
        list(Spread(DyingCrew({"a": 0, "b": 0}))(ASKING, jobs(home)))


def test_a_worker_that_dies_when_all_is_said_costs_nothing(home: Path) -> None:
    crew = DyingCrew({"a": 3})
    assert len(list(Spread(crew)(ASKING, jobs(home)))) == 5
    assert len(crew.asked) == 1


def test_real_processes_say_what_this_one_says(home: Path) -> None:
    said = Spread(LocalEngine(2))(ASKING, jobs(home))
    here = local(ASKING, jobs(home))
    assert {one.qid: one.windows for one in said} == {one.qid: one.windows for one in here}


def test_a_file_that_a_worker_does_not_see_is_told_query_by_query(home: Path) -> None:
    seen, other = jobs(home)
    gone = replace(other, file=home / "gone.mp4")
    said = {one.qid: one for one in Spread(LocalEngine(1))(ASKING, [gone, seen])}
    assert said["a:g0"].status == "ok"
    assert said["b:g0"].error == f"VideoMissing: Cannot read {home / 'gone.mp4'}: it is not there."


def test_answers_whose_worker_dies_go_on_with_the_evidence_that_was_found(home: Path) -> None:
    job, errand = questions(home)[0], answering(home)
    found = Found("a:q0", [], True, 0, 0, Seconds())
    made = [found, *(Answered(row, Prediction("a:q0")) for row in ROWS[:2])]
    rest = errand.rest(job, made)
    assert rest is not None
    assert rest.rows == {"a:q0": ROWS[2:], "a:q1": ROWS, "a:q2": ROWS}
    assert rest.found == {"a:q0": found}
    assert [label.id for label in rest.labels] == ["a:q0", "a:q1", "a:q2"]
    # A question that is answered in every row is not asked again; nor is the video, in the end.
    rest = errand.rest(rest, [Answered(ROWS[2], Prediction("a:q0"))])
    assert rest is not None
    assert [label.id for label in rest.labels] == ["a:q1", "a:q2"]
    answered = [Answered(row, Prediction(label.id)) for label in rest.labels for row in ROWS]
    assert errand.rest(rest, answered) is None


def test_answers_that_are_lost_are_errors_in_every_row(home: Path) -> None:
    job, errand = questions(home)[1], answering(home)
    rest = errand.rest(job, [Answered(ROWS[0], Prediction("b:q0"))])
    assert rest is not None
    lost = [
        piece
        for piece in errand.lost(rest, EngineError("It was ended."))
        if isinstance(piece, Answered)
    ]
    assert {one.said.error for one in lost} == {"EngineError: It was ended."}
    assert [(one.said.qid, one.row) for one in lost] == [
        ("b:q0", ROWS[1]), ("b:q0", ROWS[2]), *(("b:q1", row) for row in ROWS),
    ]  # fmt: skip


@pytest.mark.ray
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Ray warns of its own settings
def test_a_ray_cluster_answers_what_this_process_answers(home: Path, library: Path) -> None:
    pytest.importorskip("ray", reason="needs the extra ray")
    with open_engine("ray", 2) as engine:
        there = list(engine(answering(library), questions(home)))
        gone = replace(jobs(home)[0], file=home / "gone.mp4")
        with pytest.raises(EngineError, match="every node must see the videos"):
            list(engine(ASKING, [gone]))
    here = list(local(answering(library), questions(home)))
    assert sorted(map(answer_key, there)) == sorted(map(answer_key, here))


@pytest.mark.ray
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Ray warns of its own settings
def test_a_ray_cluster_says_what_this_process_says(
    tmp_path: Path, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("ray", reason="needs the extra ray")
    videos = folder_of_videos(tmp_path)
    words = ["annotated", "--videos", videos, "--encoder", "conse", "--library", library]
    done(capsys, *words, "--out", tmp_path / "ray", "--engine", "ray", "--workers", 2)
    done(capsys, *words, "--out", tmp_path / "one")
    assert without_raw(tmp_path / "ray") == without_raw(tmp_path / "one")


def answer_key(piece: Found | Answered) -> str:
    """Return a piece in words, without its seconds."""
    if isinstance(piece, Found):
        return repr(replace(piece, seconds=Seconds()))
    return repr(replace(piece, said=replace(piece.said, seconds=Seconds())))


def without_raw(folder: Path) -> list[dict[str, Any]]:
    """The predictions of a run but for the agent's own document, which holds seconds and the run's id."""
    return [{k: v for k, v in row.items() if k != "raw"} for row in predictions(folder)]

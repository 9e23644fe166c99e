"""Queries spread over worker processes: one that dies costs its video one more try, and nothing else."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from grounder.errors import EngineError
from scenetg.engine import Died, Done, LocalEngine, Made, Report
from tests.training.evaluate.stage import done, folder_of_videos, predictions, run
from training.evaluate.engine import Job, Work
from training.evaluate.prediction import Prediction
from training.evaluate.specs import BlindSpec
from training.evaluate.spread import Asking, spread
from training.evaluate.systems import Setup

WORK = Work(BlindSpec("whole"), Setup("annotated"))


def jobs(home: Path) -> list[Job]:
    from training.benchmarks import BENCHMARKS
    from training.evaluate.run import jobs_of

    labels = BENCHMARKS["annotated"].read(home / "annotations.jsonl", None)
    return jobs_of(labels, home)


class DyingCrew:
    """Does jobs here; says of some that their worker died after so many queries."""

    name = "dying"

    def __init__(self, *deaths: dict[str, int]) -> None:
        """The deaths of each run: video to the number of queries it still says."""
        self.deaths = list(deaths)
        self.asked: list[list[str]] = []

    def run(self, work: Any, jobs: Sequence[Job]) -> Iterator[Report[Any]]:
        deaths = self.deaths.pop(0) if self.deaths else {}
        do: Callable[[Job], Iterator[Prediction]] = work.prepare()
        self.asked.append([label.id for job in jobs for label in job.labels])
        for number, job in enumerate(jobs):
            left = deaths.get(job.video, len(job.labels))
            for _, piece in zip(range(left), do(job), strict=False):
                yield Made(number, piece)
            yield Died(number, "It was ended.") if job.video in deaths else Done(number)


def test_a_video_whose_worker_dies_is_asked_the_rest_once_more(home: Path) -> None:
    crew = DyingCrew({"a": 1})
    said = list(spread(WORK, jobs(home), crew=crew))
    assert sorted(one.qid for one in said) == ["a:g0", "a:g1", "a:g2", "b:g0", "b:g1"]
    assert {one.status for one in said} == {"ok"}
    assert crew.asked[1:] == [["a:g1", "a:g2"]]


def test_what_is_lost_twice_is_an_error_that_the_next_run_asks_again(home: Path) -> None:
    crew = DyingCrew({"a": 1}, {"a": 1})
    said = {one.qid: one for one in spread(WORK, jobs(home), crew=crew)}
    assert (said["a:g1"].status, said["a:g2"].status) == ("ok", "error")
    assert said["a:g2"].error == "EngineError: It was ended."


def test_a_crew_that_always_dies_ends_the_run(home: Path) -> None:
    with pytest.raises(EngineError, match="Every worker dies"):
        list(spread(WORK, jobs(home), crew=DyingCrew({"a": 0, "b": 0})))


def test_real_processes_say_what_this_one_says(home: Path) -> None:
    said = spread(WORK, jobs(home), crew=LocalEngine(2))
    here = [piece for job in jobs(home) for piece in Asking(WORK).prepare()(job)]
    assert {one.qid: one.windows for one in said} == {one.qid: one.windows for one in here}


def test_answers_are_made_in_one_process(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["annotated-qa", "--videos", home, "--answers", "uniform", "--workers", 2]
    code, _, err = run(capsys, *words)
    assert code == 2
    assert "--answers runs in this process" in err


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


def without_raw(folder: Path) -> list[dict[str, Any]]:
    """The predictions of a run but for the agent's own document, which holds seconds and the run's id."""
    return [{k: v for k, v in row.items() if k != "raw"} for row in predictions(folder)]

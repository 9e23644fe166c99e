"""LocalEngine: real processes; what they say, how they fail, and that one that dies costs one job."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from grounder.errors import ModelError, VideoError, VideoMissing
from scenetg.engine import Died, Done, Failed, LocalEngine, Made


@dataclass(frozen=True)
class Counting:
    """Yields the numbers below a job; some jobs are special."""

    loads: bool = True

    def prepare(self) -> Callable[[int], Iterator[int]]:
        if not self.loads:
            raise ModelError("The model is not there.")
        return count


def count(job: int) -> Iterator[int]:
    for number in range(job):
        if number == 7:
            raise VideoError("Seven is no video.")
        if number == 8:
            os.kill(os.getpid(), signal.SIGKILL)
        yield number
        if job == 9:
            raise RuntimeError("our own bug")


@dataclass(frozen=True)
class Vanishing:
    """Its file is not there."""

    def prepare(self) -> Callable[[int], Iterator[int]]:
        return vanish


def vanish(job: int) -> Iterator[int]:
    raise VideoMissing("Cannot read x.mp4: No such file or directory.")
    yield job


def test_pieces_of_a_job_come_in_order_and_every_job_ends() -> None:
    reports = list(LocalEngine(2).run(Counting(), [2, 8, 3, 9, 0]))
    pieces = {
        job: [report.piece for report in reports if isinstance(report, Made) and report.job == job]
        for job in range(5)
    }
    assert pieces == {0: [0, 1], 1: list(range(7)), 2: [0, 1, 2], 3: [0], 4: []}
    ends = {report.job: report for report in reports if not isinstance(report, Made)}
    assert ends[0] == Done(0)
    assert ends[2] == Done(2)
    assert ends[4] == Done(4)
    assert ends[1] == Failed(1, "Seven is no video.")
    died = ends[3]
    assert isinstance(died, Died)
    assert "exit code 1" in died.message


def test_what_cannot_be_prepared_ends_the_run_with_its_own_error() -> None:
    with pytest.raises(ModelError, match="not there"):
        list(LocalEngine(1).run(Counting(loads=False), [1, 2]))


def test_a_file_that_is_not_there_fails_its_job_and_says_so() -> None:
    (report,) = LocalEngine(1).run(Vanishing(), [1])
    assert report == Failed(0, "Cannot read x.mp4: No such file or directory.", missing=True)

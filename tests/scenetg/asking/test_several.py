"""Several jobs that ask one model: bounded, handed on as they are done, and all stopped when one fails."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from grounder.errors import VideoError
from grounder.vlm import Message, Prompt, Text
from grounder.vlm.scripted import ScriptedVLM, prompt_text
from scenetg.asking.asker import Asker, Failure
from scenetg.asking.replies import Replies
from scenetg.asking.several import MOST, side_by_side
from tests.scenetg.asking.test_asking import GREEDY

LONG = 200
"""Prompts of a job that never ends by itself within a test's patience."""


class Slow(ScriptedVLM):
    def __init__(self) -> None:
        super().__init__(self._say)

    def _say(self, prompt: Prompt) -> str:
        time.sleep(0.02)
        return prompt_text(prompt)


@pytest.fixture
def asker(tmp_path: Path) -> Iterator[Asker]:
    opened = Asker(Slow(), Replies(tmp_path), at_once=2)
    yield opened
    opened.close()


def ask(asker: Asker, name: str, count: int) -> list[str | Failure]:
    prompts = [(Message("user", (Text(f"{name} {number}"),)),) for number in range(count)]
    return asker.ask("test", prompts, str, GREEDY)


def answered(asker: Asker) -> int:
    return asker.replies.spent()["test"].requests


def test_what_is_done_first_comes_first(asker: Asker) -> None:
    jobs = {"long": 30, "short": 2, "shorter": 1}
    with closing(side_by_side(jobs, lambda name: len(ask(asker, name, jobs[name])), asker)) as done:
        assert list(done) == [("short", 2), ("shorter", 1), ("long", 30)]


@pytest.mark.parametrize(("calls", "most"), [(1, 1), (3, 3), (50, MOST)])
def test_no_more_jobs_are_begun_than_calls_may_be_on_their_way(
    tmp_path: Path, calls: int, most: int
) -> None:
    asker = Asker(Slow(), Replies(tmp_path), at_once=calls)
    drawn: list[int] = []
    done: list[int] = []
    at_once: list[int] = []

    def draw() -> Iterator[int]:
        for number in range(20):
            drawn.append(number)
            at_once.append(len(drawn) - len(done))
            assert threading.current_thread() is threading.main_thread()
            yield number

    with closing(side_by_side(draw(), lambda number: ask(asker, str(number), 1), asker)) as results:
        for number, _ in results:
            done.append(number)
    asker.close()
    assert sorted(done) == list(range(20))
    assert max(at_once) == most


def test_a_job_that_fails_stops_the_others_and_keeps_their_replies(asker: Asker) -> None:
    def do(name: str) -> None:
        if name == "broken":
            ask(asker, name, 3)
            raise VideoError("no picture")
        ask(asker, name, LONG)

    with (
        pytest.raises(VideoError, match="no picture"),
        closing(side_by_side(["long", "broken"], do, asker)) as results,
    ):
        list(results)
    assert isinstance(asker.vlm, Slow)
    assert 3 < len(asker.vlm.prompts) < LONG / 2
    assert answered(asker) == len(asker.vlm.prompts)


def test_a_caller_that_stops_stops_all(asker: Asker) -> None:
    """As Ctrl-C and a full disk do: they are raised where the results are stored."""
    jobs = {"short": 1, "long": LONG}
    with closing(side_by_side(jobs, lambda name: ask(asker, name, jobs[name]), asker)) as results:
        assert next(results)[0] == "short"
    assert isinstance(asker.vlm, Slow)
    assert len(asker.vlm.prompts) < LONG / 2
    assert answered(asker) == len(asker.vlm.prompts)


def test_however_many_ask_a_bounded_number_of_prompts_waits_in_memory(tmp_path: Path) -> None:
    asker = Asker(Slow(), Replies(tmp_path), at_once=4)
    lock, drawn, most = threading.Lock(), [0], [0]

    def draw(name: str) -> Iterator[Prompt]:
        for number in range(30):
            with lock:
                drawn[0] += 1
                most[0] = max(most[0], drawn[0] - len(asker.vlm.prompts))  # type: ignore[attr-defined] # of ScriptedVLM
            yield (Message("user", (Text(f"{name} {number}"),)),)

    def do(name: str) -> None:
        asker.ask("test", draw(name), str, GREEDY)

    with closing(side_by_side("abcd", do, asker)) as results:
        assert len(list(results)) == 4
    asker.close()
    # Nine wait or are asked; each of the four may have drawn one more.
    assert most[0] <= 2 * 4 + 1

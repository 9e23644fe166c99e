"""A run that is killed goes on where it was: no model call that was finished is made again."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ormsgpack
import pytest

from agent import ask, find
from agent.answer import Answer
from agent.checkpoint import (
    FILE,
    RunError,
    forget_old_runs,
    newest_run,
    open_run,
    strict_serializer,
)
from agent.run import Unwatched
from grounder.span import Span
from grounder.video import Video
from tests.agent.stage import context_for
from tests.conftest import ROOT

QUESTION = "How often is it green?"


def run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.agent.run_process", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def essence(document: dict[str, Any]) -> dict[str, Any]:
    """Everything but times of the clock and the id."""
    steps = [(step["node"], step["said"], step["data"]) for step in document["trace"]]
    usage = {name: n for name, n in document["usage"].items() if name != "seconds"}
    rest = {k: v for k, v in document.items() if k not in {"trace", "usage", "run"}}
    return {**rest, "steps": steps, "usage": usage}


@pytest.fixture(scope="module")
def clean(film_path: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    folder = tmp_path_factory.mktemp("clean")
    done = run(film_path, folder, folder / "log", QUESTION)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), (folder / "log").read_text()


@pytest.mark.parametrize(
    "die_at", [4, *(pytest.param(call, marks=pytest.mark.slow) for call in (1, 6))]
)
def test_a_killed_run_ends_with_the_same_answer_and_repeats_only_the_call_it_died_in(
    film_path: Path, tmp_path: Path, clean: tuple[dict[str, Any], str], die_at: int
) -> None:
    document, calls = clean
    assert len(calls.splitlines()) == 6  # plan, four looks, answer
    killed = run(film_path, tmp_path, tmp_path / "log", QUESTION, "--die-at", str(die_at))
    assert killed.returncode == -signal.SIGKILL
    resumed = run(film_path, tmp_path, tmp_path / "log", QUESTION, "--resume", "last")
    assert resumed.returncode == 0, resumed.stderr
    assert essence(json.loads(resumed.stdout)) == essence(document)
    made = (tmp_path / "log").read_text().splitlines()
    expected = calls.splitlines()
    assert made == expected[:die_at] + expected[die_at - 1 :]


def test_a_finished_run_is_repeated_from_what_was_kept(film_video: Video, tmp_path: Path) -> None:
    context = context_for(film_video, state_folder=tmp_path)
    first = ask(QUESTION, context)
    assert first.run is not None
    assert ask(QUESTION, context, resume=first.run) == first


def test_two_questions_in_one_library_do_not_mix(film_video: Video, tmp_path: Path) -> None:
    context = context_for(film_video, state_folder=tmp_path)
    green, blue = (ask(f"When is it {colour}?", context) for colour in ("green", "blue"))
    assert green.run != blue.run
    assert ask("When is it green?", context, resume=green.run).evidence == green.evidence
    with pytest.raises(RunError, match="question"):
        ask("When is it green?", context, resume=blue.run)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mode": "uniform"}, "mode"),
        ({"options": ["a", "b"]}, "options"),
        ({"mode": "random-span", "seed": 4}, "mode"),
    ],
)
def test_a_run_resumes_only_for_what_it_was_started_with(
    film_video: Video, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    context = context_for(film_video, state_folder=tmp_path)
    first = ask(QUESTION, context)
    with pytest.raises(RunError, match=words):
        ask(QUESTION, context, resume=first.run, **changes)


def test_a_run_of_find_is_not_resumed_as_ask(film_video: Video, tmp_path: Path) -> None:
    context = context_for(film_video, state_folder=tmp_path)
    first = find(QUESTION, context)
    with pytest.raises(RunError, match="goal"):
        ask(QUESTION, context, resume=first.run)


def test_a_given_span_run_resumes_only_with_its_spans(film_video: Video, tmp_path: Path) -> None:
    context = context_for(film_video, state_folder=tmp_path)
    first = ask(QUESTION, context, mode="given-span", given=[Span(1, 2)])
    again = ask(QUESTION, context, mode="given-span", given=[Span(1, 2)], resume=first.run)
    assert again == first
    with pytest.raises(RunError, match="given"):
        ask(QUESTION, context, mode="given-span", given=[Span(1, 3)], resume=first.run)


@pytest.mark.parametrize("resume", ["last", "0badcafe"])
def test_resuming_what_is_not_kept_says_so(film_video: Video, tmp_path: Path, resume: str) -> None:
    with pytest.raises(RunError, match="kept"):
        ask(QUESTION, context_for(film_video, state_folder=tmp_path), resume=resume)


def test_without_a_state_folder_there_is_nothing_to_resume(film_video: Video) -> None:
    with pytest.raises(RunError, match="not kept"):
        ask(QUESTION, context_for(film_video), resume="last")


def test_a_state_file_that_is_no_database_is_a_clear_error(
    film_video: Video, tmp_path: Path
) -> None:
    (tmp_path / FILE).write_text("not a database, but long enough to look at" * 100)
    with pytest.raises(RunError, match=FILE):
        ask(QUESTION, context_for(film_video, state_folder=tmp_path))


def fill_up(folder: Path) -> None:
    """Write more than the file may grow by, which SQLite tells as it does a full disk."""
    with open_run(folder, None) as (saver, _):
        connection = saver.conn  # type: ignore[attr-defined]  # a folder gives a SqliteSaver
        connection.execute("PRAGMA max_page_count = 1")
        connection.execute("CREATE TABLE big AS SELECT zeroblob(10000000)")


def test_a_full_disk_is_told_clearly_and_kept_runs_stay(film_video: Video, tmp_path: Path) -> None:
    context = context_for(film_video, state_folder=tmp_path)
    first = ask(QUESTION, context)
    with pytest.raises(RunError, match=r"full.*space"):
        fill_up(tmp_path)
    assert ask(QUESTION, context, resume=first.run) == first


def test_old_runs_are_forgotten_and_new_ones_are_not(film_video: Video, tmp_path: Path) -> None:
    context = context_for(film_video, state_folder=tmp_path)
    runs = [ask(QUESTION, context).run for _ in range(3)]
    with open_run(tmp_path, None) as (saver, _):
        forget_old_runs(saver, keep=1)  # type: ignore[arg-type]  # a folder gives a SqliteSaver
        assert newest_run(saver) == runs[-1]  # type: ignore[arg-type]  # as above
    assert ask(QUESTION, context, resume=runs[-1]).run == runs[-1]
    with pytest.raises(RunError, match="kept"):
        ask(QUESTION, context, resume=runs[0])


class Evil:
    """What a pickle or a constructor in a checkpoint would run."""

    def __init__(self, path: str) -> None:
        Path(path).touch()


def test_a_checkpoint_can_name_no_class_and_run_no_code(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    ext = ormsgpack.Ext(0, ormsgpack.packb((__name__, "Evil", str(trap))))
    serializer = strict_serializer()
    serializer.loads_typed(("msgpack", ormsgpack.packb({"x": ext})))
    assert not trap.exists()
    with pytest.raises(NotImplementedError, match="pickle"):
        serializer.loads_typed(("pickle", b"cos\nsystem\n."))


def test_what_is_kept_is_plain_data(film_video: Video, tmp_path: Path) -> None:
    first = ask(QUESTION, context_for(film_video, state_folder=tmp_path))
    with open_run(tmp_path, "last") as (saver, run):
        kept = saver.get_tuple({"configurable": {"thread_id": run}})
    assert kept is not None
    values = kept.checkpoint["channel_values"]
    assert json.loads(json.dumps(values["trace"])) == values["trace"]
    assert json.loads(json.dumps(values["answer"])) == values["answer"]
    assert run == first.run


class Witness(Unwatched):
    """Remembers how a run began."""

    def begins(self, run: str | None, resumed: Sequence[Any]) -> None:
        self.run, self.resumed = run, list(resumed)


def test_the_watcher_is_told_the_id_and_what_was_already_done(
    film_video: Video, tmp_path: Path
) -> None:
    context = context_for(film_video, state_folder=tmp_path)
    witness = Witness()
    first: Answer = ask(QUESTION, context, watcher=witness)
    assert witness.run == first.run
    assert witness.resumed == []
    ask(QUESTION, context, resume=first.run, watcher=witness)
    assert [step.node for step in witness.resumed] == [step.node for step in first.trace]

"""`whenwhat ask` and `find` as they are typed: what they print where, and how they end."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from agent.answer import Answer
from agent.cli import read_span
from grounder.span import Span
from grounder.video import Video
from tests.agent.typed import SPOKEN, Run
from tests.conftest import ROOT


def test_ask_indexes_the_video_and_prints_one_document(run: Run, spoken_film: Path) -> None:
    ended = run("ask", spoken_film, "When does the gardener water the tulips?", "--json")
    assert ended.code == 0, ended.err
    answer = Answer.from_document(ended.document)
    assert answer.status in {"answered", "uncertain"}
    assert answer.evidence[0].span.overlap(Span(5.0, 7.0)) > 0
    assert SPOKEN in answer.evidence[0].text
    assert "transcript" in answer.evidence[0].source
    assert answer.models["encoder"].startswith("conse")
    assert "--vlm" in ended.err
    assert answer.run is not None
    assert answer.run in ended.err


def test_people_see_the_steps_on_stderr_and_the_answer_on_stdout(
    run: Run, spoken_film: Path
) -> None:
    ended = run("ask", spoken_film, "When does the gardener water the tulips?")
    assert ended.code == 0
    for word in ("plan", "search", "ground", "stop", "answer"):
        assert word in ended.err
    assert SPOKEN in ended.out
    assert "0:0" in ended.out
    assert "plan" not in ended.out


def test_with_a_model_named_all_roles_use_it(run: Run, spoken_film: Path, scripted: str) -> None:
    ended = run("ask", spoken_film, "What grows there?", "--vlm", scripted, "--json")
    assert ended.code == 0, ended.err
    answer = Answer.from_document(ended.document)
    assert answer.status == "answered"
    assert answer.text == "Tulips."
    roles = {answer.models[role] for role in ("grounder", "planner", "verifier", "answerer")}
    assert roles == {scripted}
    assert answer.evidence[0].span == Span(4.5, 7.5)
    assert answer.usage.frames > 0
    assert "no model is named" not in ended.err


def test_the_environment_names_a_model_as_the_flag_does(
    run: Run, spoken_film: Path, scripted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHENWHAT_VLM", scripted)
    ended = run("ask", spoken_film, "What grows there?", "--json")
    assert ended.document["models"]["answerer"] == scripted


def test_what_is_not_there_ends_with_3_and_the_closest_moments(
    run: Run, spoken_film: Path, tmp_path: Path
) -> None:
    rules = tmp_path / "no.jsonl"
    rules.write_text(
        "\n".join(
            json.dumps({"when": when, "reply": reply})
            for when, reply in [
                ("Write 1 to 3", '{"queries": ["an elephant"]}'),
                ("Description:", "[]"),
            ]
        )
    )
    ended = run(
        "ask", spoken_film, "When does the elephant come?", "--vlm", f"scripted:{rules}", "--json"
    )
    assert ended.code == 3
    assert ended.document["status"] == "not_found"
    assert ended.document["evidence"] == []
    assert ended.document["answer"] is None
    assert ended.document["closest"]
    told = run("ask", spoken_film, "When does the elephant come?", "--vlm", f"scripted:{rules}")
    assert told.code == 3
    assert told.out.startswith("Not found")


def test_find_prints_moments_without_an_answer(run: Run, spoken_film: Path) -> None:
    ended = run("find", spoken_film, "the gardener waters the tulips", "-k", "2", "--json")
    assert ended.code == 0, ended.err
    assert ended.document["answer"] is None
    assert 1 <= len(ended.document["evidence"]) <= 2
    assert ended.document["evidence"][0]["media_fragment"].startswith("file://")


def test_options_are_answered_by_letter(run: Run, spoken_film: Path) -> None:
    ended = run(
        "ask",
        spoken_film,
        "What does the gardener water?",
        "--option",
        "tulips",
        "--option",
        "a car",
        "--json",
    )
    assert ended.code == 0, ended.err
    assert ended.document["option"]["letter"] in {"A", "B"}
    assert ended.document["answer"] == ended.document["option"]["text"]


def test_a_given_span_is_answered_without_a_search(
    run: Run, spoken_film: Path, scripted: str
) -> None:
    ended = run(
        "ask",
        spoken_film,
        "What grows?",
        "--mode",
        "given-span",
        "--span",
        "0:05-7.5",
        "--vlm",
        scripted,
        "--json",
    )
    assert ended.code == 0, ended.err
    assert [(row["start"], row["end"]) for row in ended.document["evidence"]] == [(5.0, 7.5)]
    assert "search" not in {step["node"] for step in ended.document["trace"]}


def test_clips_and_thumbnails_are_cut_and_named_in_the_document(
    run: Run, spoken_film: Path, scripted: str, tmp_path: Path
) -> None:
    folder = tmp_path / "clips"
    ended = run(
        "ask", spoken_film, "What grows there?", "--vlm", scripted, "--clips", folder, "--json"
    )
    assert ended.code == 0, ended.err
    row = ended.document["evidence"][0]
    assert Path(row["thumbnail"]).stat().st_size > 0
    with Video.open(row["clip"]) as clip:
        # A copy of the streams would begin at the keyframe before, at 4 s.
        assert clip.duration == pytest.approx(row["end"] - row["start"], abs=0.11)


def test_a_run_can_be_resumed_by_its_id(run: Run, spoken_film: Path) -> None:
    question = "When does the gardener water the tulips?"
    first = run("ask", spoken_film, question, "--json").document
    again = run("ask", spoken_film, question, "--resume", first["run"], "--json").document
    assert again == first
    other = run("ask", spoken_film, "Another question?", "--resume", first["run"], "--json")
    assert other.code == 1
    assert other.document["error"]["kind"] == "RunError"


@pytest.mark.parametrize(("command", "first"), [("ask", ["When?"]), ("index", [])])
def test_a_command_stopped_while_it_indexes_says_how_to_go_on(
    spoken_film: Path, tmp_path: Path, command: str, first: list[str]
) -> None:
    words = [command, str(spoken_film), *first, "--encoder", "conse", "--library", str(tmp_path)]
    program = [sys.executable, "-m", "grounder.cli.main", *words]
    with subprocess.Popen(program, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        while not list(tmp_path.glob("library.sqlite*")):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "Stopped. Repeat the command: it goes on from here."


class Interrupting(BaseHTTPRequestHandler):
    """A model server whose user presses Ctrl-C while waiting for it."""

    def do_POST(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


def test_a_question_that_is_stopped_names_its_run(run: Run, spoken_film: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Interrupting) as server:
        threading.Thread(target=server.serve_forever).start()
        vlm = f"openai:qwen3-vl@http://127.0.0.1:{server.server_port}/v1"
        ended = run("ask", spoken_film, "What grows?", "--vlm", vlm)
        server.shutdown()
    assert ended.code == 130, ended.err
    told = re.fullmatch(
        r"Stopped. Repeat the command with --resume (\w+): it goes on from here.",
        ended.err.splitlines()[-1],
    )
    assert told is not None
    assert f"Run {told[1]}." in ended.err
    assert ended.err.count("Stopped") == 1


@pytest.mark.parametrize(
    ("text", "span"),
    [("33-47.5", Span(33, 47.5)), ("0:33-1:02:03", Span(33, 3723)), ("1 s-2 s", Span(1, 2))],
)
def test_spans_are_read_as_seconds_or_clocks(text: str, span: Span) -> None:
    assert read_span(text) == span


def test_importing_the_agent_and_its_commands_is_instant() -> None:
    code = (
        "import time; began = time.process_time()\n"
        "import agent, agent.cli, sys\n"
        "spent = time.process_time() - began\n"
        "heavy = {'torch', 'numpy', 'langgraph', 'pydantic', 'av'} & set(sys.modules)\n"
        "print(spent, heavy)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    seconds, heavy = done.stdout.split(maxsplit=1)
    assert float(seconds) < 0.3
    assert heavy.strip() == "set()"


def test_looks_are_as_long_and_frames_as_far_apart_as_told(
    run: Run, spoken_film: Path, scripted: str
) -> None:
    words = ("ask", spoken_film, "What grows there?", "--vlm", scripted, "--json")
    loose = Answer.from_document(run(*words).document)
    tight = Answer.from_document(run(*words, "--window", "3", "--spacing", "1").document)
    for answer, longest in ((loose, 60.0), (tight, 3.0)):
        looks = [step for step in answer.trace if step.node == "ground"]
        assert looks
        assert max(length(look.said) for look in looks) <= longest
    assert max(length(look.said) for look in loose.trace if look.node == "ground") > 3.0
    assert tight.usage.frames < loose.usage.frames


def length(said: str) -> float:
    """Return the seconds of the stretch that a step in words begins with."""
    found = re.match(r"(\d+):([\d.]+)-(\d+):([\d.]+)", said)
    assert found, said
    return 60 * (int(found[3]) - int(found[1])) + float(found[4]) - float(found[2])

"""`whenwhat ask` and `find` as they are typed: what they print where, and how they end."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from agent.answer import Answer
from agent.cli import read_span
from grounder.cli.main import main
from grounder.library import Library
from grounder.span import Span
from grounder.video import Video
from tests.agent.stage import COLOURS, SECONDS
from tests.conftest import ROOT
from tests.video_factory import colour_video

SPOKEN = "The gardener waters the tulips."
RULES = [
    {"when": "Write 1 to 3 search queries", "reply": '{"queries": ["the gardener waters tulips"]}'},
    {"when": "Does this stretch show", "reply": '{"seen": "yes", "note": "tulips"}'},
    {"when": "Answer from these frames", "reply": '{"answer": "Tulips.", "citations": []}'},
    {"when": "Description:", "reply": '[{"start": 4.5, "end": 7.5, "confidence": 0.9}]'},
]


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def spoken_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The film of four colours, with one line of subtitles while it is green."""
    return colour_video(
        tmp_path_factory.mktemp("spoken") / "garden.mp4",
        [(colour, SECONDS) for colour in COLOURS],
        size=(96, 64),
        rate=10,
        subtitles=[(Span(5.0, 7.0), SPOKEN)],
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("library")


@pytest.fixture
def run(library: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("WHENWHAT_VLM", "WHENWHAT_GROUNDER", "WHENWHAT_ENCODER"):
        monkeypatch.delenv(name, raising=False)

    def type_in(command: str, *words: str | Path) -> Ended:
        from grounder.cli import console

        console.stderr.cache_clear()
        console.stdout.cache_clear()
        with pytest.raises(SystemExit) as ended:
            main([command, *map(str, words), "--library", str(library), "--encoder", "conse"])
        out, err = capsys.readouterr()
        return Ended(int(ended.value.code or 0), out, err)

    return type_in


@pytest.fixture
def scripted(tmp_path: Path) -> str:
    path = tmp_path / "rules.jsonl"
    path.write_text("\n".join(json.dumps(rule) for rule in RULES))
    return f"scripted:{path}"


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


def test_an_error_is_a_document_too(run: Run, tmp_path: Path) -> None:
    ended = run("ask", tmp_path / "no such film.mp4", "When?", "--json")
    assert ended.code == 1
    answer = Answer.from_document(ended.document)
    assert answer.status == "error"
    assert answer.error is not None
    assert answer.error["kind"] == "VideoError"
    assert "no such film.mp4" in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--span", "9-3"], "--span"),
        (["--mode", "given-span"], "given-span"),
        (["--mode", "sideways"], "--mode"),
        (["--option", "only one"], "at least two"),
        (["--max-looks", "0"], "--max-looks"),
        (["--option", "a", "--option", "caf\udce9"], "UTF-8"),
    ],
)
def test_a_wrong_command_line_ends_with_2(
    run: Run, spoken_film: Path, words: list[str], said: str
) -> None:
    ended = run("ask", spoken_film, "When?", *words)
    assert ended.code == 2
    assert said in ended.err


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["--option", "only one"], "QuestionError"),
        (["--option", "a", "--option", "caf\udce9"], "QuestionError"),
        (["--span", "9-3"], "QuestionError"),
        (["--vlm", "nonsense"], "SpecError"),
        (["--grounder", "nonsense"], "SpecError"),
        (["--decoder", "nonsense"], "SpecError"),
    ],
)
def test_a_wrong_command_line_is_a_document_too(
    run: Run, spoken_film: Path, words: list[str], kind: str
) -> None:
    ended = run("ask", spoken_film, "When?", *words, "--json")
    assert ended.code == 2
    assert ended.document["status"] == "error"
    assert ended.document["error"]["kind"] == kind
    assert ended.err


@pytest.mark.parametrize(("command", "first"), [("ask", ["When?"]), ("index", [])])
def test_an_unknown_encoder_is_a_wrong_command_line(
    capsys: pytest.CaptureFixture[str],
    spoken_film: Path,
    tmp_path: Path,
    command: str,
    first: list[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, str(spoken_film), *first, "--encoder", "nope", "--library", str(tmp_path)])
    assert ended.value.code == 2
    assert "nope" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "question"), [("ask", " "), ("find", " "), ("ask", "caf\udce9")]
)
def test_a_question_that_is_none_is_refused_before_the_video_is_opened(
    run: Run, tmp_path: Path, command: str, question: str
) -> None:
    ended = run(command, tmp_path / "no such film.mp4", question)
    assert ended.code == 2
    assert "no such film.mp4" not in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--mode", "given-span"], "at least one span"), (["--span", "1-2"], "finds its own")],
)
def test_spans_that_do_not_fit_the_mode_are_refused_before_the_video_is_opened(
    run: Run, tmp_path: Path, words: list[str], said: str
) -> None:
    ended = run("ask", tmp_path / "no such film.mp4", "When?", *words)
    assert ended.code == 2
    assert said in ended.err


@pytest.mark.parametrize("mode", ["given-span", "random-span"])
def test_a_span_outside_the_video_is_refused_before_it_is_indexed(
    film_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], mode: str
) -> None:
    asked = ["ask", str(film_path), "When?", "--mode", mode, "--span", "50-60"]
    with pytest.raises(SystemExit) as ended:
        main([*asked, "--library", str(tmp_path), "--encoder", "conse", "--json"])
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert "16.0 s long" in json.loads(told.out)["error"]["message"]
    with Library.open(tmp_path) as library:
        assert library.videos() == []


def test_a_folder_for_clips_that_cannot_be_made_is_refused_before_the_work(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    clips = tmp_path / "file" / "clips"
    ended = run("ask", tmp_path / "no such film.mp4", "When?", "--clips", clips, "--json")
    assert ended.code == 1
    assert str(clips) in ended.document["error"]["message"]


def test_a_film_whose_name_is_no_text_is_refused_with_a_document(
    run: Run, spoken_film: Path, tmp_path: Path
) -> None:
    film = tmp_path / "caf\udce9.mp4"
    film.symlink_to(spoken_film)
    (tmp_path / "folder\udce9").mkdir()
    inside = tmp_path / "folder\udce9" / "film.mp4"
    inside.write_bytes(spoken_film.read_bytes())
    ended = run("ask", inside, "When?", "--json")
    assert ended.code == 1
    assert "UTF-8" in ended.document["error"]["message"]
    assert run("find", film, "tulips").code in {0, 3}


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

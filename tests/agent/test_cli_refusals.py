"""What the commands of the agent refuse, before the work and in words."""

import json
from pathlib import Path

import pytest

from agent.answer import Answer
from grounder.cli.main import main
from grounder.library import Library
from tests.agent.typed import Run


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

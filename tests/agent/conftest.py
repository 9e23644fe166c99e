import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from grounder.cli.main import main
from grounder.span import Span
from grounder.video import Video
from tests.agent.stage import COLOURS, SECONDS, film
from tests.agent.typed import RULES, SPOKEN, Ended, Run
from tests.video_factory import colour_video


@pytest.fixture(scope="session")
def film_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real video of 16 s: red, green, blue, yellow."""
    return film(tmp_path_factory.mktemp("film"))


@pytest.fixture
def film_video(film_path: Path) -> Iterator[Video]:
    with Video.open(film_path) as video:
        yield video


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

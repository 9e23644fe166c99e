"""A second question decodes the stretches it looks at, and nothing else of the video."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agent import ask, open_context
from grounder.encoders import load_encoder
from grounder.span import Span
from grounder.video import Frames, ScannedFrame, Size, Video
from grounder.video.decoder import Decoder
from grounder.vlm import Prompt
from grounder.vlm.scripted import ScriptedVLM, prompt_text
from tests.video_factory import colour_video

LENGTH = 90
SCENES = [("red", 40.0), ("green", 10.0), ("blue", 40.0)]


class Watched:
    """A decoder that notes which times are read, and that must not scan."""

    def __init__(self, inner: Decoder) -> None:
        self.inner = inner
        self.name = inner.name
        self.times: list[float] = []

    @property
    def decode_errors(self) -> int:
        return self.inner.decode_errors

    def read(self, times: Sequence[float], size: Size) -> Frames:
        self.times.extend(times)
        return self.inner.read(times, size)

    def scan(self, *, start: float = 0.0, keyframes_only: bool = False) -> Iterator[ScannedFrame]:
        raise AssertionError("A question scans nothing: the index is there.")

    def close(self) -> None:
        self.inner.close()


def replies(prompt: Prompt) -> str:
    words = prompt_text(prompt)
    if "Write 1 to 3 search queries" in words:
        return '{"queries": ["a green screen"]}'
    if "Does this stretch show" in words:
        return '{"seen": "yes", "note": "green"}'
    if "Answer from these frames" in words:
        return '{"answer": "It is green.", "citations": [], "confidence": 0.9}'
    return "The event happens in 2.0 - 8.0 seconds"


@pytest.mark.parametrize("vlm", [None, pytest.param("scripted", marks=pytest.mark.slow)])
def test_asking_again_decodes_only_what_is_looked_at(tmp_path: Path, vlm: str | None) -> None:
    film = tmp_path / "film.mp4"
    colour_video(film, SCENES, rate=5)
    model = ScriptedVLM(replies) if vlm else None
    opened = {"library": tmp_path / "library", "encoder": load_encoder("conse"), "vlm": model}
    with open_context(film, **opened) as context:
        ask("When is the screen green?", context)
    with open_context(film, **opened) as context:
        watched = Watched(context.video._decoder)
        answer = ask(
            "When is it green?",
            replace(context, video=Video(film, context.video.facts, watched, usable=LENGTH)),
        )
    windows = [Span(*step.data["window"]) for step in answer.trace if step.node == "ground"]
    assert windows
    assert all(window.duration <= context.budget.window + 1 for window in windows)
    if model is None:
        assert watched.times == []
    else:
        looked = [window.grow_to(window.duration + 4, within=Span(0, LENGTH)) for window in windows]
        assert watched.times
        assert all(any(w.contains(time) for w in looked) for time in watched.times)

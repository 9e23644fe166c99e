"""Queries looked for again by a grounder."""

from dataclasses import replace
from pathlib import Path

import pytest

from grounder.ground import Grounding, Moment
from grounder.ground.vlm import VlmGrounder, window_frames
from grounder.prompt import grounding_messages
from grounder.span import Span
from grounder.video import Video
from grounder.vlm import Text
from grounder.vlm.scripted import prompt_text
from scenetg.queries.roundtrip import roundtrip
from scenetg.settings import Roundtrip, Settings
from scenetg.visual.finding import Similarity
from scenetg.visual.look import Look
from tests.scenetg.queries.stage import (
    ColourEncoder,
    Seer,
    candidates_of,
    context_of,
    reasons,
    unique,
)


def test_a_grounder_that_finds_every_place_makes_an_easy_row(look: Look, tmp_path: Path) -> None:
    vlm = Seer()
    context = context_of(tmp_path, look, vlm=vlm, grounder=VlmGrounder(vlm))
    rows = unique(context, look)
    outcome = roundtrip(rows, context)
    assert [one.difficulty for one in outcome.kept] == [100] * 4
    assert outcome.kept[0].rollouts is not None
    assert outcome.kept[0].rollouts.count == Settings().roundtrip.rollouts


def test_the_encoder_alone_can_look_for_a_query_again(look: Look, tmp_path: Path) -> None:
    vlm = Seer()
    context = context_of(tmp_path, look, vlm=vlm, grounder=Similarity(ColourEncoder()))
    rows = unique(context, look)
    asked = len(vlm.prompts)
    outcome = roundtrip(rows, context)
    assert [one.difficulty for one in outcome.kept] == [100] * 4
    assert {one.rollouts and one.rollouts.count for one in outcome.kept} == {1}
    assert len(vlm.prompts) == asked


def test_a_video_longer_than_the_grounder_can_see_is_shown_in_windows(
    look: Look, tmp_path: Path
) -> None:
    vlm = Seer()
    adapter = replace(vlm.adapter, budget=replace(vlm.adapter.budget, max_frames=10))
    settings = Settings(roundtrip=Roundtrip(rollouts=1))
    context = context_of(
        tmp_path, look, vlm=vlm, settings=settings, grounder=VlmGrounder(vlm, adapter)
    )
    rows = unique(context, look)
    vlm.prompts.clear()
    outcome = roundtrip(rows, context)
    assert [one.difficulty for one in outcome.kept] == [100] * 4
    # 20 s in windows of 10 s that overlap by at least 2 s.
    assert len(vlm.prompts) == 3 * len(rows)


def test_tries_that_differ_have_a_mean_and_a_deviation(look: Look, tmp_path: Path) -> None:
    calls = []

    def says(words: str, colours: list[str]) -> str | None:
        if "Find every moment" not in words:
            return None
        calls.append(words)
        return "[]" if len(calls) % 2 else None

    vlm = Seer(says)
    context = context_of(tmp_path, look, vlm=vlm, grounder=VlmGrounder(vlm))
    [row] = roundtrip(unique(context, look)[1:2], context).kept
    assert row.rollouts is not None
    assert (row.rollouts.mean, row.rollouts.std, row.rollouts.count) == (0.5, 0.5, 4)
    assert row.difficulty == 50


@pytest.mark.parametrize(
    ("settings", "found", "reason"),
    [
        (Roundtrip(least_iou=0.1), (), "not found again"),
        (Roundtrip(most_iou=0.9), (Moment(Span(4, 8), 1.0),), "found too easily"),
    ],
)
def test_rows_can_be_rejected_for_how_they_are_found(
    look: Look, tmp_path: Path, settings: Roundtrip, found: tuple[Moment, ...], reason: str
) -> None:
    class Fixed:
        name = "fixed"
        max_window = 100.0

        def ground(self, video: Video, within: Span, query: str) -> Grounding:
            return Grounding(found, within, "stated")

    context = context_of(tmp_path, look, settings=Settings(roundtrip=settings), grounder=Fixed())
    row = replace(candidates_of(look)[1], query="a lime wall is shown", spans=(Span(4, 8),))
    assert reasons(roundtrip([row], context)) == [reason]


def test_a_grounder_is_asked_in_the_words_of_every_other_place(look: Look, tmp_path: Path) -> None:
    vlm = Seer()
    context = context_of(tmp_path, look, vlm=vlm, grounder=VlmGrounder(vlm))
    [row] = roundtrip(unique(context, look)[1:2], context).kept
    [prompt, *_] = vlm.asked("Find every moment")
    pictures = [p.frames for m in prompt for p in m.parts if not isinstance(p, Text)]
    assert len(pictures) == 20
    whole = Span(0.0, look.duration)
    with Video.open(look.path) as video:
        frames = window_frames(video, whole, vlm.adapter.budget)
    same = grounding_messages(vlm.adapter, frames, row.query or "", within=whole)
    assert prompt_text(same) == prompt_text(prompt)

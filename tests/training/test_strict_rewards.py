"""Strict rewards: what only mending could read earns nothing, as in the published reward functions."""

import pytest

from grounder.adapters import load_adapter
from training.recipe import read_recipe
from training.rewards import load_reward

TRUE, WITHIN = [[20.0, 40.0]], [0.0, 100.0]


def earned(name, adapter, said, *, strict):
    reward = load_reward(name, load_adapter(adapter), strict=strict)
    turn = [{"role": "assistant", "content": said}]
    return reward([turn], spans=[TRUE], within=[WITHIN])[0]


@pytest.mark.parametrize(
    ("adapter", "said"),
    [
        ("timelens-8b", "The event happens in 40.0 - 20.0 seconds."),
        ("tvg-r1", "<think>so</think>The moment is [20, 40]"),
        ("tvg-r1", "<think>so</think><time>[40.0, 20.0]</time>"),
        ("time-r1", "<think>so</think>20.0 to 40.0"),
    ],
)
def test_what_had_to_be_mended_earns_in_full_or_not_at_all(adapter: str, said: str) -> None:
    assert earned("iou", adapter, said, strict=False) == pytest.approx(1.0)
    assert earned("iou", adapter, said, strict=True) == 0.0


@pytest.mark.parametrize(
    ("adapter", "said"),
    [
        ("timelens-8b", "The event happens in 20.0 - 40.0 seconds."),
        ("tvg-r1", "<think>so</think><time>[20.0, 40.0]</time>"),
        ("time-r1", "<think>so</think><answer>20.0 to 40.0</answer>"),
    ],
)
def test_the_taught_form_earns_the_same_either_way(adapter: str, said: str) -> None:
    for strict in (False, True):
        assert earned("iou", adapter, said, strict=strict) == pytest.approx(1.0)


def test_an_end_that_is_cut_to_the_video_is_no_matter_of_form() -> None:
    said = "<think>so</think><answer>20.0 to 140.0</answer>"
    assert earned("iou", "time-r1", said, strict=True) == pytest.approx(20 / 80)


@pytest.mark.parametrize("name", ["time-r1", "tvg-r1", "timelens"])
def test_the_presets_whose_code_gives_nothing_for_it_are_strict(name: str) -> None:
    assert read_recipe(name).strict
    assert not read_recipe("nano-grpo").strict

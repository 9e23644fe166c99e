"""The nano grounder that comes along: trained weights in the standard layout, asked as any other model."""

from itertools import islice
from pathlib import Path
from statistics import fmean

import pytest

import training.nano
from grounder.adapters import load_adapter
from grounder.prompt import grounding_messages
from grounder.reply import parse_reply
from grounder.vlm import Sampling, load_vlm
from scenetg.world import Wanted, make_world, rows, seeds_of
from training.metrics import best_iou
from training.sft.staged import WorldFootage
from training.sft.timeline import Timeline

FOLDER = Path(training.nano.__file__).parent / "grounder"


def asked(seconds, worlds):
    """Yield footage and a row about it, from worlds that no model was trained on."""
    wanted = Wanted(ground=1, refuse=0, caption=0, verify=0, qa=0, shots=False)
    for seed in islice(seeds_of("test", start=5000), worlds):
        world = make_world(seed, seconds, level="nano")
        made = rows(world, "", wanted=wanted, kinds=("action",), most_spans=1, varied=False)
        for row in made:
            yield WorldFootage(world, Timeline(), 32), row


@pytest.mark.parametrize(("seconds", "worlds"), [(24.0, 16), (120.0, 6)])
def test_it_finds_moments_in_worlds_it_never_saw(seconds, worlds):
    adapter = load_adapter("nano")
    cases = list(asked(seconds, worlds))
    prompts = [
        grounding_messages(adapter, footage.window(adapter.budget), row.query, within=footage.span)
        for footage, row in cases
    ]
    model = load_vlm(f"hf:{FOLDER}#nano")
    said = model.generate(prompts, Sampling(max_tokens=adapter.max_tokens))
    found = []
    for (footage, row), completion in zip(cases, said, strict=True):
        spans = parse_reply(completion.text, adapter=adapter, within=footage.span).spans
        found.append(best_iou(next(iter(spans), None), row.spans))
    assert len(cases) >= worlds // 2
    assert fmean(found) > 0.9, found

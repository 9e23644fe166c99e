"""The model card of a nano grounder: the commands that made it and what was measured, read from the study."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from training.nano.job import Job, steps_to
from training.nano.plan import TAUGHT, jobs, run_name
from training.nano.table import markdown, read_systems

CARD = """\
---
license: apache-2.0
library_name: transformers
pipeline_tag: video-text-to-text
---

# Nano grounder

A [Qwen3-VL](https://github.com/QwenLM/Qwen3-VL) of {weights:.1f} million weights, in half precision, that knows the rendered world of whenwhat
(`whenwhat world --level nano`) and nothing else: six colours, five shapes, five actions. It exists to prove the whole
path from training to answers on a machine without a model hub; `whenwhat demo` runs it.

```bash
whenwhat ask VIDEO "What does the red square do?" --vlm hf:{place}#nano --encoder open_clip:local-dir:training/nano/clip
```

It plans, grounds in up to eight minutes at once, verifies, answers and captions. Ask it as it was taught: plain
wording, 8 pictures for an answer (`--set describe.frames=8` in `whenwhat scenetg`), windows of 30 s in the agent.
It cannot tell backgrounds apart. {same} of {asked} greedy replies are those of the weights it was rounded from.

## How it was made

```bash
{commands}
python -m training.nano.publish {study} {run} {place}
```

## What it measures

On held-out videos (`python -m training.nano.study`), in percent; mIoU of one run with its 95% interval over videos:

{table}
"""


def card(
    study: Path, run: str, *, seeds: int, place: Path, weights: int, same: int, asked: int
) -> str:
    """Write the card.

    Args:
        study: folder of the study.
        run: name of the job that made the weights.
        seeds: runs of each variant in the study.
        place: where the model is published.
        weights: how many it has.
        same: replies that rounding has left as they were.
        asked: of how many.
    """
    systems = {"random": ["random"], "whole": ["whole"], "sft": ["sft"]}
    if run != TAUGHT:
        systems |= {name: [name] for name in (run_name("continued", 0), run)}
    return CARD.format(
        weights=weights / 1e6,
        place=place,
        same=same,
        asked=asked,
        commands=_commands(steps_to(run, jobs(study, seeds))),
        study=study,
        run=run,
        table=markdown(read_systems(study, systems)),
    )


def _commands(steps: Sequence[Job]) -> str:
    return "\n".join(shlex.join(word for word in job.words if word != "--resume") for job in steps)

"""The model card of a nano model: the commands that made it and what was measured, read from the study."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from training.nano import agent_table
from training.nano.commands import TAUGHT, run_name
from training.nano.job import Job, steps_to
from training.nano.plan import ROLES, TESTED, jobs
from training.nano.table import markdown, read_systems

CARD = """\
---
license: apache-2.0
library_name: transformers
pipeline_tag: video-text-to-text
---

# {title}

A [Qwen3-VL](https://github.com/QwenLM/Qwen3-VL) of {weights:.1f} million weights, in half precision, that knows the rendered world of whenwhat
(`whenwhat world --level nano`) and nothing else: six colours, five shapes, five actions. It exists to prove the whole
path from training to answers on a machine without a model hub; `whenwhat demo` asks it.

```bash
{command}
```

{about} It cannot tell backgrounds apart.
{same} of {asked} greedy replies are those of the weights it was rounded from.

## How it was made

```bash
{commands}
python -m training.nano.publish {study} {run} {place}
```

## What was measured

{measured}
"""
GROUNDS = """\
It says when something is seen, in up to six minutes of video that begin on an even second. Ask it in plain wording: "a
red square moves left", "a square moves left", "a red square is on screen"."""
FIND = """\
whenwhat find VIDEO "a red square moves left" --encoder open_clip:local-dir:training/nano/clip --grounder hf:{place}#nano --window 30"""
ASK = """\
whenwhat ask VIDEO "What does the red square do?" --encoder open_clip:local-dir:training/nano/clip \\
  --grounder hf:training/nano/grounder#nano --vlm hf:{place}#nano --max-looks 12 --window 30 --answer-frames 8 --spacing 1"""
ANSWERS = """\
It plans, verifies, answers and describes. Ask it as it was taught: plain wording, windows of 30 s, 8 pictures for an
answer and for a description (`whenwhat scenetg --set describe.frames=8`)."""
TABLE = """\
Held-out videos (`python -m training.nano.study`), in percent; mIoU with its 95% interval over videos:

{table}"""
TABLES = """\
The agent on held-out videos, with the nano CLIP and the nano grounder (`python -m training.nano.agent_table`), in percent
with 95% intervals over videos:

{table}"""


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
    answers = run == ROLES
    return CARD.format(
        title="Nano answerer" if answers else "Nano grounder",
        about=ANSWERS if answers else GROUNDS,
        command=(ASK if answers else FIND).format(place=place),
        weights=weights / 1e6,
        place=place,
        same=same,
        asked=asked,
        commands=_commands(steps_to(run, jobs(study, seeds))),
        study=study,
        run=run,
        measured=_answered(study) if answers else _grounded(study, run),
    )


def _grounded(study: Path, run: str) -> str:
    systems = {"random": ["random"], "whole": ["whole"], "sft": ["sft"]}
    if run != TAUGHT:
        systems |= {name: [name] for name in (run_name("continued", 0), run)}
    return TABLE.format(table=markdown(read_systems(study, systems, TESTED)))


def _answered(study: Path) -> str:
    return TABLES.format(table=agent_table.markdown(study))


def _commands(steps: Sequence[Job]) -> str:
    return "\n".join(shlex.join(word for word in job.words if word != "--resume") for job in steps)

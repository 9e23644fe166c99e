"""A tiny world to train in: random pictures, a tiny random model, rewards that differ between replies."""

from typing import Any

import numpy as np

from grounder.adapters import load_adapter
from grounder.prompt import grounding_messages
from grounder.span import Span
from grounder.video import Frames

ADAPTERS = {"qwen2_5_vl": load_adapter("qwen2-5-vl"), "qwen3_vl": load_adapter("qwen3-vl")}
FAMILIES = list(ADAPTERS)
SPACING = 0.5


class Prompts:
    """From a row to a prompt over random pictures of its video; counts what was asked for."""

    def __init__(self, adapter):
        self.adapter = adapter
        self.asked = []

    def __call__(self, row):
        self.asked.append(row["id"])
        dice = np.random.default_rng(int(row["video"]))
        within = Span(*row["within"])
        times = np.arange(within.start, within.end, SPACING)
        images = dice.integers(0, 255, (len(times), 56, 84, 3), dtype=np.uint8)
        return grounding_messages(self.adapter, Frames(images, times), row["query"], within=within)


class Spread:
    """A reward that differs between any two replies, and never has reason to end a reply early."""

    __name__ = "spread"

    def __call__(self, completions, **columns):
        return [float(sum(map(ord, one[0]["content"])) % 17) for one in completions]


def row(number):
    """A row whose prompt has a length of its own."""
    return {
        "id": str(number),
        "video": str(number),
        "prompt": [{"role": "user", "content": "?"}],
        "query": "a dog" + " and a cat" * number,
        "within": [10.0 * number, 10.0 * number + 2 + number % 3],
        "spans": [[10.0 * number, 10.0 * number + 1]],
    }


def other_row(number):
    """Another question about the video of a row."""
    return row(number) | {"id": f"{number}-other", "query": "two birds on a wire"}


def trainer_of(folder, architecture, output, *, kind=None, **changes):
    """Return a trainer of a fresh copy of the tiny model, ready on the CPU."""
    import torch
    from datasets import Dataset
    from transformers import AutoModelForImageTextToText, AutoProcessor
    from trl.trainer.grpo_config import GRPOConfig

    from training.grpo.trainer import VideoGRPOTrainer

    torch.set_num_threads(1)
    ours: dict[str, Any] = {
        name: changes.pop(name)
        for name in ("beta_time", "kl_mask", "peft_config", "prompt_of", "scoring")
        if name in changes
    }
    settings = {
        "per_device_train_batch_size": 4,
        "gradient_accumulation_steps": 1,
        "num_generations": 2,
        "max_completion_length": 6,
        "max_steps": 1,
        "beta": 0.04,
        "learning_rate": 1e-3,
        "seed": 0,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "disable_tqdm": True,
    }
    adapter = changes.pop("adapter", ADAPTERS[architecture])
    rows = Dataset.from_list([row(number) for number in range(4)])
    # Before the weights are read, as in a run: ZeRO-3 parts them as it reads them.
    args = GRPOConfig(output_dir=str(output), **{**settings, **changes})
    return (kind or VideoGRPOTrainer)(
        AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32),
        processor=AutoProcessor.from_pretrained(folder),
        adapter=adapter,
        rewards=[Spread()],
        args=args,
        train_dataset=rows,
        eval_dataset=rows,
        **{"prompt_of": Prompts(adapter), **ours},
    )


def batch_of(trainer, shown, replies):
    """Make what TRL hands to its loss, from what is shown and written replies (token ids)."""
    import torch

    width, length = max(len(one.ids) for one in shown), max(map(len, replies))
    batch = {
        "prompt_ids": torch.zeros(len(shown), width, dtype=torch.long),
        "prompt_mask": torch.zeros(len(shown), width, dtype=torch.long),
        "completion_ids": torch.zeros(len(shown), length, dtype=torch.long),
        "completion_mask": torch.zeros(len(shown), length, dtype=torch.long),
        "advantages": torch.linspace(1.0, -1.0, len(shown)),
        "num_items_in_batch": torch.tensor(float(sum(map(len, replies)))),
        "shown": shown,
    }
    for number, (one, reply) in enumerate(zip(shown, replies, strict=True)):
        batch["prompt_ids"][number, width - len(one.ids) :] = torch.tensor(one.ids)
        batch["prompt_mask"][number, width - len(one.ids) :] = 1
        batch["completion_ids"][number, : len(reply)] = torch.tensor(reply)
        batch["completion_mask"][number, : len(reply)] = 1
    ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], 1)
    mask = torch.cat([batch["prompt_mask"], batch["completion_mask"]], 1)
    with torch.no_grad(), trainer._showing(shown):
        logps = trainer._get_per_token_logps_and_entropies(trainer.policy, ids, mask, length)[0]
    # The reference and the old policy are what the policy was, each a little off.
    dice = torch.Generator().manual_seed(1)
    for name in ("ref_per_token_logps", "old_per_token_logps"):
        batch[name] = logps + 0.3 * torch.randn(logps.shape, generator=dice)
    return batch


def shown_rows(trainer):
    return [trainer.show(row(number)) for number in range(4)]

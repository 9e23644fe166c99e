"""What scoring a group costs when its prompt is run once, and when it is run for every reply.

python -m tests.benchmarks.grpo_scoring [--family qwen3_vl] [--replies 8] [--prompt 4000] [--reply 128] [--rounds 3]

A random model (two layers, 256 wide, heads of 32; 16 visual tokens per pair of frames) scores replies to one prompt
through the trainer's own loss, forward and backward. CPU-seconds, medians, the ways take turns. A step is the
reference's pass and that; what comes with rollouts is the same in both ways. Memory is what a process of its own
held at most, less what it held before it scored.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor

from grounder.prompt import grounding_messages
from grounder.span import Span
from grounder.video import Frames
from grounder.vlm.families import family_of
from tests.benchmarks.measure import added_memory, medians, verdict
from tests.tiny_vlm import save_tiny
from tests.training.grpo.stage import ADAPTERS, batch_of, trainer_of

CASES = ("one reply", "shared", "plain")
TEXT = {"hidden_size": 256, "intermediate_size": 768, "num_attention_heads": 8}
SPACING = 0.5  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", choices=sorted(ADAPTERS), default="qwen3_vl")
    parser.add_argument("--replies", type=int, default=8)
    parser.add_argument("--prompt", type=int, default=4000, help="tokens, at least")
    parser.add_argument("--reply", type=int, default=128, help="tokens")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peak-of", choices=CASES, help="print one case's peak of memory in MiB")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(options, Path(folder))
        if options.peak_of:
            print(stage.peak(options.peak_of))
            return
        passes = {case: stage.action(case) for case in CASES}
        steps = {f"{case} step": stage.action(case, reference=True) for case in CASES[1:]}
        costs = medians(passes | steps, rounds=options.rounds)
        peaks = {case: peak_of(case) for case in CASES}
    print(
        f"\n{options.family}: {options.replies} replies of {options.reply} tokens to a prompt of {stage.length}"
    )
    print(f"{'':12} {'CPU-s':>8} {'of a step':>10} {'peak MiB':>9}")
    for case in CASES:
        step = f"{costs[f'{case} step']:.2f}" if f"{case} step" in costs else ""
        print(f"{case:12} {costs[case]:8.2f} {step:>10} {peaks[case]:9.0f}")
    verdict("a group / one reply", costs["shared"] / costs["one reply"], at_most=2.0)
    verdict("plain / shared, per step", costs["plain step"] / costs["shared step"], at_least=3.0)
    verdict("plain / shared, peak memory", peaks["plain"] / peaks["shared"], at_least=1.0)


class Stage:
    """A trainer, and one group to score."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.trainer = trainer_of(
            save_model(options.family, folder / "model"),
            options.family,
            folder / "run",
            prompt_of=prompts_of(options.family, options.prompt, folder / "model"),
        )
        self.trainer.current_gradient_accumulation_steps = 1
        shown = self.trainer.show({"query": "a dog"})
        self.length = len(shown.ids)
        dice = np.random.default_rng(0)
        self.shown = shown
        self.replies = dice.integers(20, 200, (options.replies, options.reply)).tolist()

    def action(self, case: str, *, reference: bool = False) -> Callable[[], None]:
        """Return one forward and backward pass, perhaps after the reference's."""
        trainer: Any = self.trainer
        replies = self.replies[: 1 if case == "one reply" else None]
        inputs = batch_of(trainer, [self.shown] * len(replies), replies)

        def score() -> None:
            trainer._scoring = "plain" if case == "plain" else "shared"
            if reference:
                with torch.no_grad(), trainer._showing(inputs["shown"]):
                    trainer._get_per_token_logps_and_entropies(
                        trainer.ref_model,
                        torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], 1),
                        torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], 1),
                        inputs["completion_ids"].size(1),
                    )
            trainer.model.zero_grad()
            trainer._compute_loss(trainer.model, inputs).backward()

        return score

    def peak(self, case: str) -> float:
        """Return the most MiB that one pass held beside what was held before."""
        return added_memory(self.action(case))


def peak_of(case: str) -> float:
    """Return the peak of one case, from a process of its own that is given the same options."""
    command = [sys.executable, "-m", "tests.benchmarks.grpo_scoring", *sys.argv[1:]]
    ended = subprocess.run(
        [*command, "--peak-of", case], check=True, capture_output=True, text=True
    )
    return float(ended.stdout.split()[-1])


def save_model(family: str, folder: Path) -> Path:
    """Save a random model, larger than the tests' but of their vocabulary and processor."""
    tiny = save_tiny(family, folder)
    config = AutoConfig.from_pretrained(tiny)
    for name, value in TEXT.items():
        setattr(config.text_config, name, value)
    config.vision_config.out_hidden_size = TEXT["hidden_size"]
    torch.manual_seed(0)
    AutoModelForImageTextToText.from_config(config).save_pretrained(folder)
    return folder


def prompts_of(family: str, tokens: int, folder: Path) -> Callable[[Any], Any]:
    """Return a function to a prompt of about so many tokens, over random pictures."""
    from training.grpo.shown import shown_of

    adapter, found = ADAPTERS[family], family_of(family, "random")
    processor = AutoProcessor.from_pretrained(folder)
    side = 4 * found.pixel_unit  # 16 visual tokens

    def prompt(pairs: int) -> Any:
        times = np.arange(2 * pairs) * SPACING
        images = np.random.default_rng(0).integers(0, 255, (len(times), side, side, 3), dtype="u1")
        whole = Span(0.0, len(times) * SPACING)
        return grounding_messages(adapter, Frames(images, times), "a dog", within=whole)

    few, more = (len(shown_of(prompt(pairs), found, processor).ids) for pairs in (10, 20))
    pairs = 10 + -(-10 * (tokens - few) // (more - few))
    return lambda row: prompt(pairs)


if __name__ == "__main__":
    main()

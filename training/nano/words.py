"""The nano model's tokenizer: byte-level BPE over what it is ever asked and answers."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from agent.prompts import ANSWER, PLAN, SYSTEM, VERIFY
from grounder.adapters import load_adapter
from scenetg.world import make_world, rows
from scenetg.world.seeds import seeds_of
from training.nano.chat import CONTROL_TOKENS

LEVELS = ("nano", "easy", "medium")
WORLDS = 16
"""Of each level: by then no word of the world is missing, as a test asserts."""
FORMS = "system\nuser\nassistant\n<1.5 seconds> yes no unsure 12.0-18.0 never"
"""What surrounds words in prompts and replies."""
NUMBERS = 1000
"""All below are one token each."""
LARGEST = 2400
"""Tokens; every word of the corpus becomes one, so the size is what the corpus needs."""

# A word takes the blank before it, and the end of a time stamp (`<1.5 seconds>`) what closes it. Whole seconds are one
# token and their tenth another, where the Qwen vocabularies have one for each digit: to copy three digits in turn, a
# model of this size learns for no more than half of the times in an hour.
WORD = Regex(r" ?\p{L}+>?|\p{N}{1,3}|\.\p{N}(?!\p{N})| ?[^\s\p{L}\p{N}]+|\s+")


def new_tokenizer() -> Any:
    """Return the tokenizer, always the same one."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(WORD, "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=LARGEST,
        special_tokens=list(CONTROL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    bpe.train_from_iterator(_corpus(), trainer)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call] # transformers is typed in part
        tokenizer_object=bpe,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=list(CONTROL_TOKENS[1:]),
    )


def _corpus() -> Iterator[str]:
    numbers = " ".join(map(str, range(NUMBERS))), " ".join(f"1.{n}" for n in range(10))
    prompts = (SYSTEM, PLAN, VERIFY, ANSWER, load_adapter("nano").prompt, FORMS)
    told = [
        " ".join((row.query, row.question or "", *row.options, row.answer or ""))
        for level in LEVELS
        for seed in islice(seeds_of("train"), WORLDS)
        for row in rows(make_world(seed, 60, level=level), "")
    ]
    # Twice each: a pair that is seen only once is not merged.
    yield from 2 * (*numbers, *prompts, *told)

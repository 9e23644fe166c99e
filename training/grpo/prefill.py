"""Rollouts read each prompt once, though several replies to it are sampled."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from transformers import DynamicCache

from training.grpo.once import seeing_part
from training.grpo.shown import Shown, distinct


@contextmanager
def once_per_prompt(model: nn.Module, batch: Sequence[Shown]) -> Iterator[None]:
    """Let the language model of `model` read the distinct prompts of `batch` when `generate` starts.

    Its hooks drop the copies on the way in; on the way out, the keys and values of a prompt are given to each of
    its copies. Later steps, and caches of a size fixed before (`cache_implementation: static`), pass untouched.
    """
    places = {id(shown): place for place, shown in enumerate(distinct(batch))}
    copies = [places[id(shown)] for shown in batch]
    firsts = [copies.index(place) for place in range(len(places))]
    if len(firsts) == len(batch):
        yield
        return
    reading: list[DynamicCache] = []

    def drop(module: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        cache = named["past_key_values"]
        if type(cache) is DynamicCache and cache.get_seq_length() == 0:
            reading.append(cache)
            return given, named | _some(named, torch.tensor(firsts))
        return None

    def spread(module: nn.Module, given: tuple[Any, ...], output: Any) -> Any:
        if reading:
            output.last_hidden_state = output.last_hidden_state[copies]
            reading.pop().batch_select_indices(torch.tensor(copies))
        return output

    language_model = seeing_part(model).language_model
    hooks = [
        language_model.register_forward_pre_hook(drop, with_kwargs=True),
        language_model.register_forward_hook(spread),
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _some(named: dict[str, Any], rows: Tensor) -> dict[str, Any]:
    """Return the inputs of a Qwen-VL language model for some rows of the batch."""
    embeds = named["inputs_embeds"]
    rows = rows.to(embeds.device)
    chosen = {"inputs_embeds": embeds[rows], "position_ids": named["position_ids"][:, rows]}
    if named["attention_mask"] is not None:
        chosen["attention_mask"] = named["attention_mask"][rows]
    visual = named.get("visual_pos_masks")
    if visual is not None:  # Qwen3-VL, whose deeper features are one flat row of all that is seen
        owners = torch.arange(len(visual), device=visual.device)[:, None].expand_as(visual)[visual]
        kept = torch.isin(owners, rows)
        layers = named["deepstack_visual_embeds"]
        chosen |= {
            "visual_pos_masks": visual[rows],
            "deepstack_visual_embeds": [layer[kept] for layer in layers],
        }
    return chosen

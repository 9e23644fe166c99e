"""Read times and pixels back from a model's final inputs: what it is really told, whatever was meant."""

from typing import Any

import torch

from grounder.prompt import read_time


def written_stamps(ids: list[int], processor: Any, time_text: str) -> list[float]:
    """Return the times written before each run of visual tokens.

    Args:
        ids: the prompt's token ids, after expansion.
        processor: the model's processor (for its tokenizer and the ids of visual tokens).
        time_text: format string of `seconds` that stands right before each run.
    """
    visual = {processor.image_token_id, processor.video_token_id}
    starts = [
        place for place, token in enumerate(ids) if token in visual and ids[place - 1] not in visual
    ]
    ends = [0, *(_end_of_run(ids, start, visual) for start in starts)]
    times = []
    for end, start in zip(ends, starts, strict=False):
        # The token before a run is <|vision_start|>; the words before that carry the time.
        words = processor.tokenizer.decode(ids[end : start - 1], skip_special_tokens=True)
        if (seconds := read_time(time_text, words)) is not None:
            times.append(seconds)
    return times


def spacing_stamps(model: Any, inputs: Any) -> list[float]:
    """Return the times in the temporal position ids, in seconds from the start of each clip.

    They are computed by the model's own `get_rope_index`, as in its forward pass: whole steps of
    1 / `tokens_per_second` seconds.
    """
    names = (
        "input_ids",
        "mm_token_type_ids",
        "image_grid_thw",
        "video_grid_thw",
        "second_per_grid_ts",
        "attention_mask",
    )
    given = {name: inputs[name] for name in names if name in inputs}
    positions, _ = model.model.get_rope_index(**given)
    temporal = positions[0, 0][inputs["mm_token_type_ids"][0] == 2].tolist()
    vision = model.config.vision_config
    times: list[float] = []
    place = 0
    for units, height, width in inputs.get("video_grid_thw", torch.empty(0, 3)).tolist():
        unit_tokens = height * width // vision.spatial_merge_size**2
        steps = temporal[place : place + units * unit_tokens : unit_tokens]
        times += [(step - steps[0]) / vision.tokens_per_second for step in steps]
        place += units * unit_tokens
    return times


def pixel_levels(inputs: Any, processor: Any) -> list[float]:
    """Return the mean brightness, in [0, 1], of each temporal unit: those of clips, then those of pictures."""
    levels: list[float] = []
    for kind, part in (
        ("pixel_values_videos", processor.video_processor),
        ("pixel_values", processor.image_processor),
    ):
        if kind not in inputs:
            continue
        grids = inputs["video_grid_thw" if kind.endswith("videos") else "image_grid_thw"]
        unit_sizes = [
            int(height * width) for units, height, width in grids for _ in range(int(units))
        ]
        mean, std = (torch.tensor(stat).view(3, 1) for stat in (part.image_mean, part.image_std))
        for unit in inputs[kind].split(unit_sizes):
            if not unit.is_floating_point():  # vLLM scales and normalises on the device
                levels.append(float(unit.float().mean()) / 255)
                continue
            # A patch is laid out channel, frame, row, column.
            channels = unit.float().cpu().view(len(unit), 3, -1).mean(dim=(0, 2)).view(3, 1)
            levels.append(float((channels * std + mean).mean()))
    return levels


def _end_of_run(ids: list[int], start: int, visual: set[int]) -> int:
    return next(place for place in range(start, len(ids)) if ids[place] not in visual)

"""Wire: what a vLLM server is sent of a prompt's pictures, made here as the server would make it.

A server takes token ids with the tensors of their pictures and one range of ids for each (`/inference/v1/generate`).
It has no way yet to be told which ids of a range are pictures (vLLM 0.32, `PlaceholderRangeInfo`), and a clip of
Qwen3-VL has its times between them. Its units therefore travel one by one, as pictures: the same pixels, patches and
positions, for its eyes see each unit by itself.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any

import torch

Part = tuple[str, str, Any, Mapping[str, Any]]
"""Kind of picture, name, range of ids with `offset` and `length`, tensors."""


def renderer_of(model: str) -> Callable[[Mapping[str, Any]], Any]:
    """Return what makes of a request the input of an engine, as an engine with these weights would."""
    from vllm.engine.arg_utils import EngineArgs
    from vllm.renderers.registry import renderer_from_config

    renderer = renderer_from_config(EngineArgs(model=model).create_engine_config())
    return lambda asked: renderer.render_cmpl([dict(asked)])[0]


def features_of(rendered: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `features` of a rendered prompt, as JSON values: ranges, names and tensors of what it shows."""
    from vllm.entrypoints.scale_out.token_in_token_out.mm_serde import encode_mm_kwargs_item

    features: dict[str, dict[str, list[Any]]] = {
        "mm_hashes": {},
        "mm_placeholders": {},
        "kwargs_data": {},
    }
    for kind, name, place, tensors in _parts(rendered):
        told = {
            "mm_hashes": name,
            "mm_placeholders": place,
            "kwargs_data": encode_mm_kwargs_item(tensors),
        }
        for key, value in told.items():
            features[key].setdefault(kind, []).append(value)
    return features


def _parts(rendered: Mapping[str, Any]) -> Iterator[Part]:
    for kind, places in rendered["mm_placeholders"].items():
        names, items = rendered["mm_hashes"][kind], rendered["mm_kwargs"][kind]
        for name, place, item in zip(names, places, items, strict=True):
            if place.is_embed is None or bool(place.is_embed.all()):
                yield kind, name, {"offset": place.offset, "length": place.length}, item
            else:
                yield from _units(name, place, item)


def _units(name: str, place: Any, clip: Any) -> Iterator[Part]:
    """Take a clip with words between its units apart."""
    from vllm.multimodal.inputs import MultiModalFieldElem, MultiModalKwargsItem

    pixels, grid = clip["pixel_values_videos"], clip["video_grid_thw"]
    units, height, width = grid.data.tolist()
    each = torch.tensor([1, height, width])
    runs = _runs(place.is_embed.tolist(), place.offset)
    for number, (run, seen) in enumerate(zip(runs, pixels.data.chunk(units), strict=True)):
        tensors = MultiModalKwargsItem(
            {
                "pixel_values": MultiModalFieldElem(data=seen.clone(), field=pixels.field),
                "image_grid_thw": MultiModalFieldElem(data=each, field=grid.field),
            }
        )
        yield "image", f"{name}-{number}", run, tensors


def _runs(seen: list[bool], offset: int) -> list[dict[str, int]]:
    """Return the ranges in which pictures stand."""
    runs = []
    for is_picture, run in groupby(enumerate(seen, offset), key=lambda pair: pair[1]):
        places = [place for place, _ in run]
        if is_picture:
            runs.append({"offset": places[0], "length": len(places)})
    return runs

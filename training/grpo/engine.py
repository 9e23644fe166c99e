"""Engine: rollouts by vLLM that see the video; by itself TRL hands vLLM pictures at most.

TRL carries one thing per prompt besides its ids through its gathering over processes, `images`. What vLLM is asked
rides there and takes the prompt's place at the engine, which reports the ids it made of it: they must be those that
are scored later.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import uuid4

from grounder.vlm import Prompt
from grounder.vlm.chat import chat_of
from grounder.vlm.families import Family
from grounder.vlm.vllm import request_of
from training.grpo.wire import features_of, renderer_of

Rendered = tuple[list[int], dict[str, Any]]
"""The ids that vLLM makes of a request, and what a server is sent with them."""
UNLIKELY = -100.0
"""Added to the logit of what must not be sampled."""
KINDS = ("image", "video")


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One prompt as vLLM takes it; copies of a row share one."""

    asked: Mapping[str, Any]
    """Ids with one token per clip or picture, pixels, facts."""


def request_for(prompt: Prompt, family: Family, processor: Any) -> Request:
    """Prepare one prompt for an engine.

    Raises:
        ModelError: the family cannot express the times of a clip.
    """
    asked = request_of(chat_of(prompt, family), processor)
    # Each under a name of its own: vLLM would find pixels it has seen again without looking at their times.
    names = {kind: [uuid4().hex for _ in shown] for kind, shown in _shown(asked).items()}
    return Request({**asked, "multi_modal_uuids": names})


def let_see(generation: Any, suppressed: Iterable[int]) -> None:
    """Let TRL's vLLM generation show videos.

    Args:
        generation: `trl.generation.vllm_generation.VLLMGeneration`; its `images` hold one `Request` per prompt.
        suppressed: token ids that must not be sampled.
    """
    given = generation.generation_kwargs
    bias = {**given.get("logit_bias", {}), **dict.fromkeys(suppressed, UNLIKELY)}
    generation.generation_kwargs = {**given, "logit_bias": bias}
    if generation.mode == "colocate":
        generation.llm.generate = _seeing(generation.llm.generate)
    elif generation.accelerator.is_main_process:
        generation.vllm_client.image_features = _featuring(generation.model.name_or_path)
        generation._place_features = _placed


def _seeing(generate: Callable[..., Any]) -> Callable[..., Any]:
    """Return the `generate` of an engine with each row's request in the place of its ids."""

    def call(prompts: Sequence[Mapping[str, Any]], sampling_params: Any, **settings: Any) -> Any:
        rows = [(row["prompt_token_ids"], row["multi_modal_data"]["image"]) for row in prompts]
        # Copies of a row stand side by side: its video is encoded once for all its replies.
        groups = [list(group) for _, group in groupby(rows, key=lambda row: id(row[1]))]
        params = []
        for group in groups:
            one = sampling_params.clone()
            one.n = len(group)
            params.append(one)
        asked = [dict(group[0][1].asked) for group in groups]
        outputs = generate(asked, sampling_params=params, **settings)
        for group, output in zip(groups, outputs, strict=True):
            _check_ids(output.prompt_token_ids, group[0][0])
        return outputs

    return call


def _featuring(model: str) -> Callable[[Sequence[Sequence[Request]]], list[Rendered]]:
    """Return what makes of requests the ids and the features that a vLLM server takes."""
    render = renderer_of(model)

    def call(asked: Sequence[Sequence[Request]]) -> list[Rendered]:
        made = [render(request.asked) for (request,) in asked]
        return [(one["prompt_token_ids"], features_of(one)) for one in made]

    return call


def _placed(rendered: Rendered, ids: Sequence[int]) -> dict[str, Any]:
    """Return the features of a prompt once its ids are seen to be those that are scored."""
    _check_ids(rendered[0], ids)
    return rendered[1]


def _check_ids(made: Sequence[int], scored: Sequence[int]) -> None:
    if list(made) != list(scored):
        raise RuntimeError(
            f"vLLM made {len(made)} token ids of a prompt that is scored as {len(scored)} others. Its version "
            "expands videos in another way than transformers does; leave use_vllm at false."
        )


def _shown(asked: Mapping[str, Any]) -> dict[str, Sequence[Any]]:
    media = asked.get("multi_modal_data", {})
    return {kind: media[kind] for kind in KINDS if kind in media}

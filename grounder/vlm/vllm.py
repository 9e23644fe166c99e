"""VllmVLM: Qwen-VL weights run in this process with vLLM."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import AutoProcessor

from grounder.adapters import Adapter, adapter_for
from grounder.errors import BackendError, MissingDependency, ModelError
from grounder.vlm.chat import Chat, chat_of
from grounder.vlm.families import Family, check_fit, family_of
from grounder.vlm.inputs import AS_THEY_ARE
from grounder.vlm.readback import pixel_levels, written_stamps
from grounder.vlm.source import read_config
from grounder.vlm.vlm import Completion, Prompt, Sampling

WORDS = 4096  # prompt tokens kept free for everything that is not a picture
CLIPS = 16  # clips in one prompt when they are not interleaved with times


class VllmVLM:
    """A model of a family in `grounder.vlm.families`, loaded into a vLLM engine."""

    def __init__(
        self, engine: Any, processor: Any, *, name: str, adapter: Adapter, family: Family
    ) -> None:
        check_fit(adapter, family)
        self.name = name
        self.adapter = adapter
        self._engine = engine
        self._processor = processor
        self._family = family

    @classmethod
    def load(
        cls, model_id: str, *, name: str, adapter: Adapter | None = None, dtype: str = "auto"
    ) -> "VllmVLM":
        """Load weights from a folder or, by hub id, from the hub.

        Raises:
            MissingDependency: vLLM is not installed.
            ModelError: the engine does not start, or the weights are of no family that runs here.
            SpecError: no adapter fits.
        """
        try:
            from vllm import LLM
        except ModuleNotFoundError as error:
            raise MissingDependency(
                "vLLM is not installed. Install it with `pip install 'whenwhat[vllm]'` (Linux, a GPU), "
                "or load the same weights with hf: instead of vllm:."
            ) from error
        config = read_config(model_id)
        family = family_of(config.model_type, model_id)
        adapter = adapter or adapter_for(model_id, config.model_type)
        try:
            processor = AutoProcessor.from_pretrained(model_id)  # type: ignore[no-untyped-call] # transformers is typed in part
            engine = LLM(model_id, dtype=dtype, **_engine_settings(adapter, config))
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(
                f"Cannot start vLLM with {model_id}: {error}\nName a folder with config.json, weights and "
                "processor files, and see that the device has room for them; hf: needs less."
            ) from error
        return cls(engine, processor, name=name, adapter=adapter, family=family)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """Answer each prompt, in order; the engine batches them.

        Raises:
            ModelError: this family cannot be told the times of a clip.
            BackendError: the engine failed.
        """
        chats = [chat_of(prompt, self._family) for prompt in prompts]
        requests = [request_of(chat, self._processor) for chat in chats]
        try:
            outputs = self._engine.generate(requests, self._drawing(sampling), use_tqdm=False)
        except (ValueError, RuntimeError) as error:
            raise BackendError(
                f"vLLM failed: {error}. Show fewer or smaller frames, or start it again."
            ) from error
        return [self._completion(chat, output) for chat, output in zip(chats, outputs, strict=True)]

    def prompt_ids(self, prompt: Prompt) -> list[int]:
        """Return the token ids of a prompt as the engine gets them, visual tokens expanded.

        They equal those of `HfVLM` for the same prompt; a trainer that rolls out with vLLM relies on it.
        """
        ids: list[int] = self._rendered(prompt)["prompt_token_ids"]
        return ids

    def stamps(self, prompt: Prompt) -> list[float]:
        """Return the times the model is told, read back from the engine's input."""
        rendered = self._rendered(prompt)
        time_text = self.adapter.interleave or self._family.time_text
        if time_text:
            return written_stamps(rendered["prompt_token_ids"], self._processor, time_text)
        return [
            unit * float(clip["second_per_grid_ts"].data)
            for clip in rendered["mm_kwargs"]["video"]
            for unit in range(int(clip["video_grid_thw"].data[0]))
        ]

    def brightness(self, prompt: Prompt) -> list[float]:
        """Return the mean brightness of each unit, read back from the engine's input."""
        items = self._rendered(prompt)["mm_kwargs"]
        inputs: dict[str, torch.Tensor] = {}
        for kind, pixels, grid in (
            ("video", "pixel_values_videos", "video_grid_thw"),
            ("image", "pixel_values", "image_grid_thw"),
        ):
            if shown := items.get(kind):
                inputs[pixels] = torch.cat([item[pixels].data for item in shown])
                inputs[grid] = torch.stack([item[grid].data for item in shown])
        return pixel_levels(inputs, self._processor)

    def _rendered(self, prompt: Prompt) -> dict[str, Any]:
        """Return what vLLM's own renderer makes of a request: the engine's input."""
        request = request_of(chat_of(prompt, self._family), self._processor)
        rendered: dict[str, Any] = self._engine.llm_engine.renderer.render_cmpl([request])[0]
        return rendered

    def _drawing(self, sampling: Sampling) -> Any:
        from vllm import SamplingParams

        return SamplingParams(
            max_tokens=sampling.max_tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            seed=sampling.seed,
            # A sampled pad token would ask for pixels that are not there.
            logit_bias=dict.fromkeys(self._visual_tokens(), -100.0),
        )

    def _completion(self, chat: Chat, output: Any) -> Completion:
        reply = output.outputs[0]
        visual = set(self._visual_tokens())
        return Completion(
            text=reply.text,
            prompt_tokens=len(output.prompt_token_ids),
            completion_tokens=len(reply.token_ids),
            visual_tokens=sum(token in visual for token in output.prompt_token_ids),
            frames=chat.num_frames,
            finished=reply.finish_reason == "stop",
        )

    def _visual_tokens(self) -> list[int]:
        return [self._processor.image_token_id, self._processor.video_token_id]


def request_of(chat: Chat, processor: Any) -> dict[str, Any]:
    """Return one request: ids with one unexpanded token per clip or picture (vLLM expands), and the pixels."""
    text = processor.apply_chat_template(chat.turns, tokenize=False, add_generation_prompt=True)
    ids = processor.tokenizer(text, add_special_tokens=False)["input_ids"]
    request: dict[str, Any] = {"prompt_token_ids": ids}
    shown: dict[str, Any] = {}
    if chat.clips:
        # The parsers of Qwen-VL refuse frames without these facts (vllm-project/vllm issue 47736).
        known = {"video_backend": "whenwhat", "do_sample_frames": False}
        shown["video"] = [
            (clip, facts | known) for clip, facts in zip(chat.clips, chat.facts, strict=True)
        ]
    if chat.pictures:
        from PIL import Image

        shown["image"] = [Image.fromarray(picture) for picture in chat.pictures]
    if shown:
        request |= {"multi_modal_data": shown, "mm_processor_kwargs": dict(AS_THEY_ARE)}
    return request


def context_length(adapter: Adapter, config: Any, reply: int) -> int:
    """Return how many tokens an engine must hold for one prompt of an adapter and a reply of at most `reply` tokens."""
    longest: int = config.get_text_config().max_position_embeddings
    return min(longest, adapter.budget.total_tokens + WORDS + reply)


def _engine_settings(adapter: Adapter, config: Any) -> dict[str, Any]:
    """Return settings that follow from the adapter's budget."""
    budget = adapter.budget
    units = budget.max_frames // adapter.merged_frames
    as_pictures = bool(adapter.interleave) and adapter.interleave_as == "picture"
    return {
        "max_model_len": context_length(adapter, config, adapter.max_tokens),
        "limit_mm_per_prompt": {
            "image": units if as_pictures else 0,
            "video": 0 if as_pictures else (units if adapter.interleave else CLIPS),
        },
        # Cached frames once came back with another request's rate (Time-R1 turns the cache off too).
        "mm_processor_cache_gb": 0,
    }

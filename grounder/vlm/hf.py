"""HfVLM: Qwen-VL weights run in this process with transformers."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    BatchFeature,
    GenerationConfig,
)
from transformers.utils import logging

from grounder.adapters import Adapter, adapter_for
from grounder.vlm.chat import Chat, chat_of
from grounder.vlm.dice import OwnDice
from grounder.vlm.families import Family, check_fit, family_of
from grounder.vlm.inputs import model_inputs
from grounder.vlm.readback import pixel_levels, spacing_stamps, written_stamps
from grounder.vlm.source import read_config, unreadable
from grounder.vlm.vlm import Completion, Prompt, Sampling

BATCH = 4  # prompts run together: a prompt holds thousands of visual tokens, so few fill a device


class HfVLM:
    """A model of a family in `grounder.vlm.families`, loaded with its processor."""

    def __init__(
        self, model: Any, processor: Any, *, name: str, adapter: Adapter, family: Family
    ) -> None:
        check_fit(adapter, family)
        self.name = name
        self.adapter = adapter
        self._model = model
        self._processor = processor
        self._family = family

    @classmethod
    def load(cls, model_id: str, *, name: str, adapter: Adapter | None = None) -> "HfVLM":
        """Load weights from a folder or, by hub id, from the hub.

        bfloat16 on a GPU (spread over all when there are several), float32 on a CPU.

        Raises:
            ModelError: there is no such folder, the weights cannot be loaded, are LoRA's alone, or of no family that runs here.
            SpecError: no adapter fits.
        """
        config = read_config(model_id)
        family = family_of(config.model_type, model_id)
        adapter = adapter or adapter_for(model_id, config.model_type)
        try:
            processor = AutoProcessor.from_pretrained(model_id)  # type: ignore[no-untyped-call] # transformers is typed in part
            with _bars_on_terminals_only():
                model: Any = AutoModelForImageTextToText.from_pretrained(model_id, **_placement())
        except (OSError, ValueError) as error:
            raise unreadable(model_id, error) from error
        if torch.cuda.device_count() == 1:
            model = model.to("cuda")
        model.eval()
        return cls(model, processor, name=name, adapter=adapter, family=family)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """Answer each prompt, in order, a few at a time.

        Raises:
            ModelError: this family cannot be told the times of a clip.
        """
        completions: list[Completion] = []
        for first in range(0, len(prompts), BATCH):
            chats = [chat_of(prompt, self._family) for prompt in prompts[first : first + BATCH]]
            completions += self._answer(chats, sampling)
        return completions

    def prompt_ids(self, prompt: Prompt) -> list[int]:
        """Return the token ids of a prompt as the model gets them, visual tokens expanded."""
        ids: list[int] = self._inputs([chat_of(prompt, self._family)])["input_ids"][0].tolist()
        return ids

    def stamps(self, prompt: Prompt) -> list[float]:
        """Return the times the model is told, read back from the ids and positions it is given."""
        inputs = self._inputs([chat_of(prompt, self._family)])
        time_text = self.adapter.interleave or self._family.time_text
        if time_text:
            return written_stamps(inputs["input_ids"][0].tolist(), self._processor, time_text)
        return spacing_stamps(self._model, inputs)

    def brightness(self, prompt: Prompt) -> list[float]:
        """Return the mean brightness of each unit, read back from the pixels the model is given."""
        return pixel_levels(self._inputs([chat_of(prompt, self._family)]), self._processor)

    def _answer(self, chats: Sequence[Chat], sampling: Sampling) -> list[Completion]:
        inputs = self._inputs(chats)
        mask = inputs["attention_mask"].bool()
        asked = [ids[kept] for ids, kept in zip(inputs["input_ids"], mask, strict=True)]
        with torch.inference_mode():
            output = self._model.generate(
                **inputs,
                generation_config=self._generation_config(sampling.max_tokens),
                logits_processor=_dice([ids.tolist() for ids in asked], sampling),
            )
        written = output[:, inputs["input_ids"].shape[1] :].tolist()
        return [
            self._completion(chat, ids, reply)
            for chat, ids, reply in zip(chats, asked, written, strict=True)
        ]

    def _completion(self, chat: Chat, asked: torch.Tensor, reply: list[int]) -> Completion:
        ends = [place for place, token in enumerate(reply) if token in self._end_tokens()]
        spoken = reply[: ends[0]] if ends else reply
        visual = torch.isin(asked, torch.tensor(self._visual_tokens(), device=asked.device))
        return Completion(
            text=self._processor.tokenizer.decode(spoken, skip_special_tokens=True),
            prompt_tokens=len(asked),
            completion_tokens=len(spoken),
            visual_tokens=int(visual.sum()),
            frames=chat.num_frames,
            finished=bool(ends),
        )

    def _inputs(self, chats: Sequence[Chat]) -> BatchFeature:
        """Return what the model is given, on its device."""
        inputs = model_inputs(chats, self._processor).to(self._model.device)
        for pixels in {"pixel_values", "pixel_values_videos"} & set(inputs):
            # Only these: a spacing rounded to bfloat16 would drift over a long clip.
            inputs[pixels] = inputs[pixels].to(self._model.dtype)
        return inputs

    def _generation_config(self, max_tokens: int) -> GenerationConfig:
        """Return settings that owe nothing to the defaults stored with the weights, such as a repetition penalty."""
        return GenerationConfig(  # type: ignore[no-untyped-call] # transformers is typed in part
            max_new_tokens=max_tokens,
            do_sample=False,  # where replies are drawn, `OwnDice` does it
            repetition_penalty=1.0,
            eos_token_id=self._end_tokens(),
            pad_token_id=self._processor.tokenizer.pad_token_id,
            # A sampled pad token would ask for pixels that are not there.
            suppress_tokens=self._visual_tokens(),
        )

    def _end_tokens(self) -> list[int]:
        ends = self._model.generation_config.eos_token_id
        return ends if isinstance(ends, list) else [ends]

    def _visual_tokens(self) -> list[int]:
        return [self._processor.image_token_id, self._processor.video_token_id]


def _dice(asked: Sequence[Sequence[int]], sampling: Sampling) -> list[OwnDice]:
    if not sampling.temperature:
        return []
    return [
        OwnDice(asked, seed=sampling.seed, temperature=sampling.temperature, top_p=sampling.top_p)
    ]


@contextmanager
def _bars_on_terminals_only() -> Iterator[None]:
    """Keep the bar that transformers draws while it loads weights out of files and pipes."""
    if sys.stderr.isatty() or not logging.is_progress_bar_enabled():
        yield
        return
    logging.disable_progress_bar()  # type: ignore[no-untyped-call] # transformers is typed in part
    try:
        yield
    finally:
        logging.enable_progress_bar()  # type: ignore[no-untyped-call] # transformers is typed in part


def _placement() -> dict[str, Any]:
    if not torch.cuda.is_available():
        return {"dtype": torch.float32}
    spread = {"device_map": "auto"} if torch.cuda.device_count() > 1 else {}
    return {"dtype": torch.bfloat16, **spread}

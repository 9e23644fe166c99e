"""VideoGRPOTrainer: TRL's GRPO with the video in every pass and a KL weight of its own for time tokens.

Works by overriding what TRL 1.16 calls; nothing of TRL is copied.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor
from transformers import TrainerCallback
from trl.trainer.grpo_config import GRPOConfig
from trl.trainer.grpo_trainer import GRPOTrainer

from grounder.adapters import Adapter
from grounder.errors import SpecError
from grounder.vlm import Prompt
from grounder.vlm.families import check_fit, family_of
from grounder.vlm.vllm import context_length
from training.grpo.by_kind import means_by_kind, timed_tokens
from training.grpo.engine import Request, let_see, request_for
from training.grpo.neighbours import neighbours
from training.grpo.once import once_per_video, seeing_part
from training.grpo.passes import Scoring, pass_of
from training.grpo.prefill import once_per_prompt
from training.grpo.settings import check_settings
from training.grpo.shown import (
    Shown,
    check_shown,
    joined_media,
    shown_of,
    side_by_side,
    with_shared_media,
)
from training.grpo.sight import Sighted, check_sight
from training.grpo.token_beta import TokenBeta
from training.rewards import Reward
from training.shared_attention import accept_shared_prompts
from training.token_kl import KlMask, TokenTable
from training.vision_attention import attend_to_frames_at_once

Row = Mapping[str, Any]
VISUAL_TOKENS = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")


class VideoGRPOTrainer(Sighted, GRPOTrainer):
    """GRPO on rows of `training.grpo.rows`, for the families of `grounder.vlm.families`.

    Besides TRL's numbers it logs `kl_time`, `kl_other`, `entropy_time`, `entropy_other` (means per token, in
    nats) and `frac_time_tokens`.
    """

    def __init__(
        self,
        model: Any,
        *,
        processor: Any,
        adapter: Adapter,
        prompt_of: Callable[[Row], Prompt],
        rewards: Sequence[Reward],
        args: GRPOConfig,
        train_dataset: Dataset,
        eval_dataset: Dataset | None = None,
        beta_time: float | None = None,
        kl_mask: KlMask = "vocab+span",
        scoring: Scoring = "shared",
        peft_config: Any = None,
        callbacks: list[TrainerCallback] | None = None,
    ) -> None:
        """Prepare training.

        Args:
            model: loaded weights; saved to disk before, as TRL loads the reference from where they came from.
            processor: the model's processor.
            adapter: how the model is asked, and so how its replies are read.
            prompt_of: from a row to what the model is shown; called once per row and generation batch.
            rewards: what a reply earns; their weights are `args.reward_weights`.
            args: TRL's settings; `beta` is the KL weight of ordinary tokens.
            train_dataset: rows.
            eval_dataset: rows.
            beta_time: KL weight of time tokens; None: like any other.
            kl_mask: which tokens those are.
            scoring: whether the prompt is run once for all replies to it; the numbers are the same.
            peft_config: how to adapt the weights instead of training them all.
            callbacks: TRL's.

        Raises:
            SpecError: the settings do not fit together.
            ModelError: the model is of no family that can be trained here.
        """
        check_settings(args, beta_time)
        self._family = family_of(model.config.model_type, model.config.name_or_path)
        check_fit(adapter, self._family)
        if args.use_vllm and args.vllm_max_model_length is None:
            reply = args.max_completion_length or adapter.max_tokens
            args.vllm_max_model_length = context_length(adapter, model.config, reply)
        super().__init__(
            model=model,
            reward_funcs=list(rewards),
            args=args,
            train_dataset=train_dataset,
            eval_dataset=eval_dataset,
            processing_class=processor,
            peft_config=peft_config,
            callbacks=callbacks,
        )
        self.processor = processor
        self._adapter = adapter
        self._prompt_of = prompt_of
        self._beta_time = args.beta if beta_time is None else beta_time
        self._kl_mask: KlMask = kl_mask
        self._scoring: Scoring = scoring
        self._fit_attention()
        self._table = TokenTable.of(processor.tokenizer)
        self._rows: Sequence[Row] = ()
        self._shown: Sequence[Shown] = ()
        self._entropies = torch.empty(0)
        self._requests: Sequence[Request] = ()
        self._suppress_visual_tokens()

    def check_sight(self) -> None:
        """Change the video of the first row and see whether log-probs and visual gradients react.

        Raises:
            ModelError: they do not.
        """
        reply = self.processor.tokenizer("from 1.0 to 2.0")["input_ids"]
        rows: Any = self.train_dataset
        check_sight(self.score, self.show(rows[0]), reply, seeing_part(self.policy).visual)

    @property
    def policy(self) -> Any:
        """The model that is trained, as it was before it was wrapped for several processes."""
        return self.accelerator.unwrap_model(self.model)

    def show(self, row: Row) -> Shown:
        """Prepare what the model is shown for a row."""
        return shown_of(self._prompt_of(row), self._family, self.processor)

    def score(self, batch: Sequence[Shown], replies: Sequence[Sequence[int]]) -> Tensor:
        """Return the log-probs of replies (token ids, all of one length), (batch, length), as training sees them."""
        ids, mask = side_by_side(batch, replies, self.processor.tokenizer.pad_token_id)
        device = self.policy.device
        with self._showing(batch):
            logps, _, _ = self._get_per_token_logps_and_entropies(
                self.model, ids.to(device), mask.to(device), len(replies[0])
            )
        return logps

    def _prepare_inputs(self, generation_batch: Any) -> Any:
        before = self._buffered_inputs
        inputs = super()._prepare_inputs(generation_batch)
        if self._buffered_inputs is before or self._scoring == "plain":
            return inputs
        self._buffered_inputs = neighbours(self._buffered_inputs)
        return self._buffered_inputs[self._step % self.args.steps_per_generation]

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        self._rows = inputs
        try:
            output: dict[str, Any] = super()._generate_and_score_completions(inputs)
            # A list travels with the batch through TRL's shuffling and splitting.
            return output | {"shown": list(self._shown)}
        finally:
            self._rows, self._shown, self._requests = (), (), ()

    def _tokenize_prompts(
        self, prompts: Sequence[Any]
    ) -> tuple[list[list[int]], None, dict[str, Any]]:
        # The G copies of a row stand in one batch: each row is decoded once, what shows the same is seen once.
        keys = [(row["id"], *row["within"]) for row in self._rows]
        rows = dict(zip(keys, self._rows, strict=True))
        by_video = sorted(rows, key=lambda key: str(rows[key]["video"]))
        asked = {key: self._prompt_of(rows[key]) for key in by_video}
        prepared = [shown_of(one, self._family, self.processor) for one in asked.values()]
        once = dict(zip(asked, with_shared_media(prepared), strict=True))
        shown = [once[key] for key in keys]
        self._shown = shown
        if self.use_vllm:
            requests = {
                key: request_for(one, self._family, self.processor) for key, one in asked.items()
            }
            self._requests = [requests[key] for key in keys]
        kinds = [list(one.kinds) for one in shown]
        media = joined_media(shown, once=True) | {"mm_token_type_ids": kinds}
        return [list(one.ids) for one in shown], None, media

    def _generate_single_turn(
        self,
        prompt_ids: list[list[int]],
        images: None,
        multimodal_fields: dict[str, Any],
        num_generations: int,
        has_tool_images: bool = False,
    ) -> tuple[list[list[int]], Any]:
        trainer: Any = super()
        if self.use_vllm:
            # TRL takes them to the engine, where `let_see` awaits them.
            riding = [[request] for request in self._requests]
            sampled: tuple[list[list[int]], Any] = trainer._generate_single_turn(
                prompt_ids, riding, {}, num_generations
            )
            return sampled
        with (
            once_per_video(self.policy, self._shown),
            once_per_prompt(self.policy, self._shown),
        ):
            replies: tuple[list[list[int]], Any] = trainer._generate_single_turn(
                prompt_ids, images, multimodal_fields, num_generations, has_tool_images
            )
        return replies

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: Tensor,
        attention_mask: Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        compute_entropy: bool = False,
        compute_aux_loss: bool = False,
        **_without_media: None,
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Score as TRL does, a few rows at a time, each with its own video."""
        num_prompt = input_ids.size(1) - logits_to_keep
        check_shown(self._shown, input_ids, attention_mask, num_prompt)
        size = batch_size or len(input_ids)
        parts = []
        for first in range(0, len(input_ids), size):
            rows = slice(first, first + size)
            batch = self._shown[rows], input_ids[rows], attention_mask[rows]
            one = pass_of(self._scoring, model, *batch, num_prompt)
            logps, entropies, loss = super()._get_per_token_logps_and_entropies(
                one.call, one.ids, one.mask, one.keep, None, compute_entropy, compute_aux_loss
            )
            entropies = one.restore(entropies) if compute_entropy else None
            parts.append((one.restore(logps), entropies, loss))
        logps, entropies, losses = zip(*parts, strict=True)
        if compute_entropy:
            self._entropies = torch.cat(entropies)
        return (
            torch.cat(logps),
            self._entropies if compute_entropy else None,
            torch.stack(losses).mean() if compute_aux_loss else None,
        )

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> Tensor:
        ids, mask = inputs["completion_ids"], inputs["completion_mask"]
        timed = timed_tokens(
            ids, mask, table=self._table, adapter=self._adapter, kl_mask=self._kl_mask
        )
        beta: Any = self.beta
        weights = torch.full(timed.shape, beta, device=timed.device)
        token_beta = TokenBeta(weights.masked_fill(timed, self._beta_time))
        trainer: Any = super()
        try:
            self.beta = token_beta if beta else beta  # type: ignore[assignment] # TRL only multiplies with it
            with self._showing(inputs["shown"]):
                loss: Tensor = trainer._compute_loss(model, inputs)
        finally:
            self.beta = beta
        values = {"entropy": self._entropies} | ({"kl": token_beta.kl} if beta else {})
        means = means_by_kind(values, timed, mask, reduce=self.accelerator.reduce)
        for name, mean in means.items():
            self._metrics["train" if self.policy.training else "eval"][name].append(mean)
        return loss

    @contextmanager
    def _showing(self, shown: Sequence[Shown]) -> Iterator[None]:
        self._shown = shown
        try:
            yield
        finally:
            self._shown = ()

    def _fit_attention(self) -> None:
        shared = self._scoring == "shared"
        if shared and self.aux_loss_enabled:
            raise SpecError(
                "This model has experts, and their balance is a mean over every copy of a prompt. "
                "Score with `scoring: plain`, or set router_aux_loss_coef to 0."
            )
        for model in filter(None, (self.policy, self.ref_model)):
            part = seeing_part(model)
            attend_to_frames_at_once(part)
            if shared:
                accept_shared_prompts(part)

    def _suppress_visual_tokens(self) -> None:
        """A sampled visual token would ask for pixels that are not there."""
        tokens = sorted(getattr(self.policy.config, name) for name in VISUAL_TOKENS)
        if self.use_vllm:
            let_see(self.vllm_generation, tokens)
            return
        self.generation_config.suppress_tokens = tokens
        self.generation_kwargs["suppress_tokens"] = tokens

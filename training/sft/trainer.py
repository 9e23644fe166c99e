"""VideoSFTTrainer: TRL's SFT with the video in the batch, and mIoU beside the loss.

TRL's trainer and not transformers': a prompt holds thousands of visual tokens, and TRL computes the loss without
their logits over the vocabulary (150,000 numbers a token), knows QLoRA, and logs token accuracy and entropy.
"""

from collections.abc import Sequence
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor
from transformers import TrainerCallback
from trl.models.utils import unwrap_model_for_generation
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from grounder.reply import parse_reply
from grounder.vlm import Sampling
from grounder.vlm.hf import HfVLM
from training.grpo.once import seeing_part
from training.grpo.shown import Shown
from training.grpo.sight import Sighted, check_sight
from training.metrics import SpanScore, score_span, total
from training.sft.collating import Collator
from training.sft.right import overheard, shares_right
from training.sft.scored import only_replies, told
from training.sft.task import Task

Rows = list[int]


class VideoSFTTrainer(Sighted, SFTTrainer):
    """SFT on the lessons of a collator, for the families of `grounder.vlm.families`.

    Besides TRL's numbers it logs `eval_miou`: the mean IoU, in [0, 1], of greedy replies to the first
    `scored` grounding rows of the split `validation`.
    """

    def __init__(
        self,
        model: Any,
        *,
        collator: Collator,
        args: SFTConfig,
        scored: int = 32,
        peft_config: Any = None,
        callbacks: list[TrainerCallback] | None = None,
    ) -> None:
        """Prepare training on the split `train`, and evaluation on `validation` where there is one.

        Args:
            model: loaded weights.
            collator: where lessons come from.
            args: TRL's settings.
            scored: how many rows are grounded at each evaluation; 0: none.
            peft_config: how to adapt the weights instead of training them all.
            callbacks: TRL's.
        """
        super().__init__(
            model=model,
            args=args,
            train_dataset=_numbers(collator, "train"),
            eval_dataset=_numbers(collator, "validation"),
            data_collator=collator,
            processing_class=collator.processor,
            peft_config=peft_config,
            callbacks=callbacks,
        )
        self._collator = collator
        self._scored = _grounding_rows(collator, scored)

    def check_sight(self) -> None:
        """Change the video of the first lesson that has one and see whether log-probs and gradients react.

        Raises:
            ModelError: they do not.
        """
        first = next((task for task in self._first_tasks() if task.shown.media), None)
        if first is not None:
            check_sight(self.score, first.shown, first.reply, seeing_part(self.policy).visual)

    @property
    def policy(self) -> Any:
        """The model that is trained, as it was before it was wrapped for several processes."""
        return self.accelerator.unwrap_model(self.model)

    def score(self, batch: Sequence[Shown], replies: Sequence[Sequence[int]]) -> Tensor:
        """Return the log-probs of replies as training sees them, (batch, length); 0 where there is none."""
        tasks = [Task(shown, tuple(reply)) for shown, reply in zip(batch, replies, strict=True)]
        inputs = self._prepare_inputs(self._collator.batch(tasks))
        model: Any = self.model
        logps: Tensor = model(**inputs, fused_lm_head=True).log_probs
        return logps

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """Compute the loss as TRL does; tokens are counted, too, where lessons are packed.

        Logs `right_SUBJECT`: the share of whole replies that would have been given, see `training.sft.right`.
        """
        seen = self._total_train_tokens
        trainer: Any = super()
        subjects, labels = inputs.pop("subjects"), inputs["labels"]
        with only_replies(seeing_part(self.policy), labels) as said, overheard(model) as heard:
            inputs["shift_labels"] = said
            loss = trainer.compute_loss(model, inputs, return_outputs, num_items_in_batch)
        shares = shares_right(heard[0].is_top1, told(labels), subjects)
        for subject, share in shares.items():
            metrics = self._metrics["train" if model.training else "eval"]
            metrics[f"right_{subject}"].append(share)
        if self._collator.packed and model.training:
            # TRL sums up the mask, which for packed lessons has a square for each row.
            count = self.accelerator.gather_for_metrics(_tokens(inputs))
            self._total_train_tokens = seen + int(count.sum())
            self._metrics["train"]["num_tokens"] = [self._total_train_tokens]
        return loss

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """Evaluate as TRL does, then ground some rows."""
        metrics = super().evaluate(eval_dataset, ignore_keys, metric_key_prefix)
        if self._scored:
            scored = {f"{metric_key_prefix}_miou": self.ground().mean_iou}
            self.log(dict(scored))
            metrics |= scored
        return metrics

    def ground(self) -> SpanScore:
        """Return how well the model, as it is, grounds the rows that are scored."""
        collator, scores = self._collator, []
        trained: Any = self.model
        was_training = trained.training
        trained.eval()
        with unwrap_model_for_generation(self.model_wrapped, self.accelerator) as model:
            vlm = HfVLM(
                model,
                collator.processor,
                name="trained",
                adapter=collator.adapter,
                family=collator.family,
            )
            for number in self._scored:
                sample, _, footage = collator.sources["validation"][number]
                lesson = collator.lesson("validation", number)
                sampling = Sampling(max_tokens=collator.adapter.max_tokens)
                text = vlm.generate([lesson.prompt], sampling)[0].text
                reply = parse_reply(text, adapter=collator.adapter, within=footage.span)
                scores.append(score_span(next(iter(reply.spans), None), sample.spans))
        trained.train(was_training)
        return total(scores)

    def _first_tasks(self) -> Any:
        count = min(len(self._collator.sources["train"]), 32)
        return (self._collator.task("train", number) for number in range(count))


def _tokens(inputs: dict[str, Any]) -> Tensor:
    """Return how many tokens the model was given, padding included."""
    ids: Tensor = inputs["input_ids"]
    return torch.tensor(ids.numel(), device=ids.device)


def _numbers(collator: Collator, split: str) -> Dataset | None:
    """Return the rows that TRL carries around: numbers, from which the collator makes lessons."""
    if split not in collator.sources:
        return None
    count = len(collator.sources[split])
    return Dataset.from_dict({"split": [split] * count, "number": list(range(count))})


def _grounding_rows(collator: Collator, most: int) -> Rows:
    """Return the numbers of the first rows of `validation` that have moments to be found."""
    source = collator.sources.get("validation")
    if source is None or not most:
        return []
    found: Rows = []
    for number in range(len(source)):
        sample, subject, _ = source[number]
        if subject == "ground" and sample.spans:
            found.append(number)
        if len(found) == most:
            break
    return found

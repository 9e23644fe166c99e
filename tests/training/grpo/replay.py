"""Training with replies that are fixed, so that any number of processes learns from the same ones."""

import json
import os
import sys
from pathlib import Path

from accelerate import PartialState
from accelerate.utils import DistributedType

from tests.training.grpo.stage import trainer_of
from training.grpo.trainer import VideoGRPOTrainer

SAID = (
    "[[0.5, 1.5]] is it",
    "no 7",
    "[[1.25, 2]] or so",
    "I see nothing",
    "[]",
    "[[0, 2.5]]",
    "12",
    "a [0.5",
)
SHARDED = {
    "ACCELERATE_USE_FSDP": "true",
    "FSDP_VERSION": "2",
    "FSDP_AUTO_WRAP_POLICY": "TRANSFORMER_BASED_WRAP",
    "FSDP_STATE_DICT_TYPE": "SHARDED_STATE_DICT",
    "FSDP_RESHARD_AFTER_FORWARD": "true",
}
ZERO = {
    "ACCELERATE_USE_DEEPSPEED": "true",
    "ACCELERATE_GRADIENT_ACCUMULATION_STEPS": "auto",
    "ACCELERATE_GRADIENT_CLIPPING": "auto",
    "ACCELERATE_DEEPSPEED_OFFLOAD_OPTIMIZER_DEVICE": "none",
    "ACCELERATE_DEEPSPEED_OFFLOAD_PARAM_DEVICE": "none",
    "ACCELERATE_DEEPSPEED_ZERO3_INIT": "false",
    "ACCELERATE_DEEPSPEED_ZERO3_SAVE_16BIT_MODEL": "true",
}
"""What `accelerate launch` makes of training/launch/zero2.yaml and zero3.yaml, but for the stage."""


class Replaying(VideoGRPOTrainer):
    """Replies come from a list, by their place in the global batch and the step."""

    def _generate_single_turn(self, prompt_ids, *others):
        first = self.accelerator.process_index * len(prompt_ids) + 3 * self.state.global_step
        say = self.processor.tokenizer
        texts = [SAID[(first + place) % len(SAID)] for place in range(len(prompt_ids))]
        return [[*say(text)["input_ids"], say.eos_token_id] for text in texts], None


class Sharded(Replaying):
    """Shares out its weights on a CPU, where torch can and accelerate would leave them whole."""

    def create_accelerator_and_postprocess(self):
        PartialState().distributed_type = DistributedType.MULTI_GPU
        super().create_accelerator_and_postprocess()


def train(model, output, settings, kind=Replaying):
    """Train, and leave the weights, what was logged, and how it ran."""
    trainer = trainer_of(model, "qwen3_vl", output, kind=kind, **settings)
    trainer.train()
    state = trainer.accelerator.state
    if trainer.is_fsdp_enabled:
        state.fsdp_plugin.set_state_dict_type("FULL_STATE_DICT")
    shards = sum(type(weight).__name__ == "DTensor" for weight in trainer.model.parameters())
    trainer.save_model(str(output))
    if trainer.accelerator.is_main_process:
        told = {
            "processes": state.num_processes,
            "shards": shards,
            "log": [entry for entry in trainer.state.log_history if "reward" in entry],
        }
        (Path(output) / "told.json").write_text(json.dumps(told), encoding="utf-8")


def train_one_of(rank, processes, port, *arguments, sharded=False, zero=0):
    """Be one of several processes of this machine that train together through gloo."""
    place = {
        "RANK": rank,
        "LOCAL_RANK": rank,
        "WORLD_SIZE": processes,
        "LOCAL_WORLD_SIZE": processes,
    }
    os.environ |= {name: str(value) for name, value in place.items()}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    if sharded:
        os.environ |= SHARDED
    if zero:
        os.environ |= ZERO | {"ACCELERATE_DEEPSPEED_ZERO_STAGE": str(zero)}
    train(*arguments, kind=Sharded if sharded else Replaying)


def command(*words):
    """Be `whenwhat` with these words."""
    import torch

    from grounder.cli.main import main

    torch.set_num_threads(1)
    sys.exit(main([*words]))

"""Settings: what of a GRPO run can be told before its weights are read."""

from importlib.util import find_spec

from trl.trainer.grpo_config import GRPOConfig

from grounder.errors import MissingDependency, SpecError


def check_settings(args: GRPOConfig, beta_time: float | None) -> None:
    """Check what can be told before weights are read.

    Raises:
        SpecError: settings do not fit together.
        MissingDependency: replies are to be sampled by vLLM, which is not installed.
    """
    if args.use_vllm and find_spec("vllm") is None:
        raise MissingDependency(
            "use_vllm is set, and vLLM is not installed. Install it with `pip install 'whenwhat[train,vllm]'` "
            "(Linux, a GPU), or leave use_vllm at false."
        )
    if beta_time and args.beta == 0.0:
        raise SpecError(
            f"beta_time is {beta_time} and beta is 0, with which TRL computes no reference. "
            "Give beta a value above 0, or set beta_time to 0, too."
        )

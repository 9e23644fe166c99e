"""How a training run is watched: a bar and a line of numbers now and then, on stderr."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from transformers import (
    PrinterCallback,
    ProgressCallback,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from grounder.cli.console import print_note, progress_bar

TOLD = ("loss", "eval_loss", "eval_miou", "reward", "kl", "mean_token_accuracy", "learning_rate")
"""The numbers of a line, in order; all of them go to `report_to`."""
RIGHT = "right_"
"""What begins the names of shares of replies that would have been given whole, told after them."""


@contextmanager
def watched(trainer: Any) -> Iterator[None]:
    """Show the progress of a trainer as the rest of the program does, in the place of transformers' ways."""
    trainer.remove_callback(ProgressCallback)
    trainer.remove_callback(PrinterCallback)
    with ExitStack() as open_bars:
        trainer.add_callback(Watch(open_bars))
        yield


class Watch(TrainerCallback):
    """A bar over the steps, and what is logged."""

    def __init__(self, open_bars: ExitStack) -> None:
        """Draw bars that `open_bars` takes away, however training ends."""
        self._open = open_bars
        self._update: Any = None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Draw the bar."""
        if state.is_world_process_zero:
            bar = progress_bar("training", total=state.max_steps, unit="steps")
            self._update = self._open.enter_context(bar)
            self._update(state.global_step)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Move it on."""
        if self._update:
            self._update(state.global_step)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Say the numbers."""
        logged = logs or {}
        names = [*TOLD, *(name for name in logged if name.startswith(RIGHT))]
        told = [f"{name} {logged[name]:.4g}" for name in names if name in logged]
        if told and state.is_world_process_zero:
            print_note(f"step {state.global_step} of {state.max_steps}: {', '.join(told)}")

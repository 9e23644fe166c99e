"""`whenwhat train merge`: LoRA weights joined with those they stand on, to be served as any others."""

import json
import secrets
import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from grounder.cli.console import print_json, print_note, stoppable
from grounder.cli.options import JsonOption
from grounder.errors import ModelError, SpecError
from grounder.writing import sync
from training.recipe_file import without_train


def merge(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run with `lora`.")],
    output: Annotated[Path, typer.Argument(metavar="FOLDER", help="New folder of the weights.")],
    as_json: JsonOption = False,
) -> None:
    """Join LoRA weights with those they stand on, in the precision of these."""
    with stoppable():
        base = merge_lora(run, output)
    if as_json:
        print_json({"status": "answered", "weights": str(output), "base": base})
        return
    print_note(f"{base} with {run} is in {output}: use it as hf:{output}#ADAPTER.")


def merge_lora(run: Path, output: Path) -> str:
    """Write whole weights and their processor to a new folder; return what the LoRA weights stand on.

    Weights that were held in 4 bits while they were trained (QLoRA) are joined as they were saved.

    Args:
        run: folder of a run, or one of its checkpoints, that trained with LoRA.
        output: folder that must not be there yet; it appears whole or not at all.

    Raises:
        SpecError: `run` holds no LoRA weights, or `output` exists.
        ModelError: what they stand on cannot be read, or is another model.
        MissingDependency: peft is not installed.
    """
    base = _base_of(run)
    if output.exists():
        raise SpecError(f"{output} exists. Name a new folder.")
    model, processor = _joined(run, base)
    part = output.with_name(f".{output.name}.{secrets.token_hex(4)}")
    try:
        model.save_pretrained(part)
        processor.save_pretrained(part)
        for file in part.iterdir():
            sync(file)
        part.rename(output)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return base


def _base_of(run: Path) -> str:
    try:
        settings = json.loads((run / "adapter_config.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SpecError(
            f"{run} holds no LoRA weights (no adapter_config.json). Name the folder of a run whose recipe has `lora`; "
            "weights that were trained whole are used as they are."
        ) from error
    except (OSError, ValueError) as error:
        raise SpecError(f"Cannot read {run / 'adapter_config.json'}: {error}") from error
    base = settings.get("base_model_name_or_path") if isinstance(settings, dict) else None
    if not (isinstance(base, str) and base):
        raise SpecError(
            f"{run / 'adapter_config.json'} does not say what the LoRA weights stand on: base_model_name_or_path is "
            f"{base!r}. Put the folder or hub id there."
        )
    return base


def _joined(run: Path, base: str) -> tuple[Any, Any]:
    try:
        from peft import PeftModel
    except ModuleNotFoundError as error:
        raise without_train() from error
    from transformers import AutoModelForImageTextToText, AutoProcessor

    from grounder.vlm.source import read_config, unreadable

    try:
        read_config(base)
    except ModelError as error:
        raise ModelError(
            f"{run} stands on {base}, by the path that its recipe named. {error}"
        ) from error
    try:
        processor: Any = AutoProcessor.from_pretrained(run)  # type: ignore[no-untyped-call] # transformers is typed in part
    except (OSError, ValueError) as error:
        raise unreadable(str(run), error) from error
    try:
        weights: Any = AutoModelForImageTextToText.from_pretrained(base, dtype="auto")
    except (OSError, ValueError) as error:
        raise unreadable(base, error) from error
    try:
        model: Any = PeftModel.from_pretrained(weights, run)
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            f"The LoRA weights of {run} do not fit {base}: {error}\nPut back the weights they were trained on."
        ) from error
    return model.merge_and_unload(), processor

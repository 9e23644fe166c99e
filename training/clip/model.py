"""The model: an open_clip architecture from `nano-clip.json`, its tokenizer, and its folder on disk."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from grounder.writing import replacing
from training.clip.wording import vocabulary

if TYPE_CHECKING:
    from open_clip.tokenizer import HFTokenizer
    from torch.nn import Module

CONFIG = Path(__file__).with_name("nano-clip.json")
NAME = CONFIG.stem
# Wide pictures are squashed: a crop would lose the shapes at their sides.
PREPROCESS = {
    "mean": (0.25, 0.25, 0.25),
    "std": (0.25, 0.25, 0.25),
    "interpolation": "bicubic",
    "resize_mode": "squash",
}


def new_model(seed: int) -> "Module":
    """Return the model with random weights; the same seed gives the same ones."""
    import open_clip
    import torch

    open_clip.add_model_config(CONFIG)
    torch.manual_seed(seed)
    model: Module = open_clip.create_model(NAME, force_preprocess_cfg=PREPROCESS)
    return model


def new_tokenizer() -> "HFTokenizer":
    """Return the tokenizer: whole words, lower case, one token for all words that it does not know."""
    import open_clip
    from open_clip.tokenizer import HFTokenizer

    open_clip.add_model_config(CONFIG)
    text = open_clip.get_model_config(NAME)["text_cfg"]
    with tempfile.TemporaryDirectory() as folder:
        _write_tokenizer(Path(folder), text["vocab_size"], text["context_length"])
        return HFTokenizer(folder, context_length=text["context_length"])


def save_model(model: "Module", tokenizer: "HFTokenizer", folder: Path) -> None:
    """Write the folder that `open_clip:local-dir:FOLDER` loads, weights in half precision and last."""
    import copy

    import open_clip
    from open_clip.push_to_hf_hub import save_for_hf

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        save_for_hf(
            cast("Any", copy.deepcopy(model).half()),
            tokenizer,
            open_clip.get_model_config(NAME),
            place,
            safe_serialization=True,
        )
        for path in sorted(Path(place).iterdir(), key=lambda path: path.suffix == ".safetensors"):
            content = path.read_bytes()
            if path.suffix == ".json" and not content.endswith(b"\n"):
                content += b"\n"
            with replacing(folder / path.name) as part:
                part.write_bytes(content)


def _write_tokenizer(folder: Path, room: int, longest: int) -> None:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    # open_clip reads a text's vector at its highest token id: the end must be the last one.
    words = ["[PAD]", "[UNK]", "[BOS]", *vocabulary(), "[EOS]"]
    if len(words) > room:
        raise ValueError(f"{len(words)} words do not fit vocab_size {room} of {CONFIG}.")
    ids = {word: number for number, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("[^a-z0-9]+"), "removed")
    tokenizer.post_processor = processors.TemplateProcessing(
        "[BOS] $A [EOS]", special_tokens=[(name, ids[name]) for name in ("[BOS]", "[EOS]")]
    )
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        tokenizer_object=tokenizer,
        model_max_length=longest,
        unk_token="[UNK]",
        pad_token="[PAD]",
        bos_token="[BOS]",
        eos_token="[EOS]",
    ).save_pretrained(folder)

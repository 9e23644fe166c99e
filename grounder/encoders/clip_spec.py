"""The grammar of `open_clip:` names.

    open_clip:MODEL/TAG            weights by tag, from the local hub cache or the hub
    open_clip:MODEL/FILE           weights from a checkpoint; relative, or absolute after a double slash
    open_clip:local-dir:FOLDER     open_clip_config.json and weights in one folder
    …@int8 | @bf16 | @fp16 | @fp32   how the image tower computes; left out, the device decides

What follows MODEL is a FILE when it holds a slash or ends in .safetensors, .pt, .pth or .bin.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from grounder.errors import SpecError

Precision = Literal["int8", "bf16", "fp16", "fp32"]
PREFIX = "open_clip:"
FOLDER = "local-dir:"
ENDINGS = (".safetensors", ".pt", ".pth", ".bin")
PRECISIONS: tuple[Precision, ...] = get_args(Precision)


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """An `open_clip:` name, taken apart; exactly one of tag, file and folder is set."""

    model: str
    """An open_clip model name; for a folder, the folder's own name."""
    tag: str | None = None
    file: Path | None = None
    folder: Path | None = None
    precision: Precision | None = None
    """None: the device decides."""


def parse_clip_spec(text: str) -> ClipSpec:
    """Take an `open_clip:` name apart.

    Raises:
        SpecError: The name does not follow the grammar above.
    """
    body, precision = _split_precision(text.removeprefix(PREFIX))
    if body.startswith(FOLDER) and body != FOLDER:
        folder = Path(body.removeprefix(FOLDER)).expanduser()
        return ClipSpec(folder.resolve().name, folder=folder, precision=precision)
    model, _, weights = body.partition("/")
    if not text.startswith(PREFIX) or not model or not weights or model == FOLDER.rstrip(":"):
        raise SpecError(
            f"{text!r} names no open_clip model. Write open_clip:MODEL/TAG, open_clip:MODEL/FILE "
            "(two slashes before an absolute path) or open_clip:local-dir:FOLDER, "
            f"and after it, if you like, one of {', '.join('@' + p for p in PRECISIONS)}."
        )
    if "/" in weights or weights.endswith(ENDINGS):
        return ClipSpec(model, file=Path(weights).expanduser(), precision=precision)
    return ClipSpec(model, tag=weights, precision=precision)


def _split_precision(body: str) -> tuple[str, Precision | None]:
    rest, at, last = body.rpartition("@")
    for precision in PRECISIONS:
        if at and last == precision:
            return rest, precision
    return body, None

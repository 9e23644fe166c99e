"""Options that several subcommands share; each is spelt, explained and read from the environment once.

Defaults are given where the option is used: `encoder: EncoderOption = "auto"`.
"""

from pathlib import Path
from typing import Annotated

import typer

VideoArgument = Annotated[
    str, typer.Argument(metavar="VIDEO", help="A video file, or the id of an indexed one (`ls`).")
]
LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        envvar="WHENWHAT_LIBRARY",
        file_okay=False,
        help="Folder that holds the indexes.",
        show_default="the user's cache directory",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
EncoderOption = Annotated[
    str,
    typer.Option(
        "--encoder",
        envvar="WHENWHAT_ENCODER",
        help="auto, conse, or open_clip:MODEL/PRETRAINED (also a checkpoint path or local-dir:PATH).",
    ),
]
VlmOption = Annotated[
    str | None,
    typer.Option(
        "--vlm",
        envvar="WHENWHAT_VLM",
        help="hf:MODEL, vllm:MODEL, openai:MODEL@URL or scripted:FILE; plans, verifies and answers.",
        show_default="none: answers are extracts",
    ),
]
GrounderOption = Annotated[
    str,
    typer.Option(
        "--grounder",
        envvar="WHENWHAT_GROUNDER",
        help="auto (the --vlm if one is named, else retrieval), retrieval, or a model as in --vlm.",
    ),
]
DecoderOption = Annotated[
    str, typer.Option("--decoder", help="pyav, decord or torchcodec; never switched silently.")
]
DetectorOption = Annotated[
    str | None,
    typer.Option(
        "--detector",
        help="Scene cuts by adaptive, content, gradual or transnetv2.",
        show_default="as indexed before, else adaptive",
    ),
]
EngineOption = Annotated[
    str,
    typer.Option(
        "--engine", help="Who does the work: local (processes here) or ray (a Ray cluster)."
    ),
]
AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="HOST:PORT",
        help="Ray cluster; every node must see the videos under the same path, and have whenwhat.",
        show_default="RAY_ADDRESS, else a cluster on this machine",
    ),
]
GpusOption = Annotated[
    float,
    typer.Option("--gpus", min=0.0, help="GPUs of each Ray worker; 0.5: two share one."),
]

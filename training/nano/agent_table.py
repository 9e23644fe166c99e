"""The agent end to end on long videos: answers over frames from different places, and where moments are found.

python -m training.nano.agent_table runs/study    # what there is so far; training.nano.study runs the jobs
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from grounder.cli.main import run
from training.nano.agent_plan import FRAMES, LENGTHS, MODES, agent_folder

NAMES = dict(
    zip(
        MODES,
        ("uniform", "random span", "predicted", "predicted and around it", "true span"),
        strict=True,
    )
)
FOUND = {"retrieval": "nano CLIP alone", "agent": "with the nano grounder"}


def main(study: Annotated[Path, typer.Argument(help="Folder of the study.")]) -> None:
    """Print the accuracy of answers by where their frames come from, and mIoU with and without the grounder."""
    typer.echo(markdown(study))


def markdown(study: Path) -> str:
    """Return both tables, with what there is so far."""
    lines = [
        "| video | frames at most | from | questions | accuracy | Acc@GQA | IoP | frames | visual tokens | s |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(line for length in FRAMES for line in _answers(study, length)),
        "",
        "| video | found by | queries | R1@0.5 | mIoU |",
        "|---|---|---|---|---|",
        *(line for length in LENGTHS for line in _moments(study, length)),
    ]
    return "\n".join(lines)


def _answers(study: Path, length: int) -> Iterator[str]:
    file = agent_folder(study, "answers", length) / "table.json"
    if not file.is_file():
        return
    for line in json.loads(file.read_text(encoding="utf-8"))["lines"]:
        rates = " | ".join(_rate(line[name]) for name in ("accuracy", "acc_gqa", "iop"))
        place = NAMES[line["mode"]]
        used = " | ".join(f"{line[name]:.1f}" for name in ("frames", "visual_tokens", "seconds"))
        yield f"| {length} s | {line['budget']} | {place} | {line['questions']} | {rates} | {used} |"


def _moments(study: Path, length: int) -> Iterator[str]:
    for system, told in FOUND.items():
        file = agent_folder(study, system, length) / "scores.json"
        if file.is_file():
            values = json.loads(file.read_text(encoding="utf-8"))["tables"]["strict"]["values"]
            cells = " | ".join(_cell(values[name]) for name in ("R1@0.5", "mIoU"))
            yield f"| {length} s | {told} | {values['mIoU']['queries']} | {cells} |"


def _rate(rate: Mapping[str, Any]) -> str:
    low, high = rate["interval"]
    return f"{100 * rate['value']:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def _cell(value: Mapping[str, Any]) -> str:
    interval = value.get("interval")
    return f"{value['percent']:.1f}" + (
        f" [{interval[0]:.1f}, {interval[1]:.1f}]" if interval else ""
    )


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(_app, sys.argv[1:], name="python -m training.nano.agent_table")

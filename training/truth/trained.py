"""Built rows against true rows: how much worse is a grounder that was trained on what SceneTG made?

    python -m training.truth.trained FOLDER --model runs/study/sft          # kill it any time
    python -m training.truth.trained FOLDER --model runs/study/sft --list   # every command, in order

Both go on from the same weights for as many steps with as many rows of the same rendered videos, and are measured
on the same held-out ones. The describer is simulated (`training.truth.describer`).
"""

import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from grounder.cli.console import print_json, stoppable
from grounder.cli.main import run
from grounder.cli.options import JsonOption
from training.nano.study import run_jobs
from training.truth.trial import BUILT, TRUE, Trial, Verdict, jobs, read_verdict, settle

AIM = 3.0
"""Points of mIoU that may be lost (issue 4)."""


def main(
    folder: Annotated[Path, typer.Argument(help="Keeps everything.")],
    model: Annotated[
        Path, typer.Option("--model", help="Nano weights that both start from.")
    ] = Path("runs/study/sft"),
    videos: Annotated[int, typer.Option("--videos", min=1, help="To build rows of.")] = 100,
    held_out: Annotated[int, typer.Option("--held-out", min=2, help="To measure on.")] = 60,
    length: Annotated[float, typer.Option("--length", min=30, help="Seconds of each.")] = 45.0,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Of each training.")] = 300,
    mistakes: Annotated[
        float, typer.Option("--mistakes", min=0, max=100, help="Per cent, of the describer.")
    ] = 0.0,
    encoder: Annotated[
        str, typer.Option("--encoder", help="That SceneTG sees with.")
    ] = "open_clip:local-dir:training/nano/clip",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of both trainings.")] = 0,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Commands at a time.")] = 1,
    listed: Annotated[bool, typer.Option("--list", help="Print the commands and stop.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Train a grounder on built rows and one on true rows, and compare them on held-out videos."""
    trial = Trial(str(model), videos, held_out, length, steps, mistakes, encoder, seed)
    planned = jobs(folder, trial)
    if listed:
        for job in planned:
            typer.echo(f"{'done' if job.is_done() else '    '}  {shlex.join(job.words)}")
        return
    settle(folder, trial)
    with stoppable():
        run_jobs(planned, folder / "logs", workers)
    verdict = read_verdict(folder)
    if as_json:
        print_json({"status": "ok"} | asdict(verdict))
    else:
        typer.echo(markdown(verdict))


def markdown(verdict: Verdict) -> str:
    """Return both scores, their difference, and whether it is within the aim."""
    lines = ["| trained on | mIoU, % [95 %] |", "|---|---|"]
    for name, (value, (low, high)) in verdict.scores.items():
        lines.append(f"| {name} | {value:.1f} [{low:.1f}, {high:.1f}] |")
    gap = verdict.difference
    low, high = gap.interval
    told = "within" if gap.difference <= AIM else "more than"
    lines.append(
        f"\n{TRUE} - {BUILT}: {gap.difference:+.1f} [{low:+.1f}, {high:+.1f}] points, p {gap.chance:.3f}, "
        f"{gap.queries} queries; {told} {AIM:g}"
    )
    return "\n".join(lines)


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(_app, sys.argv[1:], name="python -m training.truth.trained")

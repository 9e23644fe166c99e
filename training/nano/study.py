"""The studies of RL on longer videos: which commands make one, which of them are done, and the table they give.

    python -m training.nano.study runs/study --list        # every command, in order
    python -m training.nano.study runs/study --workers 2   # run what is missing; kill it any time
    python -m training.nano.study runs/study --table       # what there is so far
    python -m training.nano.study runs/study --plan glances   # in runs/study/glances

Each job is one command of `whenwhat` that anybody can repeat by hand; a job is done when its folder says so.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from grounder.cli.console import print_note, print_warning, stoppable
from grounder.cli.main import run
from training.nano import glance_plan, plan
from training.nano.job import Job
from training.nano.table import markdown, read_systems


@dataclass(frozen=True, slots=True)
class Study:
    """What one of the studies does and compares."""

    home: str
    """Its folder inside the one that is named: several studies do not mix."""
    jobs: Callable[[Path, int], list[Job]]
    """Its commands, by its folder and how many runs of each variant there are to be."""
    systems: Callable[[int], dict[str, list[str]]]
    """What its table compares, each with the names of its runs."""
    lengths: tuple[int, ...]
    """Seconds of its test videos."""


PlanName = Literal["rewards", "glances"]
STUDIES: dict[PlanName, Study] = {
    "rewards": Study("", plan.jobs, plan.systems, plan.TESTED),
    "glances": Study("glances", glance_plan.jobs, glance_plan.systems, glance_plan.TESTED),
}


def main(
    folder: Annotated[Path, typer.Argument(help="Folder of the study.")],
    plan_name: Annotated[
        PlanName,
        typer.Option(
            "--plan",
            help="`rewards`: rewards and KL on exact labels; `glances`: one time of each moment.",
        ),
    ] = "rewards",
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Runs of each variant.")] = 3,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Jobs at a time.")] = 1,
    listed: Annotated[bool, typer.Option("--list", help="Print the commands and stop.")] = False,
    table: Annotated[bool, typer.Option("--table", help="Print the table and stop.")] = False,
) -> None:
    """Train the nano grounder in every variant and measure each on held-out videos of several lengths."""
    study = STUDIES[plan_name]
    folder /= study.home
    planned = study.jobs(folder, seeds)
    if listed:
        for job in planned:
            typer.echo(f"{'done' if job.is_done() else '    '}  {shlex.join(job.words)}")
        return
    if not table:
        with stoppable():
            run_jobs(planned, folder / "logs", workers)
    typer.echo(markdown(read_systems(folder, study.systems(seeds), study.lengths)))


def run_jobs(planned: Sequence[Job], logs: Path, workers: int) -> None:
    """Run what is not done, each when what it needs is; a job that fails stops those that need it, and no others."""
    logs.mkdir(parents=True, exist_ok=True)
    todo = [job for job in planned if not job.is_done()]
    running: dict[Future[int], Job] = {}
    failed: set[str] = set()
    with ThreadPoolExecutor(workers) as pool:
        while todo or running:
            names = {job.name for job in todo} | {job.name for job in running.values()} | failed
            ready = [job for job in todo if not names & set(job.needs)]
            for job in ready[: workers - len(running)]:
                todo.remove(job)
                print_note(f"{len(todo)} left; {job.name}: {shlex.join(job.words)}")
                running[pool.submit(_run, job, logs)] = job
            if not running:
                print_warning(
                    f"Left out, for what they need failed: {', '.join(j.name for j in todo)}"
                )
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job = running.pop(future)
                if future.result() != 0 or not job.is_done():
                    failed.add(job.name)
                    print_warning(f"{job.name} failed: see {logs / job.name}.log")


def _run(job: Job, logs: Path) -> int:
    """Run one command on one thread, what it says in a file of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with (logs / f"{job.name}.log").open("a") as log:
        words = [sys.executable, "-m", *job.words[2:]] if job.words[0] == "python" else job.words
        return subprocess.run(
            words, env=environment, stdout=log, stderr=log, check=False
        ).returncode


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(_app, sys.argv[1:], name="python -m training.nano.study")

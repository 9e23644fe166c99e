"""What the RL runs of the study logged as they went: groups without variance, entropies, KL.

python -m training.nano.curves runs/study --seeds 3 --picture curves.svg
"""

import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from grounder.cli.main import run
from grounder.writing import replacing
from training.checkpoints import last_checkpoint
from training.nano.commands import run_name
from training.nano.curve_chart import chart
from training.nano.plan import BEST, PENALTIES, VARIANTS

NAMES = {
    "frac_reward_zero_std": "groups without variance, %",
    "entropy_time": "entropy of time tokens",
    "entropy_other": "entropy of other tokens",
    "kl_time": "KL of time tokens",
    "kl_other": "KL of other tokens",
}
DRAWN = ("entropy_time", "entropy_other", "kl_time", "kl_other")
STEPS = 20
"""At each end of a run; the mean over them is told."""

Curve = list[tuple[int, float]]
"""(step, value)."""


def main(
    folder: Annotated[Path, typer.Argument(help="Folder of the study.")],
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Runs of each variant.")] = 3,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", dir_okay=False, help="Draw the KL variants' first runs: an SVG."),
    ] = None,
) -> None:
    """Tell of each variant what it logged in its first and its last twenty steps, as means over its runs."""
    typer.echo(markdown(folder, seeds))
    if picture is not None:
        with replacing(picture) as part:
            part.write_text(drawing(folder), encoding="utf-8")


def markdown(folder: Path, seeds: int) -> str:
    """Return one line for each variant that has been run."""
    lines = [f"| system | runs | {' | '.join(NAMES.values())} |", f"|---|---|{'---|' * len(NAMES)}"]
    for variant in VARIANTS:
        made = [curves(folder, run_name(variant, seed)) for seed in range(seeds)]
        if ran := [one for one in made if one]:
            cells = [_cell([one[key] for one in ran if key in one], key) for key in NAMES]
            lines.append(f"| {variant} | {len(ran)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def drawing(folder: Path) -> str:
    """Return the curves of the KL penalty's variants as an SVG, of those that have been run."""
    runs = {"kl-vocab+span": BEST, **{name: name for name in PENALTIES}}
    made = {name: curves(folder, run_name(variant, 0)) for name, variant in runs.items()}
    panels = {
        title: {name: lines[key] for name, lines in made.items() if lines.get(key)}
        for key, title in NAMES.items()
        if key in DRAWN
    }
    return chart({title: lines for title, lines in panels.items() if lines})


def curves(folder: Path, name: str) -> dict[str, Curve]:
    """Return what a run logged, by key; nothing where it has not been run."""
    checkpoint = last_checkpoint(folder / "models" / name)
    if checkpoint is None:
        return {}
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    logged = state["log_history"]
    return {
        key: [(entry["step"], entry[key]) for entry in logged if key in entry]
        for key in NAMES
        if any(key in entry for entry in logged)
    }


def _cell(runs: Sequence[Curve], key: str) -> str:
    if not runs:
        return "–"
    begun = [value for curve in runs for step, value in curve if step <= STEPS]
    ended = [value for curve in runs for step, value in curve if step > curve[-1][0] - STEPS]
    shares = key == "frac_reward_zero_std"
    told = [
        f"{100 * statistics.fmean(values):.0f}" if shares else f"{statistics.fmean(values):.3g}"
        for values in (begun, ended)
    ]
    return " → ".join(told)


def _app() -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command()(main)
    return app


if __name__ == "__main__":
    run(_app, sys.argv[1:], name="python -m training.nano.curves")

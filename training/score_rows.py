"""`whenwhat train score`: how hard rows are for a model, by rollouts; the filters of recipes choose rows by it."""

from pathlib import Path
from typing import Annotated

import typer

from grounder.cli.console import print_json, print_note, stoppable
from grounder.cli.options import JsonOption


def score(
    rows: Annotated[Path, typer.Argument(metavar="ROWS", help="JSONL rows.")],
    model: Annotated[
        str,
        typer.Option(
            "--model", help="hf:MODEL, vllm:MODEL, openai:MODEL@URL or scripted:FILE; tries them."
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "--out", help="File of the same rows with difficulty.")
    ],
    rollouts: Annotated[
        int, typer.Option("--rollouts", min=1, help="How often each row is tried.")
    ] = 4,
    temperature: Annotated[
        float,
        typer.Option("--temperature", min=0.0, help="How freely it replies; 0: always alike."),
    ] = 1.0,
    longer: Annotated[
        str,
        typer.Option("--longer", help="Videos too long for the model: refuse or spread frames."),
    ] = "refuse",
    seed: Annotated[int, typer.Option("--seed", help="Of the first try.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Let a model try every row several times; write the rows with `difficulty` (0: never found, 100: always).

    Repeat the command after any stop: what is scored is not asked again.
    """
    from training.longer import longer_of
    from training.rated import Asking, rate

    asking = Asking(model, rollouts, temperature, longer_of({"longer": longer}), seed)
    with stoppable():
        rated = rate(rows, output, asking)
    if as_json:
        print_json(
            {
                "status": "answered",
                "output": str(output),
                "rows": rated.rows,
                "scored": rated.scored,
                "asked": rated.asked,
                "difficulty": rated.difficulty,
            }
        )
        return
    print_note(
        f"{rated.scored} of {rated.rows} rows in {output} have their difficulty, {rated.difficulty:.1f} on average."
    )

"""Options of every command that reads the labels of a benchmark."""

from pathlib import Path
from typing import Annotated

import typer

AnnotationsOption = Annotated[
    Path | None,
    typer.Option("--annotations", help="The labels.", show_default="in the folder of benchmarks"),
]
CompanionOption = Annotated[
    Path | None,
    typer.Option("--companion", help="Second file of labels, where a benchmark has two."),
]
TrainLabelsOption = Annotated[
    Path | None,
    typer.Option("--train", help="Labels of the training set, for the mean-span baseline."),
]

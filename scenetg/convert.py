"""`whenwhat convert`: labelled rows from one format to another, with nothing lost and nothing bent."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grounder.cli.console import (
    EXIT_ERROR,
    print_error,
    print_json,
    print_warning,
    printable,
    stdout,
)
from grounder.cli.options import JsonOption

if TYPE_CHECKING:
    from grounder.sample import Sample
    from scenetg.formats import Format, Refused

OWN = "whenwhat"
"""Our own rows, as `whenwhat scenetg` writes and `whenwhat train` reads them."""
PARQUET = ".parquet"
TOLD = 5
"""Refused rows that are told one by one; `--json` tells all."""

Rows = tuple[list["Sample"], list["Refused"]]


def convert(
    source: Annotated[
        Path,
        typer.Argument(metavar="IN", exists=True, dir_okay=False, help="File of labelled rows."),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", dir_okay=False, help="File to write.")],
    origin: Annotated[
        str,
        typer.Option(
            "--from", metavar="FORMAT", help="Of IN: charades-sta, time-r1, …; ? lists them all."
        ),
    ] = OWN,
    target: Annotated[
        str, typer.Option("--to", metavar="FORMAT", help="Of OUT: one that trainers read.")
    ] = OWN,
    companion: Annotated[
        Path | None,
        typer.Option(
            "--companion",
            exists=True,
            dir_okay=False,
            help="Second file of labels: charades-sta's csv of lengths, nextgqa's gsub json.",
        ),
    ] = None,
    videos: Annotated[
        str | None,
        typer.Option(
            "--videos",
            help="Folder of the videos, or a pattern of their paths such as films/{}.mp4; lengths that "
            "the labels do not tell are measured there.",
            show_default="paths as in IN",
        ),
    ] = None,
    split: Annotated[
        str, typer.Option("--split", help="Of rows that do not name their own.")
    ] = "train",
    as_json: JsonOption = False,
) -> None:
    """Convert labelled rows. A row that OUT's format cannot hold is told with the reason, never bent.

    The format whenwhat is our own: JSONL, or Parquet where the name of the file ends in .parquet.
    """
    reader, writer = _format(origin), _format(target)
    samples, refused = _read(reader, source, split, companion, videos)
    lost = _write(writer, out, samples) if samples else []
    written = len(samples) - len(lost)
    if as_json:
        told = [{"place": one.place, "reason": one.reason} for one in (*refused, *lost)]
        print_json({"file": str(out), "format": target, "rows": written, "refused": told})
    else:
        _tell([*refused, *lost])
        stdout().print(printable(f"{written} rows in {out}"), markup=False, soft_wrap=True)
    if not written and (refused or lost):
        print_error("No row could be converted. Each has its reason; see above.")
        raise typer.Exit(EXIT_ERROR)


def _format(name: str) -> "Format | None":
    """Return a format by name; None: our own."""
    from grounder.errors import SpecError
    from scenetg.formats import FORMATS

    if name == OWN:
        return None
    if name not in FORMATS:
        both = ", ".join(key for key, form in FORMATS.items() if form.row_of is not None)
        only = ", ".join(key for key, form in FORMATS.items() if form.row_of is None)
        raise SpecError(
            f"No format is called {name!r}. Read and written are {OWN}, {both}; read are {only}."
        )
    return FORMATS[name]


def _read(
    form: "Format | None", path: Path, split: str, companion: Path | None, videos: str | None
) -> Rows:
    from grounder.errors import DatasetError
    from scenetg.formats import import_samples
    from scenetg.formats.videos import locator, measure

    locate: Callable[[str], str] = str if videos is None else locator(videos)
    if form is None:
        return _located(_own_rows(path), locate)
    samples, refused = import_samples(
        form,
        path,
        split=split,
        companion=companion,
        locate=locate,
        measure=None if videos is None else measure,
    )
    if not samples and not refused:
        raise DatasetError(f"{path} holds no row. Check that it is the file you meant.")
    return samples, refused


def _own_rows(path: Path) -> "list[Sample]":
    from grounder.sample import read_samples
    from scenetg.output.parquet import check_parquet, read_parquet

    if path.suffix != PARQUET:
        return list(read_samples(path))
    check_parquet()
    return list(read_parquet(path))


def _located(samples: "Sequence[Sample]", locate: Callable[[str], str]) -> Rows:
    from dataclasses import replace

    from scenetg.formats import Refused

    found, refused = [], []
    for sample in samples:
        try:
            found.append(replace(sample, video=locate(sample.video)))
        except ValueError as error:
            refused.append(Refused(sample.id, str(error)))
    return found, refused


def _write(form: "Format | None", path: Path, samples: "Sequence[Sample]") -> "list[Refused]":
    from grounder.sample import write_samples
    from scenetg.formats import export_samples
    from scenetg.output.parquet import check_parquet, write_parquet

    if form is not None:
        return export_samples(form, path, samples)
    if path.suffix == PARQUET:
        check_parquet()
        write_parquet(path, samples)
    else:
        write_samples(path, samples)
    return []


def _tell(refused: "Sequence[Refused]") -> None:
    for one in refused[:TOLD]:
        print_warning(f"{one}")
    if (more := len(refused) - TOLD) > 0:
        print_warning(f"{more} more rows were left out; --json tells each.")

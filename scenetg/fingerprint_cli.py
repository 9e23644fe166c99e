"""`whenwhat fingerprint`: hashes of an evaluation set's pictures, to be held against without its videos."""

from pathlib import Path
from typing import Annotated

import typer

from grounder.cli.console import (
    print_json,
    print_warning,
    printable,
    progress_bar,
    stdout,
    stoppable,
)
from grounder.cli.options import JsonOption


@stoppable()
def fingerprint(
    videos: Annotated[
        list[Path], typer.Argument(metavar="VIDEOS…", help="Video files, or folders of them.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", dir_okay=False, help="The list.")],
    name: Annotated[
        str | None,
        typer.Option("--name", help="Of the evaluation set.", show_default="that of the file"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List hashes of videos for `whenwhat scenetg --against FILE`; no picture can be made from them."""
    from grounder.errors import BuildError, VideoError
    from scenetg.line.sources import find_files
    from scenetg.overlap.hashing import fingerprint as hashed
    from scenetg.overlap.listing import write_list

    files = find_files(videos)
    found = []
    with progress_bar("fingerprint", total=len(files), unit="videos") as update:
        for number, file in enumerate(files, start=1):
            try:
                found.append(hashed(file))
            except VideoError as error:
                print_warning(f"{error} It is left out; the rest goes on.")
            update(number)
    if not found:
        raise BuildError("No video could be read, so there is no list. Each has its reason above.")
    count = write_list(out, name or out.stem, found)
    if as_json:
        print_json({"file": str(out), "videos": count, "left_out": len(files) - count})
    else:
        stdout().print(printable(f"{count} videos in {out}"), markup=False, soft_wrap=True)

"""Run every check on every clip with every decoder, and print as Markdown how many each passes."""

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path

from grounder.errors import MissingDependency, VideoError
from grounder.video import Video
from grounder.video.decoders import DECODERS, load_decoder
from tests.conformance.checks import CHECKS
from tests.conformance.clips import CLIPS
from tests.conformance.deviations import DEVIATIONS
from tests.video_factory import timed_video


def main() -> None:
    """Write the table to the terminal; known deviations carry their reason from `deviations.py`."""
    argparse.ArgumentParser(
        prog="python -m tests.conformance.report", description=__doc__
    ).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = {
            name: timed_video(Path(folder) / f"{name}{clip.suffix}", clip)
            for name, clip in CLIPS.items()
        }
        print("| decoder | checks passed | deviations |\n|---|---|---|")  # noqa: T201 # talks to a person
        for decoder in DECODERS:
            print(row(decoder, paths))  # noqa: T201


def row(decoder: str, paths: Mapping[str, Path]) -> str:
    """Return one line of the table; a decoder that cannot be loaded says why."""
    try:
        load_decoder(decoder)
    except MissingDependency as error:
        return f"| {decoder} | not run | {error} |"
    passed = [
        (clip, check) for clip in CLIPS for check in CHECKS if conforms(decoder, clip, check, paths)
    ]
    known = [
        f"{', '.join(found.clips)}: {found.reason}"
        for found in DEVIATIONS
        if found.decoder == decoder
    ]
    every = len(CLIPS) * len(CHECKS)
    return f"| {decoder} | {len(passed)} of {every} | {'; '.join(known) or 'none'} |"


def conforms(decoder: str, clip: str, check: str, paths: Mapping[str, Path]) -> bool:
    """Tell whether one check passes."""
    try:
        with Video.open(paths[clip], decoder=decoder) as video:
            CHECKS[check](video, CLIPS[clip])
    except (AssertionError, ValueError, VideoError):
        return False
    return True


if __name__ == "__main__":
    main()

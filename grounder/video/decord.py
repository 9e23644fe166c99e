"""The decord decoder: optional, kept because much of the field's data was sampled through it."""

from pathlib import Path

from grounder.errors import MissingDependency, VideoError
from grounder.video.counted import CountedDecoder, Picture
from grounder.video.probe import Probe

try:
    import decord
except ImportError as error:
    raise MissingDependency(
        "The decoder `decord` was asked for, but the package is not installed. "
        "Install it with `uv pip install decord`, or use the decoder `pyav`."
    ) from error


def open_decord(path: Path, probe: Probe) -> CountedDecoder:
    """Open a file with decord; what it gets wrong is stated in the conformance suite."""
    # Its FFmpeg 4 is opened on a file that has passed the gate of `probe`, never before.
    try:
        reader = decord.VideoReader(str(path.absolute()), num_threads=1)
    except (decord.DECORDError, RuntimeError) as error:
        raise VideoError(
            f"decord cannot open {path} ({probe.facts.codec} in {probe.facts.container}). "
            "Use the decoder `pyav`."
        ) from error

    def picture(number: int) -> Picture:
        found: Picture = reader[number].asnumpy()
        return found

    failures = (decord.DECORDError, IndexError, RuntimeError)
    return CountedDecoder("decord", path, probe, picture, failures=failures, counts_hidden=True)

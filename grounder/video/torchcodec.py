"""The torchcodec decoder: optional; needs FFmpeg's shared libraries from the system."""

from pathlib import Path

from grounder.errors import MissingDependency, VideoError
from grounder.video.counted import CountedDecoder, Picture
from grounder.video.probe import Probe

MISSING = (
    "The decoder `torchcodec` was asked for, but it cannot be loaded. Install the package "
    "(`uv pip install torchcodec`) and FFmpeg (`apt install ffmpeg`), or use `pyav`."
)

try:
    from torchcodec import ffmpeg_major_version  # type: ignore[attr-defined] # re-exported in fact
    from torchcodec.decoders import VideoDecoder  # type: ignore[attr-defined] # re-exported in fact
except (ImportError, RuntimeError) as error:
    raise MissingDependency(MISSING) from error
if ffmpeg_major_version is None:  # since 0.17 it can be imported without FFmpeg, for pictures
    raise MissingDependency(MISSING)


def open_torchcodec(path: Path, probe: Probe) -> CountedDecoder:
    """Open a file with torchcodec; what it gets wrong is stated in the conformance suite."""
    try:
        reader = VideoDecoder(str(path.absolute()), dimension_order="NHWC")
    except (RuntimeError, ValueError) as error:
        raise VideoError(
            f"torchcodec cannot open {path} ({probe.facts.codec} in {probe.facts.container}). "
            "Use the decoder `pyav`."
        ) from error

    def picture(number: int) -> Picture:
        found: Picture = reader.get_frame_at(number).data.numpy()
        return found

    failures = (RuntimeError, IndexError)
    return CountedDecoder(
        "torchcodec", path, probe, picture, failures=failures, counts_hidden=False
    )

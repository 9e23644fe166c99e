"""The timestamp conformance suite: is the picture a decoder returns the one of the time it says?

Every picture of every clip (`clips.py`) has its own presentation time burnt into its pixels as a
barcode that a turned, torn or blended picture does not survive. The checks (`checks.py`) read
clips in all the ways the product does, and compare three times: the one that was asked for, the
one the decoder reports, and the one in the pixels.

To run it for a new decoder: write a class with the methods of `grounder.video.decoder.Decoder`,
add its name to `grounder.video.decoders.DECODERS`, and run

    pytest tests/conformance -k NAME

Whatever it gets wrong and cannot mend goes into `deviations.py` with the reason.
`python -m tests.conformance.report` prints the result as a table.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from grounder.errors import MissingDependency, VideoError
from grounder.video import Video
from grounder.video.decoders import DECODERS, load_decoder
from tests.conformance.checks import CHECKS
from tests.conformance.clips import CLIPS
from tests.conformance.deviations import deviation


def _cases() -> Sequence[object]:
    cases = []
    for decoder in DECODERS:
        for clip in CLIPS:
            for check in CHECKS:
                reason = deviation(decoder, clip, check)
                known = (AssertionError, ValueError, VideoError)
                marks = [] if reason is None else [pytest.mark.xfail(reason=reason, raises=known)]
                name = f"{decoder}-{clip}-{check}".replace(" ", "-")
                cases.append(pytest.param(decoder, clip, check, id=name, marks=marks))
    return cases


@pytest.fixture(autouse=True)
def _installed(decoder: str) -> None:
    """Skip what cannot be loaded here: torchcodec needs FFmpeg's libraries from the system."""
    try:
        load_decoder(decoder)
    except MissingDependency as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(("decoder", "clip", "check"), _cases())
def test_pictures_show_the_times_they_are_returned_for(
    decoder: str, clip: str, check: str, clip_path: Callable[[str], Path]
) -> None:
    with Video.open(clip_path(clip), decoder=decoder) as video:
        CHECKS[check](video, CLIPS[clip])


@pytest.mark.parametrize("decoder", DECODERS)
def test_opened_video_says_which_decoder_reads_it(
    decoder: str, clip_path: Callable[[str], Path]
) -> None:
    with Video.open(clip_path("h264"), decoder=decoder) as video:
        assert video.decoder_name == decoder

"""Truncated and damaged files through every decoder: true pictures, or an error that says why."""

from pathlib import Path

import pytest

from grounder.errors import MissingDependency, VideoError
from grounder.video import Video
from grounder.video.decoders import DECODERS, load_decoder
from tests.video_factory import Clip, cut_file, read_barcode, timed_video

CLIP = Clip(range(150), options={"preset": "veryfast", "g": "12", "bf": "2"})
MUXERS = {".mp4": {"movflags": "faststart"}, ".mkv": {}}
# decord reads the index to the end of the file before anything else.
REFUSED = {("decord", ".mp4")}


@pytest.mark.parametrize("suffix", MUXERS)
@pytest.mark.parametrize("decoder", DECODERS)
def test_truncated_file_gives_true_pictures_or_is_refused(
    decoder: str, suffix: str, tmp_path: Path
) -> None:
    try:
        load_decoder(decoder)
    except MissingDependency as error:
        pytest.skip(str(error))
    clip = Clip(CLIP.ticks, options=CLIP.options, muxer=MUXERS[suffix], suffix=suffix)
    path = cut_file(timed_video(tmp_path / f"w{suffix}", clip), tmp_path / f"c{suffix}", keep=0.6)
    if (decoder, suffix) in REFUSED:
        with pytest.raises(VideoError, match="cannot open"):
            Video.open(path, decoder=decoder)
        return
    with Video.open(path, decoder=decoder) as video:
        times = [video.duration * part / 20 for part in range(20)]
        for time, (image, shown) in zip(times, video.frames(times), strict=True):
            assert abs(read_barcode(image) - shown) < 0.0016
            assert time - 0.042 < shown <= time + 1e-6
        scanned = [(f.time, read_barcode(f.rgb(video.facts.size))) for f in video.scan()]
        assert len(scanned) > 50
        assert all(abs(time - burnt) < 0.0016 for time, burnt in scanned)
        assert "cut off" in video.warnings[0]

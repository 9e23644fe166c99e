"""Encoding: a world as an H.264 file, and its dialogue as an `.srt`."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from grounder.timetext import timecode
from grounder.video.decoder import Size
from grounder.writing import replacing
from scenetg.world.render import check_size, picture
from scenetg.world.script import World

DEFAULT_SIZE = Size(640, 360)
DEFAULT_RATE = 10


def write_video(
    world: World,
    path: Path,
    *,
    size: Size = DEFAULT_SIZE,
    rate: int = DEFAULT_RATE,
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Render a world into an `.mp4`; the file appears only when it is complete.

    Args:
        world: What to render.
        path: Where to; its folder exists.
        size: In pixels, both sides even, of the world's aspect.
        rate: Frames per second; frame k shows the world at k / rate.
        progress: Told now and then how many frames are done.

    Raises:
        ValueError: an odd size, or one of another aspect than the world's.
    """
    import av

    check_size(world, size)
    if size.width % 2 or size.height % 2:
        raise ValueError(f"{size.width}x{size.height}: H.264 needs even sides.")
    with replacing(path) as part, av.open(str(part), "w", format="mp4") as output:
        # Without lookahead and threads the same pictures give the same bytes.
        options = {"preset": "superfast", "crf": "21", "g": str(2 * rate), "rc-lookahead": "0"}
        stream = output.add_stream("libx264", rate=rate, options=options)
        stream.codec_context.thread_count = 1
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(round(world.duration * rate)):
            shown = av.VideoFrame.from_ndarray(picture(world, number / rate, size), format="rgb24")
            shown.pts, shown.time_base = number, Fraction(1, rate)
            output.mux(stream.encode(shown))
            if progress is not None and number % 100 == 0:
                progress(number)
        output.mux(stream.encode(None))
    return path


def write_dialogue(world: World, path: Path) -> Path:
    """Write what is said as SubRip."""
    blocks = [
        f"{number}\n{_srt_time(remark.span.start)} --> {_srt_time(remark.span.end)}\n"
        f"{remark.speaker}: {remark.text}\n"
        for number, remark in enumerate(world.remarks, start=1)
    ]
    path.write_text("\n".join(blocks), encoding="utf-8")
    return path


def _srt_time(seconds: float) -> str:
    return timecode(seconds).replace(".", ",")  # SubRip writes the decimal comma

"""Evidence as files: clips and thumbnails, written whole or not at all."""

from pathlib import Path

from grounder.errors import VideoError
from grounder.span import Span
from grounder.video import Video
from grounder.writing import replacing

PICTURES = frozenset({".jpg", ".jpeg", ".png"})


def cut_clip(video_path: Path | str, span: Span, destination: Path, *, exact: bool) -> Span:
    """Write `span` of a video to `destination` and return the stretch that was really written.

    Args:
        video_path: The source.
        span: Seconds of the whole video; the part inside the video is cut.
        destination: Its suffix (.mp4, .mkv, .mov, .webm) decides the container.
        exact: True decodes and encodes again (H.264, AAC), from the picture on screen at the
            start; False copies the streams, fast and without loss, from the keyframe before.

    Raises:
        VideoError: the span lies outside the video, or the streams do not fit the container.
    """
    from grounder.clips import copy_clip, encode_clip

    with Video.open(video_path) as video:
        inside = span.clip(video.span)
        if inside is None:
            raise VideoError(
                f"{video_path} has no stretch {span.start:.3f}-{span.end:.3f} s: it goes from 0 to "
                f"{video.duration:.3f} s."
            )
        with replacing(Path(destination)) as part:
            return encode_clip(video, inside, part) if exact else copy_clip(video, inside, part)


def save_thumbnail(video: Video, time: float, destination: Path) -> None:
    """Write the picture on screen at `time` (seconds) as JPEG or PNG, by the suffix.

    Raises:
        VideoError: `time` lies beyond the video.
        ValueError: the suffix is neither.
    """
    from PIL import Image

    destination = Path(destination)
    if destination.suffix.lower() not in PICTURES:
        raise ValueError(
            f"{destination} is no picture name. End it in {', '.join(sorted(PICTURES))}."
        )
    frames = video.frames([time])
    with replacing(destination) as part:
        Image.fromarray(frames.images[0]).save(part, quality=90)

"""Clips and thumbnails of the evidence, for people who want to see for themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile

from agent.answer import Answer, Evidence
from grounder.errors import VideoError
from grounder.export import cut_clip, save_thumbnail
from grounder.video import Video


def cut_evidence(answer: Answer, video: Video, folder: Path) -> Answer:
    """Cut each piece of evidence into `folder` and return the answer with the files' names in it.

    Raises:
        VideoError: a clip cannot be cut or written.
    """
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        return replace(answer, evidence=tuple(_cut(row, video, folder) for row in answer.evidence))


def make_folder(folder: Path) -> None:
    """Make the folder of the clips before the work begins that they show.

    Raises:
        VideoError: nothing can be written there.
    """
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn what the disk says into a VideoError."""
    try:
        yield
    except OSError as error:
        raise VideoError(
            f"Clips cannot be written to {folder}: {error.strerror}. Name a folder on a disk with "
            "space where you may write."
        ) from error


def _cut(row: Evidence, video: Video, folder: Path) -> Evidence:
    # Names are made of our own numbers: nothing of the video's name or text reaches a path.
    name = f"{row.rank:02d}_{row.span.start:.2f}-{row.span.end:.2f}"
    clip, thumbnail = folder / f"{name}.mp4", folder / f"{name}.jpg"
    cut_clip(video.path, row.span, clip, exact=True)
    save_thumbnail(video, row.span.centre, thumbnail)
    return replace(row, clip=str(clip), thumbnail=str(thumbnail))

"""Brings the stored transcripts of a video up to date with its sidecar files and streams."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from grounder.errors import TranscriptError
from grounder.library import Library
from grounder.library.sentences import SentenceEncoder
from grounder.library.transcripts import Source
from grounder.transcript import Transcript, read_embedded, read_subtitles, sidecars
from grounder.video import VideoFacts

_STREAM = "stream:"


def read_streams(library: Library, video_id: str, path: Path, facts: VideoFacts) -> None:
    """Store the text subtitles inside the file; those that are known cannot have changed."""
    known = library.transcripts.sources(video_id)
    for stream in facts.subtitle_streams:
        source = Source(f"{_STREAM}{stream}", 0, 0)
        if source not in known:
            _store(library, video_id, source, partial(read_embedded, path, stream))


def read_sidecars(library: Library, video_id: str, path: Path) -> None:
    """Store new and changed subtitle files beside this path of the video, forget all others.

    A copy elsewhere may have other ones: what counts is the path that is asked about, now. Reading
    them anew is cheap, and the visual track is not touched.
    """
    known = library.transcripts.sources(video_id)
    present = {_source(file): file for file in sidecars(path)}
    for source, file in present.items():
        if source not in known:
            _store(library, video_id, source, partial(read_subtitles, file))
    names = {source.name for source in present}
    gone = {s for s in known if not s.name.startswith(_STREAM) and s.name not in names}
    if gone:
        library.transcripts.forget(video_id, gone)


def _store(library: Library, video_id: str, source: Source, read: Callable[[], Transcript]) -> None:
    """Store what can be read; a subtitle file that cannot costs a warning, not the video."""
    try:
        transcript = read()
    except TranscriptError as error:
        transcript = Transcript((), (str(error),))
    encoder = SentenceEncoder()
    vectors = encoder.encode([line.text for line in transcript.lines])
    library.transcripts.store(video_id, source, transcript, vectors=vectors, encoder=encoder.name)


def _source(file: Path) -> Source:
    file = file.resolve()
    status = file.stat()
    return Source(str(file), status.st_size, status.st_mtime_ns)

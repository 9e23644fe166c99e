"""Subtitles beside or inside a video, as lines of text with their spans.

Subtitle files are untrusted: sizes are limited, patterns are bounded, and text stays data.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grounder.errors import TranscriptError
from grounder.span import Span

if TYPE_CHECKING:
    from av.packet import Packet
    from av.subtitles.stream import SubtitleStream

SUFFIXES = (".srt", ".vtt")
# `film.srt`, `film.en.srt`, `film.pt-BR.forced.vtt`; not `film.part2.srt`, which is another film's.
LANGUAGE = re.compile(
    r"(\.[a-z]{2,3}([-_][a-z0-9]{2,8}){0,2})?(\.(forced|sdh|cc|hi|default|auto))?", re.IGNORECASE
)
MAX_BYTES = 16 * 1024**2
"""A ten-hour film with subtitles on every second is below 4 MB."""
MAX_LINES = 200_000
MAX_CHARACTERS = 2_000
"""Of one line."""
ROLLING_GAP = 0.3
"""Seconds between two cues of a rolling caption, which shows its last row again."""

BLANK_LINES = re.compile(r"\n[ \t]*(?=\n[ \t]*\n)")
NEGATIVE_TIME = re.compile(r"-\d{1,4}:[\d:.,]{1,14}(?= *-->)|(?<=--> )-\d{1,4}:[\d:.,]{1,14}")
INLINE_TIME = re.compile(r"<\d[\d:.]{0,20}>")
MARKUP = re.compile(r"<[^<>]{0,200}>|\{\\[^{}]{0,200}\}")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said or shown as text."""

    span: Span
    """Seconds of the whole video."""
    text: str
    """Plain, on one row, without formatting; never empty."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """The lines of one subtitle file or stream."""

    lines: tuple[Line, ...]
    """In order of start; rolling captions are told once."""
    warnings: tuple[str, ...]
    """What was repaired or left out, for the user."""


@dataclass(frozen=True, slots=True)
class _Cue:
    start: float
    end: float
    rows: tuple[str, ...]


def sidecars(path: Path) -> list[Path]:
    """Return the subtitle files beside a video, sorted: same stem, with or without a language."""
    path = path.absolute()
    return sorted(
        file
        for file in path.parent.iterdir()
        if file.suffix.lower() in SUFFIXES
        and file.name.startswith(path.stem)
        and LANGUAGE.fullmatch(file.stem[len(path.stem) :])
        and file.is_file()
    )


def read_subtitles(path: Path) -> Transcript:
    """Read a `.srt` or `.vtt` file.

    Raises:
        TranscriptError: it cannot be read, is too large, or holds no subtitles.
    """
    content, warnings = _decode(path, _read_bytes(path))
    text = content.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        return Transcript((), (*warnings, f"{path} is empty: it has no lines."))
    text, negative = NEGATIVE_TIME.subn("00:00:00.000", text)
    lines, repairs = _lines(list(_parse(path, text)))
    if negative:
        repairs.append(f"{negative} times before the start of the video were taken as its start.")
    return Transcript(lines, tuple(warnings + [f"{path}: {repair}" for repair in repairs]))


def read_embedded(path: Path, stream: int) -> Transcript:
    """Read the text subtitles in stream number `stream` of a video, on the video's own clock.

    Raises:
        TranscriptError: there is no such stream, or it holds pictures instead of text.
        VideoError: the file cannot be opened.
    """
    from grounder.video.limits import Limits
    from grounder.video.probe import TEXT_SUBTITLES, open_container, probe

    origin = probe(path, Limits()).clock.origin
    with open_container(path) as container:
        streams = {found.index: found for found in container.streams.subtitles}
        texts = [i for i, s in streams.items() if s.codec_context.name in TEXT_SUBTITLES]
        if stream not in texts:
            raise TranscriptError(
                f"{path} has no text subtitles in stream {stream}. Streams with text: "
                f"{texts or 'none'}; subtitles stored as pictures cannot be read."
            )
        cues, unreadable = _embedded_cues(container.demux(streams[stream]), origin)
    lines, repairs = _lines(cues)
    if unreadable:
        repairs.append(f"{unreadable} damaged subtitles were left out.")
    return Transcript(lines, tuple(f"{path}, stream {stream}: {repair}" for repair in repairs))


def _read_bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise TranscriptError(f"{path} is no file. Name a .srt or .vtt file.")
        if (size := path.stat().st_size) > MAX_BYTES:
            raise TranscriptError(
                f"{path} has {size} bytes, the limit for subtitles is {MAX_BYTES}. "
                "Part the file, or remove what is no subtitle."
            )
        return path.read_bytes()
    except OSError as error:
        raise TranscriptError(
            f"Cannot read {path}: {error.strerror}. Make the file readable."
        ) from error


def _decode(path: Path, content: bytes) -> tuple[str, list[str]]:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if not content.startswith(mark):
            continue
        try:
            return _without_nulls(path, content.decode(encoding)), []
        except UnicodeDecodeError:
            continue
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise TranscriptError(
            f"{path} is neither UTF-8, UTF-16 nor Windows-1252 text. Save it as UTF-8."
        ) from error
    warning = (
        f"{path} is no UTF-8 text; it was read as Windows-1252, so some letters may be wrong. "
        "Save it as UTF-8."
    )
    return _without_nulls(path, text), [warning]


def _without_nulls(path: Path, text: str) -> str:
    if "\x00" in text:
        raise TranscriptError(f"{path} is binary data, no subtitle text. Name a .srt or .vtt file.")
    return text


def _parse(path: Path, text: str) -> Iterator[_Cue]:
    from pysubs2 import SSAFile

    is_vtt = text.lstrip().startswith("WEBVTT")
    # Karaoke stamps inside a cue would be taken for the times of a new one.
    text = INLINE_TIME.sub("", BLANK_LINES.sub("", text))
    events = SSAFile.from_string(
        text, format_="vtt" if is_vtt else "srt", keep_html_tags=True
    ).events
    if not events and not is_vtt:
        raise TranscriptError(
            f"{path} holds no subtitles: no row like '00:00:01,000 --> 00:00:02,500' was found. "
            "Name a .srt or .vtt file."
        )
    if len(events) > MAX_LINES:
        raise TranscriptError(
            f"{path} holds {len(events)} subtitles, the limit is {MAX_LINES}. Part the file."
        )
    for event in events:
        # Comments and cue names follow a blank row, and WebVTT text never holds one.
        said = event.text.split(r"\N\N")[0] if is_vtt else event.text
        yield _Cue(event.start / 1000, event.end / 1000, _rows(said))


def _embedded_cues(
    packets: "Iterator[Packet[SubtitleStream]]", origin: float
) -> tuple[list[_Cue], int]:
    from av.error import FFmpegError
    from av.subtitles.subtitle import AssSubtitle

    cues: list[_Cue] = []
    unreadable = 0
    for packet in packets:
        if packet.pts is None or packet.time_base is None or not packet.duration:
            continue
        start = float(packet.pts * packet.time_base) - origin
        end = start + float(packet.duration * packet.time_base)
        try:
            texts = [rect.dialogue for rect in packet.decode() if isinstance(rect, AssSubtitle)]
        except FFmpegError:
            unreadable += 1
            continue
        rows = tuple(row for text in texts for row in _rows(text.decode(errors="replace")))
        cues.append(_Cue(start, end, rows))
        if len(cues) >= MAX_LINES:
            break
    return cues, unreadable


def _rows(text: str) -> tuple[str, ...]:
    """Return the rows of a cue as plain text (SubStation breaks rows by backslash and N)."""
    plain = MARKUP.sub("", text[:MAX_CHARACTERS]).replace(r"\h", " ")
    rows = re.split(r"\\N|\\n|\n", plain)
    return tuple(filter(None, (" ".join(html.unescape(row).split()) for row in rows)))


def _lines(cues: Sequence[_Cue]) -> tuple[tuple[Line, ...], list[str]]:
    """Return lines in order, rolling captions told once, and what had to be left out."""
    usable = [cue for cue in cues if 0 <= cue.start < cue.end]
    early = [cue for cue in cues if cue.start < 0 < cue.end]
    repairs = []
    if left_out := len(cues) - len(usable) - len(early):
        repairs.append(
            f"{left_out} subtitles that end before they begin, or last no time, were left out."
        )
    if early:
        repairs.append(
            f"{len(early)} subtitles that begin before the video were cut to begin with it."
        )
    usable += [_Cue(0.0, cue.end, cue.rows) for cue in early]
    return tuple(_told_once(sorted(usable, key=lambda cue: (cue.start, cue.end)))), repairs


def _told_once(cues: Sequence[_Cue]) -> list[Line]:
    lines: list[Line] = []
    shown: tuple[str, ...] = ()
    shown_until = float("-inf")
    for cue in cues:
        repeated = _shared(shown, cue.rows) if cue.start - shown_until <= ROLLING_GAP else 0
        fresh = cue.rows[repeated:]
        if fresh:
            lines.append(Line(Span(cue.start, cue.end), " ".join(fresh)))
        elif repeated:
            last = lines[-1]
            lines[-1] = Line(Span(last.span.start, max(last.span.end, cue.end)), last.text)
        if cue.rows:
            shown, shown_until = cue.rows, max(cue.end, shown_until)
    return lines


def _shared(before: tuple[str, ...], after: tuple[str, ...]) -> int:
    """Return how many rows at the end of `before` are shown again at the head of `after`."""
    lengths = range(min(len(before), len(after)), 0, -1)
    return next((n for n in lengths if before[-n:] == after[:n]), 0)

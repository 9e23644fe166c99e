"""How long a file says it is, from its outermost structure alone: tells a broken download at once."""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

SEGMENT = 0x18538067  # Matroska: the element that holds everything but the header
# A day of fragments half a second long has fewer; a file of empty boxes must not take for ever.
MAX_BOXES = 500_000
EBML = b"\x1a\x45\xdf\xa3"


@dataclass(frozen=True, slots=True)
class Structure:
    """What the outermost parts of a file say."""

    declared_bytes: int | None = None
    """Where the last part ends by its own account; None when the format does not tell."""
    whole_bytes: int | None = None
    """Where the last whole part ends, if what is cut is the index of a fragment (MP4 `moof`)."""
    has_index: bool = True
    """False for an MP4 without its `moov` box: no picture in it can be found."""


def read_structure(path: Path) -> Structure:
    """Read the outermost structure of an MP4, Matroska or AVI file; of others nothing is known."""
    with path.open("rb") as file:
        head = file.read(12)
        file.seek(0)
        if head[4:8] in (b"ftyp", b"styp", b"moov", b"mdat", b"wide", b"free", b"skip"):
            return _boxes(file)
        if head[:4] == EBML:
            return Structure(_segment_end(file))
        if head[:4] == b"RIFF":
            return Structure(_riff_end(file))
    return Structure()


def _boxes(file: BinaryIO) -> Structure:
    """Walk the top-level boxes. Source: ISO/IEC 14496-12 section 4.2."""
    length = file.seek(0, os.SEEK_END)
    position, start, kind = 0, 0, b""
    has_index = False
    for _ in range(MAX_BOXES):
        if position >= length or len(head := _read_at(file, position, 16)) < 8:
            break
        size, kind = struct.unpack(">I4s", head[:8])
        if size == 1 and len(head) == 16:
            size = struct.unpack(">Q", head[8:])[0]
        has_index = has_index or kind in (b"moov", b"moof")
        if size < 8:  # 0 is "to the end of the file", the rest padding or rubbish
            return Structure(None, has_index=has_index)
        start, position = position, position + size
    else:
        return Structure(None, has_index=has_index)
    cut = position > length and kind == b"moof"
    return Structure(position, start if cut else None, has_index=has_index)


def _segment_end(file: BinaryIO) -> int | None:
    """Find the end of the first Segment. Source: RFC 8794 (EBML) sections 4 and 5."""
    head = file.read(4096)
    header, at = _number(head, 4)
    at += header
    if header < 0 or at + 12 > len(head) or int.from_bytes(head[at : at + 4], "big") != SEGMENT:
        return None
    size, at = _number(head, at + 4)
    return None if size < 0 else at + size


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Read an EBML size: (value, position after it); -1 stands for "unknown" or damage."""
    length = 9 - data[at].bit_length() if at < len(data) else 9
    if length > 8:
        return -1, at
    value = int.from_bytes(data[at : at + length], "big") & ~(1 << 7 * length)
    return (-1 if value == (1 << 7 * length) - 1 else value), at + length


def _riff_end(file: BinaryIO) -> int:
    """Walk the RIFF chunks: a large AVI (OpenDML) has several."""
    position = 0
    while len(head := _read_at(file, position, 8)) == 8 and head[:4] == b"RIFF":
        position += 8 + struct.unpack("<I", head[4:])[0]
    return position


def _read_at(file: BinaryIO, position: int, count: int) -> bytes:
    file.seek(position)
    return file.read(count)

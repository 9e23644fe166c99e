"""Ceilings on what a video file may ask of this machine: videos are untrusted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest file that is opened; anything over raises `VideoLimitError`."""

    bytes: int = 64 * 1024**3
    """Size on disk."""
    duration: float = 24 * 3600.0
    """Seconds."""
    pixels: int = 8192 * 4608
    """Width times height of one picture."""
    streams: int = 64
    """Streams of all kinds in one container; each costs a demuxer queue."""

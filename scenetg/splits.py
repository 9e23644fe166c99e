"""Splits by source video: a pure function of its content, so that videos added later move none."""

import hashlib

from scenetg.settings import Splits

NAMES = ("train", "validation", "test")


def split_of(video_id: str, settings: Splits) -> str:
    """Return `train`, `validation` or `test`.

    Args:
        video_id: hex SHA-256 of the file.
        settings: shares and seed.
    """
    drawn = hashlib.sha256(f"{settings.seed}:{video_id}".encode()).digest()
    place = int.from_bytes(drawn[:8]) / 2**64
    if place < settings.test:
        return "test"
    return "validation" if place < settings.test + settings.validation else "train"

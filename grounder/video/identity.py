"""What makes two files the same video: their bytes."""

import hashlib
from pathlib import Path

from grounder.errors import VideoError


def content_hash(path: Path | str) -> str:
    """Return `sha256:<hex>` of the whole file, read in pieces.

    Raises:
        VideoError: the file cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    except OSError as error:
        raise VideoError(f"Cannot read {path}: {error.strerror}. Name a readable file.") from error

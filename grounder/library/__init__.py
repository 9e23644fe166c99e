"""The library: what has been indexed, found again by content, safe against crashes and neighbours."""

from grounder.library.indexed import IndexedVideo
from grounder.library.library import Library
from grounder.library.neighbours import Hit
from grounder.library.rows import Chunk, Ending, Plan, TrackRow, VideoRow

__all__ = ["Chunk", "Ending", "Hit", "IndexedVideo", "Library", "Plan", "TrackRow", "VideoRow"]

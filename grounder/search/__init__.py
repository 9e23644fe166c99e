"""Search: tracks of evidence, and the windows of a video that fit a query."""

from grounder.search.across import search_library
from grounder.search.search import Searchable, described, search
from grounder.search.text import TextTrack
from grounder.search.track import Bounds, Scores, Track, as_bounds
from grounder.search.visual import VisualTrack
from grounder.search.window import Window

__all__ = [
    "Bounds",
    "Scores",
    "Searchable",
    "TextTrack",
    "Track",
    "VisualTrack",
    "Window",
    "as_bounds",
    "described",
    "search",
    "search_library",
]

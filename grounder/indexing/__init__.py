"""Indexing: one decoding pass over a video, stored as it goes."""

from grounder.indexing.index import index_video
from grounder.indexing.progress import Listener, Progress

__all__ = ["Listener", "Progress", "index_video"]

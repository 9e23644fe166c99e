"""Uniqueness: does a query fit one place of its video, several that are confirmed, or who knows how many?

Three independent votes (SPEC 1.3, step 7): by similarity, by the words of all captions, and by looking.
"""

from scenetg.queries.uniqueness.step import uniqueness
from scenetg.queries.uniqueness.voting import Vote, decide

__all__ = ["Vote", "decide", "uniqueness"]

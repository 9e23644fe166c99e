"""Grounders: a query and a stretch of video in, moments (or none) out."""

from grounder.ground.grounding import Cost, Grounder, Grounding, Moment

__all__ = ["Cost", "Grounder", "Grounding", "Moment"]

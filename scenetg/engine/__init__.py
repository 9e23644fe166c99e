"""Engines: how the heavy work on many videos is spread; the rows are the same from each."""

from scenetg.engine.engine import Died, Done, Engine, Failed, Made, Report, Work
from scenetg.engine.local import LocalEngine

__all__ = ["Died", "Done", "Engine", "Failed", "LocalEngine", "Made", "Report", "Work"]

"""Engines: how the heavy work on many videos is spread; the rows are the same from each."""

from scenetg.engine.engine import NOTHING, Beside, Died, Done, Engine, Failed, Made, Report, Work
from scenetg.engine.local import LocalEngine
from scenetg.engine.opening import ENGINES, open_engine, vlm_loader

__all__ = [
    "ENGINES",
    "NOTHING",
    "Beside",
    "Died",
    "Done",
    "Engine",
    "Failed",
    "LocalEngine",
    "Made",
    "Report",
    "Work",
    "open_engine",
    "vlm_loader",
]

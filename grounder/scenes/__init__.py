"""Scenes: where one shot ends and the next begins."""

from grounder.scenes.detector import CutDetector, load_detector
from grounder.scenes.scenes import detect_scenes, scenes_from_cuts

__all__ = ["CutDetector", "detect_scenes", "load_detector", "scenes_from_cuts"]

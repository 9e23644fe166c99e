"""grounder sees: video, time, retrieval, models, and one query in one stretch of video.

Everything here is imported on first use, so `import grounder` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grounder.encoders import load_encoder
    from grounder.errors import (
        BackendError,
        BuildError,
        CapReached,
        DatasetError,
        EncoderMismatch,
        EngineError,
        IndexCorrupt,
        IndexMissing,
        LibraryError,
        MissingDependency,
        ModelError,
        PluginError,
        RequestRefused,
        SpecError,
        TranscriptError,
        VideoError,
        VideoLimitError,
        VideoMissing,
        WhenwhatError,
    )
    from grounder.ground import Grounder, Grounding, Moment
    from grounder.indexing import index_video
    from grounder.library import Library
    from grounder.scenes import detect_scenes
    from grounder.search import Window, search
    from grounder.span import Span
    from grounder.video import Frames, Video
    from grounder.vlm import load_vlm

__all__ = [
    "BackendError",
    "BuildError",
    "CapReached",
    "DatasetError",
    "EncoderMismatch",
    "EngineError",
    "Frames",
    "Grounder",
    "Grounding",
    "IndexCorrupt",
    "IndexMissing",
    "Library",
    "LibraryError",
    "MissingDependency",
    "ModelError",
    "Moment",
    "PluginError",
    "RequestRefused",
    "Span",
    "SpecError",
    "TranscriptError",
    "Video",
    "VideoError",
    "VideoLimitError",
    "VideoMissing",
    "WhenwhatError",
    "Window",
    "detect_scenes",
    "index_video",
    "load_encoder",
    "load_vlm",
    "search",
]

_HOMES = {
    "Frames": "grounder.video",
    "Grounder": "grounder.ground",
    "Grounding": "grounder.ground",
    "Library": "grounder.library",
    "Moment": "grounder.ground",
    "Span": "grounder.span",
    "Video": "grounder.video",
    "Window": "grounder.search",
    "detect_scenes": "grounder.scenes",
    "index_video": "grounder.indexing",
    "load_encoder": "grounder.encoders",
    "load_vlm": "grounder.vlm",
    "search": "grounder.search",
}
"""Where each name lives; the error tree is the home of all others."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'grounder' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "grounder.errors")), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

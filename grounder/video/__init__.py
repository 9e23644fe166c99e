"""Reading video files: frames by true time, never without it."""

from grounder.video.decoder import ScannedFrame, Size, VideoFacts
from grounder.video.frames import Frames
from grounder.video.identity import content_hash
from grounder.video.limits import Limits
from grounder.video.video import Video

__all__ = [
    "Frames",
    "Limits",
    "ScannedFrame",
    "Size",
    "Video",
    "VideoFacts",
    "content_hash",
]

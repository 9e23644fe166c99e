"""Probe: whether a video can be used at all, and the facts that every later stage relies on."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scenetg.candidate import Rejection
from scenetg.settings import Probe


@dataclass(frozen=True, slots=True)
class Facts:
    """What the container says about a video."""

    bytes: int
    duration: float
    """Seconds, as declared; the decoding pass tells how many can be used."""
    width: int
    height: int
    frame_rate: float
    codec: str
    container: str
    has_audio: bool


def read_facts(path: Path) -> Facts:
    """Open a video, decode its first picture and return its facts.

    Raises:
        VideoError: it cannot be used; the message says why.
    """
    from grounder.video import Video

    with Video.open(path) as video:
        facts = video.facts
    return Facts(
        path.stat().st_size,
        facts.duration,
        *facts.size,
        facts.frame_rate,
        facts.codec,
        facts.container,
        facts.has_audio,
    )


def check_length(duration: float, settings: Probe) -> float | Rejection:
    """Return the seconds of a video, or why it is too short."""
    if duration < settings.shortest:
        return Rejection("probe", "video too short", duration, settings.shortest)
    return duration


def facts_record(facts: Facts) -> dict[str, Any]:
    """Return the facts as a JSON object; `Facts(**record)` gives them back."""
    return asdict(facts)

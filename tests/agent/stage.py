"""A stage for the agent: a real colour video, an index with known scores, and parts that obey the protocols."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from agent import Answer
from agent.context import Budget, Context, Thresholds
from agent.extractive import ExtractiveAnswerer, ExtractivePlanner, ExtractiveVerifier
from agent.roles import Roles
from agent.vlm_roles import VlmAnswerer, VlmPlanner, VlmVerifier
from grounder.encoders.encoder import UnitVectors
from grounder.ground import Cost, Grounding, Moment
from grounder.library import IndexedVideo
from grounder.search.track import Bounds, Scores
from grounder.span import Span
from grounder.video import Video
from grounder.vlm import VLM, Prompt
from grounder.vlm.scripted import ScriptedVLM, prompt_text
from tests.video_factory import colour_video

COLOURS = ("red", "green", "blue", "yellow")
SECONDS = 4.0
QUESTION = "When is the screen green?"


def film(folder: Path) -> Path:
    """16 s: red, green, blue, yellow, four seconds each."""
    return colour_video(
        folder / "film.mp4", [(c, SECONDS) for c in COLOURS], size=(96, 64), rate=10
    )


def scene_of(colour: str) -> Span:
    """Where a colour is on screen."""
    start = COLOURS.index(colour) * SECONDS
    return Span(start, start + SECONDS)


class ColourEncoder:
    """Obeys `Encoder`: one dimension a colour, and one for words that name none."""

    name = "colours"
    dim = len(COLOURS) + 1
    image_side = 32
    confidence = None

    def encode_images(self, images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> UnitVectors:
        palette = np.array([ImageColor.getrgb(colour)[:3] for colour in COLOURS], np.float64)
        rows = np.zeros((len(images), self.dim), np.float32)
        for row, image in zip(rows, images, strict=True):
            row[np.abs(palette - image.mean((0, 1))).sum(axis=1).argmin()] = 1
        return rows

    def encode_texts(self, texts: Sequence[str]) -> UnitVectors:
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            named = [i for i, c in enumerate(COLOURS) if c in re.findall(r"\w+", text.lower())]
            row[named or [-1]] = 1
        unit: UnitVectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def reach(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.ones(len(texts), np.float32)

    def tags(self, vectors: UnitVectors, *, count: int) -> list[str]:
        return []


@dataclass(frozen=True)
class ColourTrack:
    """Obeys `Track`: sure where a colour of the query is on screen, and of nothing else."""

    name: str = "visual"
    lines: dict[str, str] = field(default_factory=dict)
    """Colour to what is said while it is on screen."""
    strength: float = 0.9
    """The chance that a colour of the query is there at all."""
    place: float = 1.0
    """The chance that it is where it seems to be."""

    def score(self, query: str, bounds: Bounds) -> Scores:
        named = set(re.findall(r"\w+", query.lower()))
        spans = [scene_of(colour) for colour in COLOURS if colour in named]
        fits = [max((Span(a, b).iou(s) for s in spans), default=0) for a, b in bounds.tolist()]
        return np.array(fits)

    def probability(self, query: str, bounds: Bounds) -> Scores:
        chance: Scores = np.clip(self.score(query, bounds), 0, 1) * self.strength * self.place
        return chance

    def presence(self, query: str, bounds: Bounds) -> float:
        return max(self.probability(query, bounds) / self.place, default=0.0)

    def describe(self, span: Span) -> str:
        return " ".join(t for c, t in self.lines.items() if scene_of(c).overlap(span) > 0)


@dataclass
class GivenGrounder:
    """Obeys `Grounder`: answers from a function of the window, and remembers where it looked."""

    respond: Callable[[Span], Sequence[Moment]]
    frames: int = 0
    score_kind: str = "stated"
    name: str = "given"
    max_window: float = 100.0
    looked_at: list[Span] = field(default_factory=list)

    def ground(self, video: Video, within: Span, query: str) -> Grounding:
        self.looked_at.append(within)
        return Grounding(
            tuple(self.respond(within)), within, self.score_kind, cost=Cost(frames=self.frames)
        )


def sure_of_all(within: Span) -> list[Moment]:
    """Ground the whole window."""
    return [Moment(within, 0.8)]


def blind(within: Span) -> list[Moment]:
    """See nothing."""
    return []


def indexed(
    path: Path, track: ColourTrack | None = None, *, video_id: str = "f" * 64
) -> IndexedVideo:
    """Return the film's index, with known scores."""
    return IndexedVideo(
        video_id=video_id,
        path=path,
        duration=len(COLOURS) * SECONDS,
        scenes=tuple(scene_of(colour) for colour in COLOURS),
        tracks=(track or ColourTrack(),),
        encoder=ColourEncoder(),
        warnings=(),
        complete=True,
    )


def vlm_roles(vlm: VLM) -> Roles:
    """One model plays all roles."""
    return Roles(VlmPlanner(vlm), VlmVerifier(vlm), VlmAnswerer(vlm))


def extractive_roles() -> Roles:
    """No model plays any."""
    return Roles(ExtractivePlanner(), ExtractiveVerifier(), ExtractiveAnswerer(ColourEncoder()))


def context_for(
    video: Video,
    *,
    roles: Roles | None = None,
    track: ColourTrack | None = None,
    grounder: GivenGrounder | None = None,
    budget: Budget | None = None,
    look_frames: int = 0,
    look_unit: float = 0.0,
    state_folder: Path | None = None,
) -> Context:
    """Return a context around the film; extractive and sure of every window unless told otherwise."""
    return Context(
        video=video,
        indexed=indexed(video.path, track),
        grounder=grounder or GivenGrounder(sure_of_all),
        roles=roles or extractive_roles(),
        look_frames=look_frames,
        look_unit=look_unit,
        budget=budget or Budget(),
        thresholds=Thresholds(),
        state_folder=state_folder,
    )


def scripted(
    *, plan: str | None = None, verify: str | None = None, answer: str | None = None
) -> ScriptedVLM:
    """A model that plays its roles well unless told what to say."""
    said = {
        "Write 1 to 3 search queries": plan or '{"queries": ["a green screen"]}',
        "Does this stretch show": verify or '{"seen": "yes", "note": "all green"}',
        "Answer from these frames": answer
        or '{"answer": "From 0:04 to 0:08.", "citations": [[4.0, 8.0]], "confidence": 0.9}',
    }

    def respond(prompt: Prompt) -> str:
        return next(reply for words, reply in said.items() if words in prompt_text(prompt))

    return ScriptedVLM(respond)


def nodes_of(answer: Answer) -> list[str]:
    return [step.node for step in answer.trace]


def stop_of(answer: Answer) -> str:
    return next(step.said for step in answer.trace if step.node == "route" and step.data["stop"])

"""Films of plain colours, an encoder that sees colours, and a model that looks at the pixels it is shown."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from grounder.encoders.encoder import UnitVectors
from grounder.ground import Grounder
from grounder.sampling import at_rate
from grounder.span import Span
from grounder.video import Video
from grounder.vlm import Prompt, Text
from grounder.vlm.scripted import ScriptedVLM, prompt_text
from scenetg.asking.asker import Asker
from scenetg.asking.replies import Replies
from scenetg.candidate import Candidate, Outcome
from scenetg.context import Context
from scenetg.queries.describe import describe
from scenetg.queries.phrase import phrase
from scenetg.queries.uniqueness import uniqueness
from scenetg.settings import Settings
from scenetg.visual.finding import Similarity
from scenetg.visual.look import Look
from tests.video_factory import colour_video

PALETTE = ["red", "lime", "blue", "yellow", "magenta", "cyan", "white", "black"]
PIXELS = np.array([ImageColor.getrgb(name)[:3] for name in PALETTE], float)
SECONDS = 4.0
COLOURS = ("red", "lime", "blue", "red", "yellow")
"""Of the film of most tests."""


class ColourEncoder:
    """Obeys `Encoder`: one dimension a colour; a text is the colours it names."""

    name = "colours"
    dim = len(PALETTE)
    image_side = 16
    confidence = None

    def encode_images(self, images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> UnitVectors:
        return np.eye(self.dim, dtype=np.float32)[[colour_of(image) for image in images]]

    def encode_texts(self, texts: Sequence[str]) -> UnitVectors:
        vectors = np.array([[name in text for name in PALETTE] for text in texts], np.float32)
        return (vectors + 0.01) / np.linalg.norm(vectors + 0.01, axis=1, keepdims=True)

    def reach(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.ones(len(texts), np.float32)

    def tags(self, vectors: UnitVectors, *, count: int) -> list[str]:
        return []


def colour_of(image: NDArray[np.uint8]) -> int:
    """Return the palette colour of a picture."""
    return int(np.abs(PIXELS - image.reshape(-1, 3).mean(0)).sum(1).argmin())


def film(folder: Path, *colours: str, seconds: float = SECONDS) -> Look:
    """Render a film of one scene a colour, and look at it."""
    path = folder / f"{'-'.join(colours)}.mp4"
    colour_video(path, [(colour, seconds) for colour in colours], size=(64, 48), rate=8)
    encoder = ColourEncoder()
    scenes = tuple(Span(n * seconds, (n + 1) * seconds) for n in range(len(colours)))
    with Video.open(path) as video:
        times = at_rate(video.span, 2.0, max_frames=10_000)
        vectors = encoder.encode_images(video.frames(times).images)
    means = encoder.encode_texts(list(colours))
    cuts = tuple(scene.start for scene in scenes[1:])
    video_id = path.stem.replace("-", "")[:12]
    return Look(
        video_id, path, scenes[-1].end, cuts, np.array(times), vectors, scenes, means
    )  # fmt: skip


def candidates_of(look: Look) -> list[Candidate]:
    """Return every scene as a candidate."""
    return [
        Candidate(f"{look.video_id}-{n:05d}", look.video_id, str(look.path), look.duration, span, "scene", n)
        for n, span in enumerate(look.scenes)
    ]  # fmt: skip


class Seer(ScriptedVLM):
    """Answers every prompt of the builder by what its pictures show; `says` may overrule it."""

    def __init__(self, says: Callable[[str, list[str]], str | None] = lambda *_: None) -> None:
        super().__init__(lambda prompt: says(prompt_text(prompt), shown(prompt)) or see(prompt))

    def asked(self, words: str) -> list[Prompt]:
        """Return the prompts that hold `words`."""
        return [prompt for prompt in self.prompts if words in prompt_text(prompt)]


def see(prompt: Prompt) -> str:
    words, colours = prompt_text(prompt), shown(prompt)
    if "Describe what happens" in words:
        return f"A wall in plain {colours[0]} fills the picture."
    if "Write the query" in words:
        return json.dumps({"query": f"a {named(words)[0]} wall is shown", "rating": 5})
    if "Each numbered line" in words:
        wanted = named(asked_about(words))
        fits = [int(n) for n, line in re.findall(r"^(\d+)\. (.*)$", words, re.M) if named(line) == wanted]  # fmt: skip
        return json.dumps({"fits": fits})
    if "Do these frames show" in words:
        return json.dumps({"seen": "yes" if named(asked_about(words))[0] in colours else "no"})
    if "Write one question" in words:
        wrong = [name for name in PALETTE if name not in colours][:3]
        question = {"question": "Which colour is the wall?", "answer": colours[0]}
        return json.dumps(question | {"distractors": wrong})
    if 'Reply: {"option"' in words:
        options = dict(re.findall(r"^([A-D])\. (.*)$", words, re.M))
        right = [letter for letter, option in options.items() if option in colours]
        return json.dumps({"option": (right or ["A"])[0]})
    return ground(prompt)


def ground(prompt: Prompt) -> str:
    """Answer a grounding prompt: the times of the pictures in the asked colour."""
    wanted = named(asked_about(prompt_text(prompt)))[0]
    times = [
        float(part.frames.times[0])
        for message in prompt
        for part in message.parts
        if not isinstance(part, Text) and PALETTE[colour_of(part.frames.images[0])] == wanted
    ]
    spans: list[list[float]] = []
    for time in times:
        if spans and time - spans[-1][1] < 0.01:
            spans[-1][1] = time + 1
        else:
            spans.append([time, time + 1])
    return json.dumps([{"start": a, "end": b, "confidence": 0.9} for a, b in spans])


def shown(prompt: Prompt) -> list[str]:
    """Return the colour of each picture of a prompt."""
    return [
        PALETTE[colour_of(image)]
        for message in prompt
        for part in message.parts
        if not isinstance(part, Text)
        for image in part.frames.images
    ]


def named(text: str) -> list[str]:
    return [name for name in PALETTE if re.search(rf"\b{name}\b", text)]


def asked_about(words: str) -> str:
    """Return the query, which stands between double quotes; those of the reply's form come after it."""
    return re.findall(r'"([^"{}]*(?:wall|dog)[^"{}]*)"', words)[-1]


def context_of(
    folder: Path,
    *looks: Look,
    vlm: ScriptedVLM | None = None,
    settings: Settings | None = None,
    grounder: Grounder | Similarity | None = None,
) -> Context:
    """Return a context with an asker whose replies are kept in `folder`."""
    return Context(
        settings or Settings(),
        {look.video_id: look for look in looks},
        ColourEncoder(),
        Asker(vlm or Seer(), Replies(folder / "out")),
        grounder,
    )


def reasons(outcome: Outcome) -> list[str]:
    """Return why each candidate was rejected, in order."""
    return [one.rejection.reason for one in outcome.rejected]


def phrased(context: Context, look: Look) -> tuple[Candidate, ...]:
    """Return every scene with its query."""
    return phrase(describe(candidates_of(look), context).kept, context).kept


def unique(context: Context, look: Look) -> tuple[Candidate, ...]:
    """Return the scenes whose query passed the votes."""
    return uniqueness(phrased(context, look), context).kept

"""The roles without a vision-language model: queries by rules, answers by quoting what was found.

Nothing here understands a question. Planning strips question words, answering names the moments
and quotes their tracks, and options are ranked by the encoder against frames of the evidence.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.answer import option_letter
from agent.roles import Draft, Judgement, Plan, Said, Shot
from grounder.ground.grounding import Cost
from grounder.timetext import clock_range
from grounder.video.frames import Frames

if TYPE_CHECKING:
    from grounder.encoders.encoder import Encoder, UnitVectors

NAME = "extractive"
NOTE = "No vision-language model was asked: the answer quotes what was found, it does not reason."

_ASKING = re.compile(
    r"^(?:please\s+|can you\s+|could you\s+|tell me\s+)*"
    r"(?:(?:show|find|give)(?:\s+me)?\s+(?:the\s+|every\s+|all\s+)?(?:moments?|times?|scenes?|parts?)?\s*)?"
    r"(?:at what (?:time|point|moment)|(?:in|at|on|during|for|from) (?:which|what)(?: (?:scene|part|moment))?|what time"
    r"|how (?:many times|often|many|much|long)|what|when|where|why|how|who|whom|whose|which)?\s+",
    re.IGNORECASE,
)
_AUXILIARY = re.compile(
    r"\b(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|should|happens?)\b\s*(?:there\b\s*)?",
    re.IGNORECASE,
)
_FILLER = re.compile(r"\b(?:in|of|during) (?:the|this) (?:video|film|movie|clip)\b", re.IGNORECASE)
_CLAUSE = re.compile(
    r"[,;]|\b(?:before|after|while|when|until|as soon as|and then|then|because)\b", re.IGNORECASE
)
_EVERY = re.compile(
    r"\bhow (?:many|often)\b|\b(?:every|each) (?:time|moment)\b|\ball (?:the )?(?:times|moments)\b|\blist\b",
    re.IGNORECASE,
)
MAX_QUERIES = 6


class ExtractivePlanner:
    """Makes queries by taking the asking out of a question."""

    name = NAME

    def plan(self, question: str, options: Sequence[str]) -> Said[Plan]:
        """Return the statement inside the question, its clauses, and one query an option."""
        whole = statement(question)
        clauses = [statement(part) for part in _CLAUSE.split(question)]
        tried = [whole, *clauses] if len(clauses) > 1 else [whole]
        tried += [f"{whole} {option}".strip() for option in options]
        queries = tuple(dict.fromkeys(query for query in tried if query))[:MAX_QUERIES]
        return Said(Plan(queries or (question,), every=bool(_EVERY.search(question))))


class ExtractiveVerifier:
    """Looks at nothing: what the grounder said stands, with the grounder's own score."""

    name = "none"
    looks = False
    max_side = 0

    def verify(self, query: str, shots: Sequence[Shot]) -> list[Said[Judgement]]:
        """Return no judgement for any shot."""
        return [Said(None) for _ in shots]


class ExtractiveAnswerer:
    """Quotes the evidence; ranks options by an encoder."""

    name = NAME

    def __init__(self, encoder: "Encoder") -> None:
        """Rank options in the space of `encoder`."""
        self.encoder = encoder
        # The encoder wants its short side this long; wider than 2:1 is rare.
        self.max_side = 2 * encoder.image_side

    def frames_wanted(self, options: Sequence[str]) -> bool:
        """Frames serve only to rank options."""
        return bool(options)

    def answer(
        self, question: str, options: Sequence[str], frames: Frames, moments: Sequence[Shot]
    ) -> Said[Draft]:
        """Name the option that fits best, or quote the moments."""
        if not options:
            return Said(Draft(quote(moments), notes=(NOTE,), quotation=True))
        if not len(frames):
            return Said(None, failure="no frame may be shown any more, so options cannot be ranked")
        chances = rank_options(self.encoder, question, options, frames)
        best = max(range(len(options)), key=chances.__getitem__)
        listed = ", ".join(f"{option_letter(i)} {chance:.2f}" for i, chance in enumerate(chances))
        return Said(
            Draft(
                options[best],
                option=best,
                confidence=chances[best],
                notes=(NOTE, f"Options ranked by {self.encoder.name}: {listed}."),
                quotation=True,
            ),
            Cost(frames=len(frames)),
        )


def statement(question: str) -> str:
    """Return what a question says happens: `When does the rabbit wake up?` → `the rabbit wake up`."""
    bare = _FILLER.sub("", question).strip(" \t\n?!.,;:\"'")
    asked = _ASKING.sub("", bare, count=1)
    if asked == bare and not re.match(_AUXILIARY, bare):
        return " ".join(bare.split())
    return " ".join(_AUXILIARY.sub("", asked, count=1).split())


def quote(moments: Sequence[Shot]) -> str:
    """Return the best moment with what its tracks say, then where else: `At 0:03.0-0:05.0: hello. Also …`."""
    best, *others = moments
    said = " ".join(best.text.split())
    colon = "" if said.startswith("(") or not said else ":"
    lines = [f"At {clock_range(best.span)}{colon} {said}".rstrip()]
    if others:
        lines.append("Also at " + ", ".join(clock_range(shot.span) for shot in others))
    return "\n".join(lines)


def rank_options(
    encoder: "Encoder", question: str, options: Sequence[str], frames: Frames
) -> list[float]:
    """Return one share an option, adding up to 1: how well it fits the mean frame, against the others.

    The shares are a softmax at CLIP's trained temperature (logit scale 100, arXiv 2103.00020), so they
    say which option fits best, not how likely it is to be true.
    """
    import numpy as np

    stem = statement(question)
    texts = encoder.encode_texts([f"{stem} {option}" for option in options])
    pictures: UnitVectors = encoder.encode_images(frames.images)
    logits = 100 * (texts @ pictures.mean(axis=0))
    powers = np.exp(logits - logits.max())
    return [float(share) for share in powers / powers.sum()]

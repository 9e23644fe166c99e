"""Citations: no time may stand in an answer that its evidence does not cover, or that is not quoted from it."""

from collections.abc import Sequence

from grounder.span import Span
from grounder.timetext import WrittenMoment, moments_in

ROUNDING = 1.0
"""People and models write whole seconds: a time this close to the evidence is one in it."""
REMOVED = "[a time outside the evidence]"


def kept_citations(citations: Sequence[Span], evidence: Sequence[Span]) -> list[Span]:
    """Return the parts of the citations that lie in the evidence; what lies outside is left out."""
    parts = (cited.clip(span) for cited in citations for span in evidence)
    return [part for part in parts if part is not None]


def is_covered(cited: Span, evidence: Sequence[Span]) -> bool:
    """Tell whether a citation lies in one piece of evidence, up to rounding."""
    return any(_near(cited.start, span) and _near(cited.end, span) for span in evidence)


def without_foreign_times(
    text: str, evidence: Sequence[Span], *, quotable: Sequence[str] = ()
) -> tuple[str, list[str]]:
    """Return the text with each time outside the evidence replaced, and the words that were removed.

    A time that stands word for word in a `quotable` text (what is said in the evidence) is a
    quotation: it is not read off the video's clock, and stays.
    """
    said = {words for source in quotable for words in _written_times(source)}
    removed = []
    for written in reversed(moments_in(text)):
        first, last = written.position
        if not _covers(evidence, written) and _plain(text[first:last]) not in said:
            removed.append(text[first:last])
            text = text[:first] + REMOVED + text[last:]
    return text, removed[::-1]


def _written_times(text: str) -> list[str]:
    return [_plain(text[slice(*written.position)]) for written in moments_in(text)]


def _plain(words: str) -> str:
    return " ".join(words.casefold().split())


def _covers(evidence: Sequence[Span], written: WrittenMoment) -> bool:
    return all(any(_near(time, span) for span in evidence) for time in written.times)


def _near(time: float, span: Span) -> bool:
    return span.start - ROUNDING <= time <= span.end + ROUNDING

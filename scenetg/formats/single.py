"""What a trainer's format can hold of a row; the rest is refused with its reason, never bent."""

from grounder.sample import Sample
from grounder.span import Span


def grounding_spans(sample: Sample) -> tuple[Span, ...]:
    """Return the spans of a row that asks where something is.

    Raises:
        ValueError: the row asks something else, or its query is never true.
    """
    if sample.task not in {"ground", "qa"}:
        raise ValueError(f"is a row of task {sample.task}; this format holds ground and qa rows.")
    if sample.absent:
        raise ValueError("has no span; this format has no way to say that a query is never true.")
    return sample.spans


def only_span(sample: Sample) -> Span:
    """Return the one span of a row.

    Raises:
        ValueError: as `grounding_spans`, or there are several.
    """
    spans = grounding_spans(sample)
    if len(spans) > 1:
        raise ValueError(
            f"has {len(spans)} spans; this format holds one. Use museg, timelens or qvhighlights for such rows."
        )
    return spans[0]

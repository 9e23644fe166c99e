"""IndexAlone: the windows of the search as the answer; no model looks at them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from scenetg.formats import Label
from training.evaluate.prediction import Prediction
from training.evaluate.specs import RetrievalSpec
from training.evaluate.systems import Ask, Setup, one_by_one
from training.evaluate.timing import Stopwatch, TimedEncoder

if TYPE_CHECKING:
    from agent import Context


class IndexAlone:
    """Searches an indexed video."""

    looks = True
    at_once = 1

    def __init__(self, spec: RetrievalSpec, setup: Setup, watch: Stopwatch) -> None:
        """Load the encoder.

        Raises:
            SpecError: no encoder is called that.
            ModelError: it cannot be loaded.
        """
        from grounder.encoders import load_encoder

        self._spec, self._setup, self._watch = spec, setup, watch
        self._encoder = TimedEncoder(load_encoder(spec.encoder), watch)

    @contextmanager
    def opened(self, video: Path | None) -> Iterator[Ask]:
        """Index a video where that has not been done, and open its index."""
        from agent import open_context

        assert video is not None  # a system that looks is given a file
        with ExitStack() as stack:
            with self._watch.stage("decode"):
                context = stack.enter_context(
                    open_context(
                        video,
                        library=self._setup.library,
                        encoder=self._encoder,
                        grounder="retrieval",
                        decoder=self._setup.decoder,
                        thresholds=self._setup.thresholds(self._encoder),
                        keep=False,
                    )
                )
            yield one_by_one(partial(self._ask, context))

    def _ask(self, context: "Context", label: Label) -> Prediction:
        from grounder.search import search

        longest = min(self._spec.longest, context.span.duration)
        found = search(context.indexed, label.query, k=self._spec.k, longest=longest)
        presence = max((window.presence for window in found), default=0.0)
        absent = presence < context.thresholds.present
        said = [] if absent and not self._setup.guess else found
        return Prediction(
            label.id,
            windows=tuple((w.span.start, w.span.end, w.probability) for w in said),
            outcome="not_found" if absent else "answered",
            confidence=found[0].probability if found else None,
            presence=presence,
            looked=tuple((w.span.start, w.span.end) for w in found),
        )

"""System: what can be measured: anything that is opened on a video and asked queries about it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from scenetg.formats import Label
from training.evaluate.prediction import Prediction
from training.evaluate.specs import AgentSpec, BlindSpec, GrounderSpec, SystemSpec
from training.evaluate.timing import Stopwatch

if TYPE_CHECKING:
    from agent.calibrated import Fit
    from agent.context import Thresholds
    from grounder.encoders import Encoder

Ask = Callable[[Sequence[Label]], list[Prediction]]
"""Ask queries about the video that is open; the seconds of the predictions are filled in by the caller."""


class System(Protocol):
    """Something that says where a query is true, and perhaps what the answer is."""

    looks: bool
    """Whether it needs the file of the video."""
    at_once: int
    """How many queries it is asked in one call, at most."""

    def opened(self, video: Path | None) -> AbstractContextManager[Ask]:
        """Open a video for its queries; None where its file is not there and none is needed.

        Raises:
            VideoError: the video cannot be used.
        """


@dataclass(frozen=True, slots=True)
class Setup:
    """What systems need beside their own settings; it travels to other processes."""

    benchmark: str
    companion: Path | None = None
    """Second file of annotations, for the labels of `train-mean`."""
    library: Path | None = None
    """Where indexes are kept; None is the user's cache directory."""
    seed: int = 0
    guess: bool = True
    """Say the most likely moment even where nothing is found: right where every query is true somewhere."""
    decoder: str = "pyav"
    fit: "Fit | None" = None
    """Thresholds that were fitted for the encoder and the grounder; None: those of the encoder's family."""

    def thresholds(self, encoder: "Encoder") -> "Thresholds":
        """Return how sure a moment must be: from the first query to the last, whatever is calibrated meanwhile."""
        from agent.calibrated import family_thresholds

        own = family_thresholds(encoder.name, encoder.confidence)
        return own if self.fit is None else self.fit.thresholds


def one_by_one(ask: Callable[[Label], Prediction]) -> Ask:
    """Return the form of `Ask` for what takes one query."""
    return lambda labels: [ask(label) for label in labels]


def load_system(spec: SystemSpec, setup: Setup, watch: Stopwatch) -> System:
    """Load the system of a spec; what it does is counted on `watch`.

    Raises:
        WhenwhatError: a model, an encoder or a file of it cannot be used.
    """
    if isinstance(spec, BlindSpec):
        from training.evaluate.blind import Blind

        return Blind(spec, setup)
    if isinstance(spec, GrounderSpec):
        from training.evaluate.alone import GrounderAlone

        return GrounderAlone(spec, setup, watch)
    if isinstance(spec, AgentSpec):
        from training.evaluate.whole_agent import WholeAgent

        return WholeAgent(spec, setup, watch)
    from training.evaluate.index_alone import IndexAlone

    return IndexAlone(spec, setup, watch)

"""What an engine owes: it runs one kind of work on many jobs and reports as it goes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar

Job = TypeVar("Job")
Piece = TypeVar("Piece")
JobIn = TypeVar("JobIn", contravariant=True)
PieceOut = TypeVar("PieceOut", covariant=True)


class Work(Protocol[JobIn, PieceOut]):
    """Work that can be pickled and sent to another process."""

    def prepare(self) -> Callable[[JobIn], Iterator[PieceOut]]:
        """Load what is needed, once per process, and return what does one job piece by piece."""


@dataclass(frozen=True, slots=True)
class Made(Generic[Piece]):
    """A piece of a job is ready; the pieces of one job come in order."""

    job: int
    """Position of the job."""
    piece: Piece


@dataclass(frozen=True, slots=True)
class Done:
    """A job has come to its end."""

    job: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A job cannot be done: its video is at fault (`VideoError`)."""

    job: int
    message: str
    missing: bool = False
    """Its file is not there for the process that looked."""


@dataclass(frozen=True, slots=True)
class Died:
    """The process that did a job ended without a word: killed, out of memory, or by a fault in a library."""

    job: int
    message: str


Report: TypeAlias = Made[Piece] | Done | Failed | Died


@dataclass(frozen=True, slots=True)
class Beside:
    """Actors that hold their place in a cluster as long as the workers do: copies of models."""

    actors: int
    gpus: float
    """Of each."""


NOTHING = Beside(0, 0.0)


class Engine(Protocol):
    """Spreads jobs over processes or machines; nothing it does may change what the pieces hold."""

    name: str

    def run(self, work: Work[Job, Piece], jobs: Sequence[Job]) -> Iterator[Report[Piece]]:
        """Yield what happens, of all jobs mixed, until each is done, has failed or died.

        Closing the iterator stops the work.

        Raises:
            WhenwhatError: the work cannot be done on any job (a model does not load).
        """

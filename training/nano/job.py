"""Job: one command of the study, and what is there when it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WORLD = ("--level", "nano", "--size", "64x64", "--rate", "4", "--kinds", "action", "--plain")
"""Of `whenwhat world`: what the nano models know."""


@dataclass(frozen=True, slots=True)
class Job:
    """One command."""

    name: str
    words: tuple[str, ...]
    result: Path
    """What is there when it is done."""
    needs: tuple[str, ...] = ()
    """Names of jobs that come before."""

    def is_done(self) -> bool:
        """Tell whether its result is there."""
        return self.result.is_file()


def steps_to(name: str, planned: Sequence[Job]) -> list[Job]:
    """Return the jobs that lead to one, in order, it included.

    Raises:
        KeyError: none is called so.
    """
    known = {job.name: job for job in planned}
    wanted, todo = set[str](), [name]
    while todo:
        job = known[todo.pop()]
        wanted.add(job.name)
        todo += job.needs
    return [job for job in planned if job.name in wanted]

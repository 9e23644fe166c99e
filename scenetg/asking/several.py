"""Several videos in one stage: while the last requests of one are on their way, those of others fill the places."""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

from scenetg.asking.asker import Asker

Job = TypeVar("Job")
Result = TypeVar("Result")
MOST = 8
"""Jobs at once: each holds a look and an open decoder, which takes some 100 MB at 4K."""


def side_by_side(
    jobs: Iterable[Job], do: Callable[[Job], Result], asker: Asker
) -> Generator[tuple[Job, Result], None, None]:
    """Do jobs that ask a model; yield each with its result the moment it is there, in any order.

    As many at once as calls may be on their way: at worst each job has one, and waits for it. Jobs are drawn in
    the caller's thread, when there is room. Where one fails, or the caller closes the iterator, nothing more is
    asked, and what is on its way is still stored.

    Raises:
        Exception: what the first job that failed raised.
    """
    rest = iter(jobs)
    doing: dict[Future[Result], Job] = {}
    most = min(asker.at_once, MOST)
    with ThreadPoolExecutor(most, thread_name_prefix="video") as pool:
        try:
            while True:
                for job in islice(rest, most - len(doing)):
                    doing[pool.submit(do, job)] = job
                if not doing:
                    return
                for done in wait(doing, return_when=FIRST_COMPLETED).done:
                    yield doing.pop(done), done.result()
        except BaseException:
            asker.halt()
            raise

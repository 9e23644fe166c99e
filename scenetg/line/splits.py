"""Splits by source video: no footage in two of them, and videos added later move none without need."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from scenetg.settings import Splits
from scenetg.visual.look import Look
from scenetg.visual.similarity import alike

NAMES = ("train", "validation", "test")


def draw_splits(looks: Mapping[str, Look], settings: Splits) -> dict[str, str]:
    """Return the split of each video; those that share footage have the same.

    One file is one video, but a film may come in two encodings, or as a part of another one.
    """
    return {
        video_id: split_of(group[0], settings)
        for group in footage_groups(looks, settings)
        for video_id in group
    }


def split_of(video_id: str, settings: Splits) -> str:
    """Return `train`, `validation` or `test`: a pure function of the content.

    Args:
        video_id: hex SHA-256 of the file; of a group, the lowest.
        settings: shares and seed.
    """
    drawn = hashlib.sha256(f"{settings.seed}:{video_id}".encode()).digest()
    place = int.from_bytes(drawn[:8]) / 2**64
    if place < settings.test:
        return "test"
    return "validation" if place < settings.test + settings.validation else "train"


def footage_groups(looks: Mapping[str, Look], settings: Splits) -> list[list[str]]:
    """Return the videos in groups that share footage, each in order of id."""
    parent = {video_id: video_id for video_id in sorted(looks)}

    def root(video_id: str) -> str:
        while parent[video_id] != video_id:
            video_id = parent[video_id]
        return video_id

    durations = {video_id: looks[video_id].duration for video_id in parent}
    for (one, other), seconds in sorted(shared_seconds(looks, settings).items()):
        if seconds >= settings.shared * min(durations[one], durations[other]):
            low, high = sorted((root(one), root(other)))
            parent[high] = low
    groups: dict[str, list[str]] = defaultdict(list)
    for video_id in parent:
        groups[root(video_id)].append(video_id)
    return list(groups.values())


def shared_seconds(looks: Mapping[str, Look], settings: Splits) -> dict[tuple[str, str], float]:
    """Return how many seconds of one video look like scenes of another, by (one, other); none are left out."""
    names = sorted(looks)
    owners, seconds, vectors = [], [], []
    for number, video_id in enumerate(names):
        look = looks[video_id]
        owners += [number] * len(look.scenes)
        seconds += [scene.duration for scene in look.scenes]
        vectors.append(look.scene_vectors)
    shared: dict[tuple[str, str], float] = defaultdict(float)
    owner = np.array(owners, np.int64)
    if len(names) < 2:
        return shared
    for scene, found, _ in alike(np.concatenate(vectors), settings.alike):
        for other in np.unique(owner[found]):
            if other != owner[scene]:
                shared[names[owner[scene]], names[other]] += seconds[scene]
    return shared

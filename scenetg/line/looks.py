"""Looks: what the decoding passes saw, read from the store when it is wanted."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence

from scenetg.line.sources import Source
from scenetg.stages import STAGES
from scenetg.store.results import Results
from scenetg.visual.look import Look
from scenetg.visual.scenes import Pictures, find_scenes, mean_vectors

_HELD = 4
"""Looks in memory at once; an hour of video is 11 MB at two pictures a second."""


class Looks(Mapping[str, Look]):
    """The look of every video that has been looked through, by id."""

    def __init__(self, sources: Sequence[Source], results: Results) -> None:
        self._sources = {source.video_id: source for source in sources}
        self._results = results
        self._held: OrderedDict[str, Look] = OrderedDict()

    def __getitem__(self, video_id: str) -> Look:
        look = self._held.pop(video_id, None) or self._read(self._sources[video_id])
        self._held[video_id] = look
        if len(self._held) > _HELD:
            self._held.popitem(last=False)
        return look

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)

    def _read(self, source: Source) -> Look:
        key = self._results.key(STAGES["shots"], source.video_id)
        seen = self._results.store.passes.read(source.video_id, key)
        assert seen is not None  # those without are quarantined
        pictures = Pictures(seen.ending.duration, seen.cuts, seen.times, seen.vectors)
        scenes = find_scenes(pictures, self._results.settings.scenes)
        return Look(
            source.video_id,
            source.path,
            seen.ending.duration,
            seen.cuts,
            seen.times,
            seen.vectors,
            scenes,
            mean_vectors(pictures, scenes),
        )

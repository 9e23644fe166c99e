"""`whenwhat index`, `ls` and `rm`: what the library holds."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grounder.cli.console import (
    EXIT_ERROR,
    print_error,
    print_json,
    print_note,
    print_warning,
    printable,
    progress_bar,
    stdout,
    stoppable,
)
from grounder.cli.options import (
    DecoderOption,
    DetectorOption,
    EncoderOption,
    JsonOption,
    LibraryOption,
)
from grounder.errors import EncoderMismatch, IndexCorrupt, VideoError
from grounder.timetext import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from grounder.encoders import Encoder
    from grounder.indexing import Progress
    from grounder.library import IndexedVideo, TrackRow, VideoRow

DIGITS = 12  # of a video id, where people read it


@stoppable()
def index(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="Video files, or folders of them.")
    ],
    library: LibraryOption = None,
    encoder: EncoderOption = "auto",
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            min=0.01,
            max=60.0,
            help="Pictures embedded per second.",
            show_default="as indexed before, else 1",
        ),
    ] = None,
    detector: DetectorOption = None,
    decoder: DecoderOption = "pyav",
    keyframes_first: Annotated[
        bool,
        typer.Option("--keyframes-first", help="Make a coarse index first; it can be searched."),
    ] = False,
    longest: Annotated[
        float | None,
        typer.Option(
            "--longest",
            min=1.0,
            help="Seconds; longer scenes are divided.",
            show_default="as indexed before, else 60",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Index videos, so that moments in them can be found. Kill it any time: it goes on from there."""
    from grounder.indexing import index_video
    from grounder.library import Library
    from grounder.video.folder import suffixes, videos_in

    files = [file for path in paths for file in videos_in(path)]
    if not files:
        print_error(f"No video in {', '.join(map(str, paths))}. Looked for {suffixes()}.")
        raise typer.Exit(EXIT_ERROR)
    loaded = _load(encoder)
    results: list[dict[str, object]] = []
    with Library.open(library) as opened:
        for path in files:
            try:
                with Bars(path) as bars:
                    indexed = index_video(
                        opened,
                        path,
                        encoder=loaded,
                        rate=rate,
                        detector=detector,
                        decoder=decoder,
                        keyframes_first=keyframes_first,
                        longest=longest,
                        progress=bars.show,
                    )
            except (VideoError, IndexCorrupt, EncoderMismatch) as error:
                # One bad file must not cost the others; what concerns the library itself ends it all.
                print_error(str(error))
                results.append({"path": str(path), "error": str(error)})
            else:
                results.append(_indexed_document(indexed))
                _tell(indexed, quiet=as_json)
    if as_json:
        print_json({"videos": results})
    if any("error" in result for result in results):
        raise typer.Exit(EXIT_ERROR)


def ls(library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """List the videos of the library and how far they are indexed."""
    from grounder.library import Library

    with Library.open(library, create=False) as opened:
        videos = opened.videos()
        if as_json:
            print_json({"library": str(opened.folder), "videos": [_document(v) for v in videos]})
            return
        if not videos:
            print_note(f"The library {opened.folder} is empty. Fill it: whenwhat index PATH")
            return
    for video in videos:
        stdout().print(printable(_line(video), rows=False), markup=False, soft_wrap=True)


def rm(
    videos: Annotated[
        list[str], typer.Argument(metavar="VIDEO…", help="Paths, or ids as `ls` shows them.")
    ],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget videos and delete their indexes; the video files stay."""
    from grounder.library import Library

    with Library.open(library, create=False) as opened:
        removed = []
        for row in [opened.find(video) for video in videos]:
            opened.remove(row.video_id)
            print_note(f"Removed {row.video_id[:DIGITS]} {_place(row)}")
            removed.append(row.video_id)
    if as_json:
        print_json({"removed": removed})


@dataclass
class Bars:
    """The progress bars of one video, one after the other; use it in a `with` statement."""

    path: Path
    _stage: str = ""
    _stack: ExitStack = field(default_factory=ExitStack)
    _update: "Callable[[float], None] | None" = None

    def show(self, progress: "Progress") -> None:
        """Draw how far indexing has come."""
        if progress.stage == "waiting":
            print_note(f"{self.path.name}: another process indexes it; waiting for that one.")
            return
        if progress.stage != self._stage:
            self._stack.close()
            label = self.path.name + (" (keyframes)" if progress.stage == "keyframes" else "")
            bar = progress_bar(label, total=progress.total, unit="s of video")
            self._update = self._stack.enter_context(bar)
            self._stage = progress.stage
        if self._update is not None:
            self._update(progress.done)

    def __enter__(self) -> "Bars":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _load(spec: str) -> "Encoder":
    from grounder.encoders import choose_encoder, load_encoder

    if spec == "auto":
        spec, reason = choose_encoder()
        print_note(reason)
    return load_encoder(spec)


def _tell(indexed: "IndexedVideo", *, quiet: bool) -> None:
    for warning in indexed.warnings:
        print_warning(f"{indexed.path.name}: {warning}")
    if not quiet:
        tracks = ", ".join(track.name for track in indexed.tracks)
        line = (
            f"{indexed.video_id[:DIGITS]}  {clock(indexed.duration)}  {len(indexed.scenes)} scenes"
            f"  {tracks}  {indexed.path}"
        )
        stdout().print(printable(line), markup=False, soft_wrap=True)


def _indexed_document(indexed: "IndexedVideo") -> dict[str, object]:
    return {
        "video_id": indexed.video_id,
        "path": str(indexed.path),
        "duration": indexed.duration,
        "scenes": len(indexed.scenes),
        "tracks": [track.name for track in indexed.tracks],
        "encoder": indexed.encoder.name,
        "complete": indexed.complete,
        "warnings": list(indexed.warnings),
    }


def _document(video: "VideoRow") -> dict[str, object]:
    return {
        "video_id": video.video_id,
        "paths": [str(path) for path in video.paths],
        "duration": video.duration,
        "size": list(video.size),
        "frame_rate": video.frame_rate,
        "codec": video.codec,
        "indexes": [_track_document(track) for track in video.tracks],
    }


def _track_document(track: "TrackRow") -> dict[str, object]:
    return {
        "encoder": track.plan.encoder,
        "kind": track.plan.kind,
        "rate": track.plan.rate,
        "detector": track.plan.detector,
        "decoder": track.plan.decoder,
        "complete": track.done,
        "done_until": track.end_time,
        "frames": track.rows,
        "versions": track.versions,
        "warnings": list(track.warnings),
    }


def _line(video: "VideoRow") -> str:
    states = "; ".join(_state(track, video) for track in video.tracks) or "not indexed"
    return f"{video.video_id[:DIGITS]}  {clock(video.duration)}  {states}  {_place(video)}"


def _state(track: "TrackRow", video: "VideoRow") -> str:
    if track.plan.kind == "keyframes":
        return f"{track.plan.encoder} keyframes"
    if track.done:
        return track.plan.encoder
    share = track.end_time / video.duration if video.duration > 0 else 0.0
    return f"{track.plan.encoder} {share:.0%} done"


def _place(video: "VideoRow") -> str:
    return str(video.path) if video.paths else "(no known file)"

"""From a path to a Context: indexed, opened, with a grounder and somebody in each role."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from agent.asking import checked_spans
from agent.calibrated import Fit, family_thresholds, fit_for
from agent.context import Budget, Context, Thresholds
from agent.extractive import ExtractiveAnswerer, ExtractivePlanner, ExtractiveVerifier
from agent.roles import Roles
from grounder.encoders import Encoder, load_encoder
from grounder.encoders.load import choose_encoder
from grounder.errors import IndexMissing, VideoError
from grounder.ground import Grounder
from grounder.indexing import Listener, index_video
from grounder.library import IndexedVideo, Library
from grounder.span import Span
from grounder.video import Video
from grounder.vlm import VLM, load_vlm

RUNS = "runs"
"""Folder inside the library that keeps runs for --resume."""


@contextmanager
def open_context(
    path: Path | str,
    *,
    library: Path | None = None,
    vlm: str | VLM | None = None,
    grounder: str | VLM = "auto",
    encoder: str | Encoder = "auto",
    decoder: str = "pyav",
    budget: Budget | None = None,
    given: Sequence[Span] = (),
    thresholds: Thresholds | None = None,
    keep: bool = True,
    progress: Listener | None = None,
    note: Callable[[str], None] | None = None,
) -> Iterator[Context]:
    """Open a video for questions, indexing it first when that has not been done.

    Args:
        path: a video file, or the id of an indexed one.
        library: folder of the indexes; None is the user's cache directory.
        vlm: a spec of `load_vlm`, or a loaded model; None plans, verifies and answers without a model.
        grounder: `auto` (the VLM when there is one, else `retrieval`), `retrieval`, a spec of `load_vlm`, or a
            loaded model.
        encoder: a spec of `load_encoder`, or a loaded encoder.
        decoder: `pyav`, `decord` or `torchcodec`.
        budget: where looking ends.
        given: spans that `ask` will be given: one outside the video is refused before it is indexed.
        thresholds: how sure a moment must be; None takes those fitted for this library, encoder and
            grounder (`whenwhat calibrate`), else those of the encoder's family.
        keep: keep runs in the library, so that they can be resumed.
        progress: is told how far indexing has come.
        note: is told in one line each which encoder was chosen and the like.

    Raises:
        WhenwhatError: the video, the library, a model or a name cannot be used.
        QuestionError: a given span lies outside the video.
    """
    say = note or _silent
    limits = budget or Budget()
    with Library.open(library) as shelf:
        file = video_file(shelf, path)
        with Video.open(file, decoder=decoder) as video:
            # What can be wrong is met here: it must not cost the minutes of indexing.
            checked_spans(given, video.span)
            model = load_vlm(vlm) if isinstance(vlm, str) else vlm
            looker = _looker(grounder, model)
            chosen = _encoder(encoder, say) if isinstance(encoder, str) else encoder
            indexed = index_video(shelf, file, encoder=chosen, decoder=decoder, progress=progress)
            finder, look_frames, look_unit = _grounder(looker, indexed, window=limits.window)
            fit = None if thresholds else fit_for(shelf.folder, chosen.name, finder.name)
            yield Context(
                video=video,
                indexed=indexed,
                grounder=finder,
                roles=_roles(model, chosen),
                look_frames=look_frames,
                look_unit=look_unit,
                budget=limits,
                thresholds=thresholds or _thresholds(chosen, fit),
                calibration="" if fit is None else str(fit),
                state_folder=shelf.folder / RUNS if keep else None,
                warnings=indexed.warnings,
            )


def video_file(library: Library, path: Path | str) -> Path:
    """Return the file behind a path or a video id.

    Raises:
        VideoError: it is neither.
    """
    if Path(path).is_file():
        return Path(path)
    if Path(path).is_dir():
        raise VideoError(
            f"{path} is a folder. Ask about one video file in it; `whenwhat index {path}` takes all of them."
        )
    try:
        return library.find(path).path
    except IndexMissing as error:
        raise VideoError(
            f"{path} is neither a video file nor the id of an indexed video. `whenwhat ls` lists ids."
        ) from error


def _encoder(spec: str, say: Callable[[str], None]) -> Encoder:
    if spec == "auto":
        spec, reason = choose_encoder()
        say(reason)
    return _loaded(spec)


@cache
def _loaded(spec: str) -> Encoder:
    """Load an encoder once a process: opening the next video must not wait for it again."""
    return load_encoder(spec)


def _looker(spec: str | VLM, vlm: VLM | None) -> VLM | None:
    """Return the model that grounds, or None when the index does."""
    if not isinstance(spec, str):
        return spec
    if spec == "retrieval" or (spec == "auto" and vlm is None):
        return None
    return vlm if vlm is not None and spec in {"auto", vlm.name} else load_vlm(spec)


def _grounder(
    looker: VLM | None, indexed: IndexedVideo, *, window: float
) -> tuple[Grounder, int, float]:
    """Return the grounder, the most frames one call of it shows, and the seconds of one unit of them."""
    if looker is None:
        from grounder.ground.retrieval import RetrievalGrounder

        return RetrievalGrounder(indexed, longest=window), 0, 0.0
    from grounder.ground.vlm import VlmGrounder

    shown = looker.adapter.budget
    most = math.ceil(window * shown.frame_rate) + 1
    unit = looker.adapter.merged_frames / shown.frame_rate
    return VlmGrounder(looker), min(shown.max_frames, most), unit


def _thresholds(encoder: Encoder, fit: Fit | None) -> Thresholds:
    return fit.thresholds if fit else family_thresholds(encoder.name, encoder.confidence)


def _roles(vlm: VLM | None, encoder: Encoder) -> Roles:
    if vlm is None:
        return Roles(ExtractivePlanner(), ExtractiveVerifier(), ExtractiveAnswerer(encoder))
    from agent.vlm_roles import VlmAnswerer, VlmPlanner, VlmVerifier

    return Roles(VlmPlanner(vlm), VlmVerifier(vlm), VlmAnswerer(vlm))


def _silent(said: str) -> None:
    """Say nothing."""

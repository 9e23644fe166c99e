"""The line: from videos to rows, one stage after the other."""

import time
from collections.abc import Mapping

from scenetg.line.applying import apply
from scenetg.line.looks import Looks
from scenetg.line.order import Built
from scenetg.line.run import Run
from scenetg.line.sampling import sample
from scenetg.line.splits import draw_splits
from scenetg.line.steps import VISUAL_STEPS, model_steps
from scenetg.line.videos import take_videos
from scenetg.stages import STAGES
from scenetg.store.results import TOGETHER


def run_line(run: Run) -> Built:
    """Do all that is not done yet, and return everything there is.

    Raises:
        BuildError: the work cannot be stored.
        BackendError: a model could not be asked; what it has answered is kept.
    """
    built = take_videos(run)
    for name, step in VISUAL_STEPS.items():
        built.candidates = apply(run, STAGES[name], step, built, built.candidates).kept
    if run.order.asker is None:
        return built
    rows = built.candidates
    for name, step in model_steps().items():
        rows = apply(run, STAGES[name], step, built, rows).kept
    sampled = sample(rows, run.order.settings.sampling)
    built.count("sampling", rows, sampled)
    built.rows = sampled.kept
    built.splits = _splits(run, built)
    return built


def _splits(run: Run, built: Built) -> Mapping[str, str]:
    """Return the split of each remaining video."""
    stage, sources = STAGES["splits"], built.remaining()
    members = [source.video_id for source in sources]
    with run.stage(stage, total=1, unit="times") as (work, update):
        known = run.results.find(stage, TOGETHER, members)
        if known is None:
            began = time.perf_counter()
            drawn = draw_splits(Looks(sources, run.results), run.order.settings.splits)
            seconds = time.perf_counter() - began
            known = run.results.keep(stage, TOGETHER, drawn, seconds=seconds, members=members)
            work.count(sum(built.durations[key] for key in members), seconds, videos=len(members))
        update(1)
    return known.value

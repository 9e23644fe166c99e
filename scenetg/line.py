"""The line: from videos to rows, one stage after the other."""

from scenetg.applying import apply
from scenetg.order import Built
from scenetg.run import Run
from scenetg.sampling import sample
from scenetg.stages import STAGES
from scenetg.steps import VISUAL_STEPS, model_steps
from scenetg.videos import take_videos


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
    for name, step in model_steps(run.order).items():
        rows = apply(run, STAGES[name], step, built, rows).kept
    sampled = sample(rows, run.order.settings.sampling)
    built.count("sampling", len(rows), sampled)
    built.rows = sampled.kept
    return built

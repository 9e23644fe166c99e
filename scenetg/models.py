"""The models of a run: the one that is asked, and the grounder that looks for each query again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from grounder.errors import SpecError
from scenetg.limits import Limits

if TYPE_CHECKING:
    from grounder.ground import Grounder
    from scenetg.asking import Asker

NONE = "none"
AUTO = "auto"


@contextmanager
def open_models(
    vlm: str | None, grounder: str, folder: Path, limits: Limits
) -> "Iterator[tuple[Asker | None, Grounder | None]]":
    """Load the models that are named.

    Args:
        vlm: spec of the model that describes, phrases and judges; None: there is none.
        grounder: `auto` (the same model), `none`, or a spec.
        folder: of the dataset, where replies are kept.
        limits: on what is asked.

    Raises:
        SpecError: a name means nothing.
        ModelError: a model cannot be loaded.
        BuildError: the replies cannot be kept.
    """
    if vlm is None:
        if grounder not in (AUTO, NONE):
            raise SpecError(
                f"--grounder {grounder} has no queries to look for without --vlm. Name both, or neither."
            )
        yield None, None
        return
    from grounder.ground.vlm import VlmGrounder
    from grounder.vlm import load_vlm
    from scenetg.limits import open_asker

    model = load_vlm(vlm)
    looker = model if grounder in (AUTO, NONE, vlm) else load_vlm(grounder)
    asker = open_asker(model, folder, limits)
    try:
        yield asker, None if grounder == NONE else VlmGrounder(looker)
    finally:
        asker.close()

"""The models of a run: the one that is asked, and the grounder that looks for each query again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from grounder.errors import SpecError
from scenetg.asking.limits import Limits, served

if TYPE_CHECKING:
    from grounder.encoders import Encoder
    from grounder.ground import Grounder
    from grounder.vlm import VLM
    from scenetg.asking.asker import Asker
    from scenetg.visual.finding import Similarity

NONE = "none"
AUTO = "auto"
RETRIEVAL = "retrieval"


def hosted(vlm: str | None, grounder: str) -> set[str]:
    """Return the specs of the models that are asked and that no server offers: they need a place to run."""
    named = {vlm} if grounder in (AUTO, RETRIEVAL, NONE) else {vlm, grounder}
    return {spec for spec in named if spec is not None and not served(spec)}


@contextmanager
def open_models(
    vlm: str | None,
    grounder: str,
    encoder: "Encoder",
    folder: Path,
    limits: Limits,
    load: "Callable[[str], VLM]",
) -> "Iterator[tuple[Asker | None, Grounder | Similarity | None]]":
    """Load the models that are named.

    Args:
        vlm: spec of the model that describes, phrases and judges; None: there is none.
        grounder: `auto` (the same model), `retrieval` (the encoder), `none`, or a spec.
        encoder: of the run.
        folder: of the dataset, where replies are kept.
        limits: on what is asked.
        load: loads a model that no server offers.

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
    from scenetg.asking.limits import open_asker
    from scenetg.visual.finding import Similarity

    def loaded(spec: str) -> "VLM":
        return load_vlm(spec) if served(spec) else load(spec)

    model = loaded(vlm)
    finder: Grounder | Similarity | None = None
    if grounder == RETRIEVAL:
        finder = Similarity(encoder)
    elif grounder != NONE:
        finder = VlmGrounder(model if grounder in (AUTO, vlm) else loaded(grounder))
    other = finder.vlm if isinstance(finder, VlmGrounder) else None
    asker = open_asker(model, folder, limits, other=other)
    try:
        yield asker, finder
    finally:
        asker.close()

"""What a step of the line works with, besides the candidates themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grounder.encoders.encoder import Encoder
from scenetg.settings import Settings
from scenetg.visual.look import Look

if TYPE_CHECKING:
    from grounder.ground import Grounder
    from scenetg.asking.asker import Asker
    from scenetg.visual.finding import Similarity


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """Given to a step once; never changed."""

    settings: Settings
    looks: Mapping[str, Look]
    """By video id: the one video of the candidates, or all videos for a step that compares them."""
    encoder: Encoder
    asker: "Asker | None" = None
    """Asks the vision-language model; None: there is none."""
    grounder: "Grounder | Similarity | None" = None
    """Predicts on the whole video; None: there is none."""

    @property
    def look(self) -> Look:
        """The look of the one video of the candidates."""
        (video_id,) = self.looks
        return self.looks[video_id]

    def need_asker(self) -> "Asker":
        """Return the asker, to a step that cannot do without."""
        if self.asker is None:
            raise ValueError("This step asks a model, and the context has none.")
        return self.asker

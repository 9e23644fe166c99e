"""Pictures and words in one space of unit vectors, behind one interface."""

from grounder.encoders.encoder import Encoder, UnitVectors
from grounder.encoders.load import choose_encoder, load_encoder

__all__ = ["Encoder", "UnitVectors", "choose_encoder", "load_encoder"]

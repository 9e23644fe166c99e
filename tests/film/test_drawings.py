from typing import TYPE_CHECKING

import numpy as np
import pytest

from grounder.encoders.efficientnet import SIDE, WIDEST, load_network
from grounder.encoders.imagenet import class_names
from grounder.encoders.pictures import whole
from tests.film.drawings import DRAWINGS, SIZE

if TYPE_CHECKING:
    from torch.nn import Module


@pytest.fixture(scope="module")
def classifier() -> "Module":
    return load_network()


@pytest.mark.parametrize("thing", sorted(DRAWINGS))
def test_a_real_classifier_names_the_drawing(classifier: "Module", thing: str) -> None:
    pixels = whole([np.array(DRAWINGS[thing]())], SIDE, widest=WIDEST)
    scores = classifier(pixels)[0]
    assert thing in [class_names()[i] for i in scores.topk(2).indices]


@pytest.mark.parametrize("thing", sorted(DRAWINGS))
def test_a_drawing_is_the_same_on_every_call(thing: str) -> None:
    assert DRAWINGS[thing]().size == SIZE
    assert DRAWINGS[thing]().tobytes() == DRAWINGS[thing]().tobytes()

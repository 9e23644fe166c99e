"""open_clip encoders with random weights of the true architecture: no hub is asked."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grounder.encoders import load_encoder
from grounder.encoders.clip import PROMPT
from grounder.encoders.clip_spec import ClipSpec, parse_clip_spec
from grounder.encoders.graph_cache import kept_array
from grounder.encoders.graph_export import probe_pictures
from grounder.encoders.imagenet import class_names
from grounder.errors import ModelError, SpecError

SIDE = 64
CONFIG: dict[str, Any] = {
    "model_cfg": {
        "embed_dim": 32,
        "vision_cfg": {
            "image_size": SIDE,
            "layers": 2,
            "width": 64,
            "patch_size": 16,
            "head_width": 32,
        },
        "text_cfg": {
            "context_length": 77,
            "vocab_size": 49408,
            "width": 32,
            "heads": 2,
            "layers": 1,
        },
    },
    "preprocess_cfg": {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.25]},
}


@pytest.fixture(scope="session")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny CLIP in open_clip's own folder layout."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("tiny-clip")
    torch.manual_seed(0)
    model = open_clip.CLIP(**CONFIG["model_cfg"])
    (folder / "open_clip_config.json").write_text(json.dumps(CONFIG))
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return folder


@pytest.fixture(scope="session")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("graphs")


def pictures(*, height: int = 90, width: int = 160, count: int = 5) -> np.ndarray:
    whole = probe_pictures(max(height, width), count).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(whole[:, :height, :width])


def reference(folder: Path, images: np.ndarray) -> np.ndarray:
    """Encode as open_clip's own documentation does it: PIL, one transform, fp32."""
    import open_clip
    import torch
    from PIL import Image

    model, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
    batch = torch.stack([preprocess(Image.fromarray(image)) for image in images])
    with torch.inference_mode():
        vectors: np.ndarray = model.encode_image(batch, normalize=True).numpy()
    return vectors


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("open_clip:ViT-B-32/laion2b", ClipSpec("ViT-B-32", tag="laion2b")),
        ("open_clip:ViT-B-32/openai@bf16", ClipSpec("ViT-B-32", tag="openai", precision="bf16")),
        ("open_clip:ViT-B-32//a/b", ClipSpec("ViT-B-32", file=Path("/a/b"))),
        ("open_clip:ViT-B-32/b.pt", ClipSpec("ViT-B-32", file=Path("b.pt"))),
        ("open_clip:ViT-B-32/./x@y", ClipSpec("ViT-B-32", file=Path("./x@y"))),
        ("open_clip:local-dir:/m@int8", ClipSpec("m", folder=Path("/m"), precision="int8")),
    ],
)
def test_a_clip_name_is_taken_apart(text: str, expected: ClipSpec) -> None:
    assert parse_clip_spec(text) == expected


@pytest.mark.parametrize(
    "text", ["open_clip:", "open_clip:ViT-B-32", "open_clip:/tag", "open_clip:local-dir:", "clip/x"]
)
def test_a_clip_name_that_means_nothing_is_refused_with_the_grammar(text: str) -> None:
    with pytest.raises(SpecError, match="open_clip:MODEL/TAG"):
        parse_clip_spec(text)


def test_unknown_names_are_told_what_exists(graphs: Path) -> None:
    with pytest.raises(SpecError, match="conse"):
        load_encoder("clap")
    with pytest.raises(SpecError, match="no model 'ViT-Z'"):
        load_encoder("open_clip:ViT-Z/openai", device="cpu", cache=graphs)
    with pytest.raises(SpecError, match="laion2b_s34b_b79k"):
        load_encoder("open_clip:ViT-B-32/nothing", device="cpu", cache=graphs)
    with pytest.raises(SpecError, match="@int8, @bf16, @fp32"):
        load_encoder("open_clip:ViT-B-32/openai@fp16", device="cpu", cache=graphs)


@pytest.mark.parametrize("size", [(90, 160), (160, 90), (64, 64), (65, 64), (37, 300)])
def test_fp32_vectors_equal_open_clips_own(
    clip_folder: Path, graphs: Path, size: tuple[int, int]
) -> None:
    encoder = load_encoder(f"open_clip:local-dir:{clip_folder}@fp32", device="cpu", cache=graphs)
    images = pictures(height=size[0], width=size[1])
    cosine = (encoder.encode_images(images) * reference(clip_folder, images)).sum(axis=1)
    assert cosine.min() > 0.9999


@pytest.mark.parametrize("precision", ["int8", "bf16"])
def test_fast_precisions_stay_close_to_fp32(
    clip_folder: Path, graphs: Path, precision: str
) -> None:
    encoder = load_encoder(
        f"open_clip:local-dir:{clip_folder}@{precision}", device="cpu", cache=graphs
    )
    images = pictures(count=19)
    vectors = encoder.encode_images(images)
    assert encoder.name.endswith(f"@{precision}")
    assert vectors.shape == (19, encoder.dim) == (19, 32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (vectors * reference(clip_folder, images)).sum(axis=1).min() > 0.99


def test_the_name_says_model_weights_and_precision(clip_folder: Path, graphs: Path) -> None:
    chosen = load_encoder(f"open_clip:local-dir:{clip_folder}", device="cpu", cache=graphs)
    identity, _, precision = chosen.name.rpartition("@")
    assert precision == "int8"
    assert identity.startswith(f"open_clip:local-dir:{clip_folder.name}#")
    assert (chosen.dim, chosen.image_side) == (32, SIDE)


def test_texts_equal_open_clips_own_and_keep_their_order(clip_folder: Path, graphs: Path) -> None:
    import open_clip
    import torch

    encoder = load_encoder(f"open_clip:local-dir:{clip_folder}@fp32", device="cpu", cache=graphs)
    texts = ["a red car", "a dog on a beach", "a red car"]
    model = open_clip.create_model(f"local-dir:{clip_folder}")
    with torch.inference_mode():
        expected = model.encode_text(open_clip.tokenize(texts), normalize=True).numpy()
    assert np.allclose(encoder.encode_texts(texts), expected, atol=1e-5)
    assert encoder.encode_texts([]).shape == (0, 32)


def test_no_pictures_give_no_vectors(clip_folder: Path, graphs: Path) -> None:
    encoder = load_encoder(f"open_clip:local-dir:{clip_folder}", device="cpu", cache=graphs)
    assert encoder.encode_images([]).shape == (0, 32)


def test_pictures_of_the_wrong_shape_are_refused(clip_folder: Path, graphs: Path) -> None:
    encoder = load_encoder(f"open_clip:local-dir:{clip_folder}", device="cpu", cache=graphs)
    with pytest.raises(ModelError, match="uint8 RGB"):
        encoder.encode_images(np.zeros((1, 64, 64), np.uint8))
    with pytest.raises(ModelError, match="float32"):
        encoder.encode_images([np.zeros((64, 64, 3), np.float32)])


@pytest.mark.slow
def test_a_cached_graph_is_opened_and_not_exported_again(clip_folder: Path, tmp_path: Path) -> None:
    spec = f"open_clip:local-dir:{clip_folder}"
    load_encoder(spec, device="cpu", cache=tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    load_encoder(spec, device="cpu", cache=tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    assert {path.suffix for path in before} == {".onnx", ".json"}


def test_a_cache_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "cache"
    with pytest.raises(ModelError, match=str(folder)):
        kept_array(folder / "classes.onnx", lambda: np.zeros(3, np.float32))


@pytest.mark.parametrize("suffix", [".onnx", pytest.param(".json", marks=pytest.mark.slow)])
def test_a_corrupt_graph_is_rebuilt_with_a_log_line(
    clip_folder: Path, tmp_path: Path, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    spec = f"open_clip:local-dir:{clip_folder}"
    expected = load_encoder(spec, device="cpu", cache=tmp_path).encode_images(pictures())
    (damaged,) = tmp_path.glob(f"*{suffix}")
    damaged.write_bytes(damaged.read_bytes()[:-20])
    with caplog.at_level(logging.WARNING):
        rebuilt = load_encoder(spec, device="cpu", cache=tmp_path)
    assert "Rebuilding" in caplog.text
    assert np.allclose(rebuilt.encode_images(pictures()), expected, atol=1e-6)


@pytest.mark.parametrize("ending", ["safetensors", "pt"])
def test_a_checkpoint_path_gives_the_vectors_of_the_weights_it_holds(
    tmp_path: Path, ending: str
) -> None:
    import open_clip
    import torch
    from PIL import Image
    from safetensors.torch import save_file

    model = open_clip.create_model("ViT-S-32-alt").eval()
    if ending == "pt":
        torch.save({"state_dict": model.state_dict()}, tmp_path / "w.pt")
    else:
        save_file(model.state_dict(), tmp_path / "w.safetensors")
    encoder = load_encoder(f"open_clip:ViT-S-32-alt/{tmp_path}/w.{ending}@fp32", device="cpu")
    images = pictures(count=2)
    preprocess = open_clip.image_transform(224, is_train=False)
    batch = torch.stack([preprocess(Image.fromarray(image)) for image in images])
    with torch.inference_mode():
        expected = model.encode_image(batch, normalize=True).numpy()
    assert (encoder.encode_images(images) * expected).sum(axis=1).min() > 0.999
    assert encoder.name.startswith("open_clip:ViT-S-32-alt/w#")


class Trap:
    """Unpickling this would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (self.path, "sprung"))


def test_a_pickled_checkpoint_is_refused_and_never_run(tmp_path: Path) -> None:
    import torch

    torch.save({"state_dict": Trap(tmp_path / "sprung")}, tmp_path / "evil.pt")
    with pytest.raises(ModelError, match="never executed"):
        load_encoder(f"open_clip:ViT-B-32/{tmp_path}/evil.pt", device="cpu", cache=tmp_path)
    assert not (tmp_path / "sprung").exists()


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="double slash"):
        load_encoder("open_clip:ViT-B-32/no/such.pt", device="cpu", cache=tmp_path)
    with pytest.raises(ModelError, match=r"open_clip_config\.json"):
        load_encoder(f"open_clip:local-dir:{tmp_path}", device="cpu", cache=tmp_path)
    (tmp_path / "open_clip_config.json").write_text(json.dumps(CONFIG))
    with pytest.raises(ModelError, match="holds no weights"):
        load_encoder(f"open_clip:local-dir:{tmp_path}", device="cpu", cache=tmp_path)


def test_a_stretch_is_told_by_zero_shot_classes_that_are_kept(
    clip_folder: Path, graphs: Path, tmp_path: Path
) -> None:
    encoder = load_encoder(f"open_clip:local-dir:{clip_folder}@fp32", device="cpu", cache=tmp_path)
    prompt = encoder.encode_texts([PROMPT.format("goldfish")])
    # A model without training tells few classes apart; the picture of one it does is its own prompt.
    tags = encoder.tags(prompt, count=1000)
    assert set(tags) <= set(class_names())
    assert encoder.tags(np.empty((0, encoder.dim), np.float32), count=3) == []
    kept = list(tmp_path.glob("imagenet-prompts*.npy"))
    assert len(kept) == 1
    again = load_encoder(f"open_clip:local-dir:{clip_folder}@fp32", device="cpu", cache=tmp_path)
    before = kept[0].stat().st_mtime_ns
    assert again.tags(prompt, count=1000) == tags
    assert kept[0].stat().st_mtime_ns == before


def test_every_text_is_in_the_reach_of_a_picture(clip_folder: Path, graphs: Path) -> None:
    encoder = load_encoder(f"open_clip:local-dir:{clip_folder}@fp32", device="cpu", cache=graphs)
    assert encoder.reach(["a", "b"]).tolist() == [1, 1]

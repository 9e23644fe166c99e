"""Pictures per CPU-second of the image encoders, and their ratios, all measured in one run.

python -m tests.benchmarks.encoder_speed [--model ViT-B-32] [--pictures 64] [--threads 1]

Random weights: speed does not depend on them. Decoded 360p frames go in, resizing is counted.
naive    fp32, open_clip's own PIL preprocessing, one picture at a time
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grounder.encoders import load_encoder
from grounder.encoders.graph_export import probe_pictures

Encode = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="ViT-B-32")
    parser.add_argument("--pictures", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    import torch

    torch.set_num_threads(options.threads)
    pictures = film(options.pictures)
    with tempfile.TemporaryDirectory() as folder:
        ways = clip_ways(options.model, Path(folder))
        ways["conse"] = load_encoder("conse", device="cpu").encode_images
        speeds = measure(ways, pictures)
    reference = ways["fp32 batched"](pictures[:8])
    print(f"\n{options.model}, {len(pictures)} pictures of 640x360, {options.threads} thread(s)")
    print(f"{'way':16} {'pictures per CPU-s':>19} {'against naive':>14} {'lowest cosine':>14}")
    for name, speed in speeds.items():
        cosine = (
            "" if name == "conse" else f"{(ways[name](pictures[:8]) * reference).sum(1).min():.4f}"
        )
        print(f"{name:16} {speed:19.1f} {speed / speeds['naive']:14.2f} {cosine:>14}")


def film(count: int) -> NDArray[np.uint8]:
    """Return (count, 360, 640, 3) pictures with the spectrum of natural ones."""
    tall = probe_pictures(640, 8).transpose(0, 2, 3, 1)[:, :360]
    return np.ascontiguousarray(np.resize(tall, (count, 360, 640, 3)))


def clip_ways(model: str, folder: Path) -> dict[str, Encode]:
    """Return the ways to encode with one model, all over the same random weights."""
    import open_clip
    import torch
    from PIL import Image
    from safetensors.torch import save_file

    network = open_clip.create_model(model).eval()
    save_file(network.state_dict(), folder / "weights.safetensors")
    transform = open_clip.image_transform(network.visual.image_size, is_train=False)

    def naive(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.inference_mode():
            rows = [
                network.encode_image(transform(Image.fromarray(picture))[None], normalize=True)
                for picture in pictures
            ]
        vectors: NDArray[np.float32] = torch.cat(rows).numpy()
        return vectors

    ways: dict[str, Encode] = {"naive": naive}
    for precision in ("fp32", "bf16", "int8"):
        spec = f"open_clip:{model}/{folder}/weights.safetensors@{precision}"
        encoder = load_encoder(spec, device="cpu", cache=folder)
        ways[f"{precision} batched"] = encoder.encode_images
    return ways


def measure(ways: dict[str, Encode], pictures: NDArray[np.uint8]) -> dict[str, float]:
    """Return pictures per CPU-second, the best of a few rounds taken in turn."""
    best = dict.fromkeys(ways, 0.0)
    for _ in range(ROUNDS):
        for name, encode in ways.items():
            start = time.process_time()
            encode(pictures)
            best[name] = max(best[name], len(pictures) / (time.process_time() - start))
    return best


if __name__ == "__main__":
    main()

"""Indexing against its two floors and against the naive way, in CPU-seconds of one run.

python -m tests.benchmarks.index_cost [--seconds 240] [--rounds 3] [--work FOLDER]

floors   a bare PyAV decode of every frame, plus the bare encoder over as many pictures as the
         index embeds (one a second), already scaled, in batches, at the same precision
index    `index_video` into a new library: hashing, one decoding pass, cuts, embeddings, storing
naive    PySceneDetect over the file, then a second pass that takes one frame a second, each
         encoded by the fp32 network on its own
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from grounder.encoders import Encoder
from grounder.indexing import index_video
from grounder.library import Library
from tests.benchmarks.measure import (
    CLIP,
    clip_checkpoint,
    clip_encoder,
    medians,
    one_thread,
    verdict,
    work_folder,
)
from tests.benchmarks.motion import film

SIZES = ((640, 360), (1280, 720))
BATCH = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path)
    args = parser.parse_args()
    work = work_folder(args.work)
    one_thread()
    encoder = clip_encoder(work)
    held = [compare(work, size, args.seconds, args.rounds, encoder) for size in SIZES]
    sys.exit(0 if all(held) else 1)


def compare(work: Path, size: tuple[int, int], seconds: int, rounds: int, encoder: Encoder) -> bool:
    path = film(work / f"film-{size[1]}-{seconds}.mp4", size=size, seconds=seconds)
    pictures = sampled(path, encoder.image_side)
    network = fp32_network(work)
    costs = medians(
        {
            "decode": lambda: decode(path),
            "encode": lambda: encode(encoder, pictures),
            "index": lambda: index(path, encoder),
            "naive": lambda: naive(path, network),
        },
        rounds=rounds,
    )
    print(
        f"{size[0]}x{size[1]}, {seconds} s: " + ", ".join(f"{k} {v:.2f}" for k, v in costs.items())
    )
    floors = costs["decode"] + costs["encode"]
    below = verdict("index / floors", costs["index"] / floors, at_most=1.25)
    above = verdict("naive / index", costs["naive"] / costs["index"], at_least=2.5)
    return below and above


def decode(path: Path) -> int:
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        return sum(1 for _ in container.decode(video=0))


def sampled(path: Path, side: int) -> NDArray[np.uint8]:
    """Return one square picture of each second, as the encoder's network takes them."""
    pictures = []
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % 25 == 0:
                pictures.append(frame.to_ndarray(format="rgb24", width=side, height=side))
    return np.stack(pictures)


def encode(encoder: Encoder, pictures: NDArray[np.uint8]) -> None:
    for first in range(0, len(pictures), BATCH):
        encoder.encode_images(pictures[first : first + BATCH])


def index(path: Path, encoder: Encoder) -> None:
    folder = Path(tempfile.mkdtemp(prefix="whenwhat-"))
    with Library.open(folder) as library:
        index_video(library, path, encoder=encoder)
    shutil.rmtree(folder)


def fp32_network(work: Path) -> "tuple[object, object]":
    import open_clip

    network, _, preprocess = open_clip.create_model_and_transforms(
        CLIP, pretrained=str(clip_checkpoint(work))
    )
    return network.eval(), preprocess


def naive(path: Path, loaded: "tuple[object, object]") -> None:
    import torch
    from scenedetect import AdaptiveDetector, detect

    network, preprocess = loaded
    detect(str(path), AdaptiveDetector())
    with av.open(str(path)) as container, torch.inference_mode():
        container.streams.video[0].thread_type = "AUTO"
        for number, frame in enumerate(container.decode(video=0)):
            if number % 25 == 0:
                network.encode_image(preprocess(frame.to_image())[None])


if __name__ == "__main__":
    main()

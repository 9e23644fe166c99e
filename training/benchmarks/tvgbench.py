"""TVGBench: 800 queries of 11 kinds from five sets (Time-R1, arXiv 2503.13377)."""

from scenetg.formats import FORMATS, Label
from training.benchmarks.benchmark import Benchmark
from training.benchmarks.top_span import HEADLINE, TIME_R1, measure


def kind(label: Label) -> str:
    """Return the kind of a query: what must be understood to find it."""
    return str(label.extra.get("qsemtype", "unknown"))


BENCHMARK = Benchmark(
    name="tvgbench",
    file="tvgbench.json",
    origin="dataset/timer1/annotations/tvgbench.json of github.com/xiaomi-research/time-r1",
    read=FORMATS["tvgbench"].read,
    measure=measure,
    official=TIME_R1,
    headline=HEADLINE,
    group=kind,
)

"""Charades-STA: sentences about half-minute home videos (Gao et al. 2017, arXiv 1705.02101)."""

from scenetg.formats import FORMATS
from training.benchmarks.benchmark import Benchmark
from training.benchmarks.top_span import HEADLINE, TIME_R1, measure

BENCHMARK = Benchmark(
    name="charades-sta",
    file="charades_sta_test.txt",
    origin="charades_sta_test.txt of github.com/jiyanggao/TALL",
    read=FORMATS["charades-sta"].read,
    measure=measure,
    official=TIME_R1,
    headline=HEADLINE,
    companion="Charades_v1_test.csv, with the lengths of the videos: baselines and range checks need it",
)

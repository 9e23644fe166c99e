"""ActivityNet Captions: sentences about two-minute web videos (Krishna et al. 2017, arXiv 1705.00754)."""

from scenetg.formats import FORMATS
from training.benchmarks.benchmark import Benchmark
from training.benchmarks.top_span import HEADLINE, TIME_R1, measure

BENCHMARK = Benchmark(
    name="activitynet-captions",
    file="val_2.json",
    origin="captions.zip of cs.stanford.edu/people/ranjaykrishna/densevid (Time-R1's test set is val_2)",
    read=FORMATS["activitynet-captions"].read,
    measure=measure,
    official=TIME_R1,
    headline=HEADLINE,
)

"""TACoS: sentences about cooking videos of minutes (Regneri et al. 2013), times as frame numbers."""

from scenetg.formats import FORMATS
from training.benchmarks.benchmark import Benchmark
from training.benchmarks.top_span import HEADLINE, TIME_R1, measure

BENCHMARK = Benchmark(
    name="tacos",
    file="test.json",
    origin="the TACoS annotations (test.json) of github.com/microsoft/VideoX 2D-TAN",
    read=FORMATS["tacos"].read,
    measure=measure,
    # UniTime scores it as Time-R1 scores Charades-STA.
    official=TIME_R1,
    headline=HEADLINE,
)

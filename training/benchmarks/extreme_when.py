"""ExtremeWhenBench: moments of seconds in videos of an hour and more (Seo and Kim 2026, arXiv 2606.12300)."""

from scenetg.formats import FORMATS
from training.benchmarks.benchmark import Benchmark
from training.benchmarks.top_span import measure
from training.metrics.case import Rules

BENCHMARK = Benchmark(
    name="extreme-when-bench",
    file="test.jsonl",
    origin="the split `test` of the data set min1321/extreme-when-bench, saved as JSON lines (`to_json` of `datasets`)",
    read=FORMATS["extreme-when-bench"].read,
    measure=measure,
    # naver-ai/ExtremeWhenbench evaluation/eval_qwen35_vllm.py: ends the wrong way round are turned; no interval is 0;
    # the mean is over the rows there are.
    official=Rules(passing=">=", missing="skip", as_stated=True, turned=True),
    headline=("mIoU", "R1@0.3", "R1@0.5", "R1@0.7"),
    group=lambda label: str(label.extra.get("source_corpus", "all")),
)

"""Public benchmarks, one small file each: where to get it, how its files are read, its metrics."""

from training.benchmarks import (
    activitynet,
    annotated,
    charades_sta,
    ego4d_nlq,
    mad,
    nextgqa,
    qvhighlights,
    rextime,
    rows,
    tacos,
    tvgbench,
)
from training.benchmarks.benchmark import Benchmark, annotations_path

BENCHMARKS: dict[str, Benchmark] = {
    module.BENCHMARK.name: module.BENCHMARK
    for module in (
        activitynet,
        annotated,
        charades_sta,
        ego4d_nlq,
        mad,
        nextgqa,
        qvhighlights,
        rextime,
        rows,
        tacos,
        tvgbench,
    )
}

__all__ = ["BENCHMARKS", "Benchmark", "annotations_path"]

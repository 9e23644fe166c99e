"""Public benchmarks, one small file each: where to get it, how its files are read, its metrics."""

from training.benchmarks import (
    activitynet,
    annotated,
    annotated_qa,
    cg_bench,
    charades_sta,
    didemo,
    ego4d_nlq,
    extreme_when,
    longvideobench,
    lvbench,
    mad,
    mlvu,
    nextgqa,
    qvhighlights,
    rextime,
    rows,
    tacos,
    tvgbench,
    video_mme,
    world,
    world_qa,
)
from training.benchmarks.benchmark import Benchmark, annotations_path

BENCHMARKS: dict[str, Benchmark] = {
    module.BENCHMARK.name: module.BENCHMARK
    for module in (
        activitynet,
        annotated,
        annotated_qa,
        cg_bench,
        charades_sta,
        didemo,
        ego4d_nlq,
        extreme_when,
        longvideobench,
        lvbench,
        mad,
        mlvu,
        nextgqa,
        qvhighlights,
        rextime,
        rows,
        tacos,
        tvgbench,
        video_mme,
        world,
        world_qa,
    )
}

__all__ = ["BENCHMARKS", "Benchmark", "annotations_path"]

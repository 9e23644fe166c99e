"""NExT-GQA: multiple-choice questions whose evidence must be found, too (Xiao et al. 2024, arXiv 2309.01327)."""

from pathlib import Path

from scenetg.formats import FORMATS, Label
from scenetg.formats.nextgqa import read_evidence
from training.benchmarks.benchmark import Benchmark
from training.metrics.case import Case, Columns, Rules
from training.metrics.grounded_qa import intersection_over_prediction


def read(path: Path, companion: Path | None) -> list[Label]:
    """Read a gsub file; with the csv of its questions the right answers are known as well."""
    if companion is None:
        return read_evidence(path)
    return FORMATS["nextgqa"].read(companion, path)


def measure(cases: list[Case], rules: Rules) -> Columns:
    """Return IoP and IoU with their thresholds and, where there are answers, Acc@QA and Acc@GQA."""
    return intersection_over_prediction(cases, rules, thresholds=(0.3, 0.5))


BENCHMARK = Benchmark(
    name="nextgqa",
    file="gsub_test.json",
    origin="datasets/nextgqa/gsub_test.json of github.com/doc-doc/NExT-GQA",
    read=read,
    measure=measure,
    # code/TempGQA/eval_ground.py: questions without a prediction are left out of the denominator.
    official=Rules(passing=">=", missing="skip", as_stated=True, decimals=1),
    headline=("Acc@GQA", "Acc@QA", "mIoP", "IoP@0.3", "IoP@0.5", "mIoU", "IoU@0.3", "IoU@0.5"),
    companion="test.csv, with the right answers: Acc@QA needs it where the predictions do not state them",
)

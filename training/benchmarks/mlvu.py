"""MLVU: seven tasks of multiple choice on videos of minutes to hours (Zhou et al. 2024, arXiv 2406.04264)."""

from scenetg.formats import FORMATS, Label
from training.benchmarks.benchmark import Benchmark
from training.metrics.case import Case, Columns, Rules
from training.metrics.choices import accuracy, first_capital, macro_mean

TASKS = ("plotQA", "findNeedle", "ego", "count", "order", "anomaly_reco", "topic_reasoning")


def task(label: Label) -> str:
    """Return the task that a question belongs to."""
    return str(label.extra.get("question_type", "unknown"))


def measure(cases: list[Case], rules: Rules) -> Columns:
    """Return M-Avg (the mean over tasks, however many questions each has), Acc over questions, and each task."""
    columns = accuracy(cases, rules, parts=TASKS, part_of=lambda label: [task(label)])
    if not columns:
        return {}
    return {"M-Avg": macro_mean(columns["Acc"], [task(case.label) for case in cases])} | columns


BENCHMARK = Benchmark(
    name="mlvu",
    file="json/1_plotQA.json",
    origin="json/1_plotQA.json to json/7_topic_reasoning.json of the data set MLVU/MVLU",
    read=FORMATS["mlvu"].read,
    measure=measure,
    # lmms-eval tasks/mlvu/utils.py: a reply without a capital A to D is wrong; the mean is over the rows there are.
    official=Rules(missing="skip", as_stated=True, reading=first_capital("ABCD")),
    headline=("M-Avg", "Acc", *(f"Acc {name}" for name in TASKS)),
    absent=True,
)

"""JudgedRun: a run read from its folder, scored anew and judged query by query."""

from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from grounder.errors import DatasetError
from scenetg.formats.row import json_document
from training.benchmarks import BENCHMARKS, Benchmark
from training.evaluate.folder import PREDICTIONS, SCORES, Run, RunFolder
from training.evaluate.prediction import Prediction
from training.metrics.abstention import (
    Calibration,
    Refusals,
    RiskCoverage,
    auroc,
    calibration,
    refusals,
    risk_coverage,
)
from training.predictions import read_predictions
from training.report.verdict import Row, Verdict, judged
from training.scoring import Report, score


@dataclass(frozen=True, slots=True)
class Abstaining:
    """How well the run knew when not to answer."""

    curve: RiskCoverage
    calibration: Calibration
    refusals: Refusals
    auroc: float | None
    """Of presence, present against absent queries."""
    queries: int

    def document(self) -> dict[str, object]:
        """Return the figures as JSON values; the curve as [coverage, risk, confidence]."""
        columns = (self.curve.coverage, self.curve.risk, self.curve.threshold)
        return {
            "queries": self.queries,
            "aurc": self.curve.area,
            "risk_coverage": np.stack(columns, axis=1).round(6).tolist(),
            "calibration": asdict(self.calibration),
            "refusals": asdict(self.refusals),
            "auroc": self.auroc,
        }


@dataclass(frozen=True, slots=True)
class JudgedRun:
    """Everything that a report is made of."""

    run: Run
    benchmark: Benchmark
    report: Report
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, folder: RunFolder, benchmark: Benchmark, report: Report) -> "JudgedRun":
        """Judge the predictions of a run that has been scored."""
        by_id = {said.qid: said for said in folder.predictions()}
        rows = tuple(judged(label, by_id.get(label.id)) for label in folder.labels())
        return cls(folder.run(), benchmark, report, rows)

    @property
    def verdicts(self) -> dict[str, int]:
        """How many queries end in each way, by name."""
        counts = Counter(row.verdict for row in self.rows)
        return {verdict.value.name: counts[verdict] for verdict in Verdict}

    @property
    def said(self) -> list[Prediction]:
        """The predictions that are there."""
        return [row.said for row in self.rows if row.said is not None]


def read_run(path: Path) -> JudgedRun:
    """Read, score and judge a run.

    Raises:
        DatasetError: the folder holds no run, one without predictions, or of an unknown benchmark.
    """
    folder = RunFolder(path)
    run = folder.run()
    if run.benchmark not in BENCHMARKS:
        raise DatasetError(
            f"{path} is a run on {run.benchmark!r}, which is no benchmark here. Known: {', '.join(BENCHMARKS)}."
        )
    if not folder.predictions():
        raise DatasetError(f"{path / PREDICTIONS} holds no prediction yet. Finish the run first.")
    benchmark = BENCHMARKS[run.benchmark]
    report = score(benchmark, folder.labels(), read_predictions(path / PREDICTIONS))
    report = replace(report, baselines=_kept_baselines(path) or report.baselines)
    return JudgedRun.of(folder, benchmark, report)


def _kept_baselines(path: Path) -> dict[str, dict[str, float]]:
    """Return the baselines that were scored with the run: that of a training set cannot be made anew."""
    file = path / SCORES
    return dict(json_document(file).get("baselines", {})) if file.is_file() else {}


def abstaining(judged_run: JudgedRun) -> Abstaining | None:
    """Return the figures of abstention; None where no answer came with a confidence."""
    rows = [row for row in judged_run.rows if row.said is not None and row.said.outcome]
    if not any(row.said and row.said.confidence is not None for row in rows):
        return None
    stated = np.array([_confidence(row) for row in rows])
    right = np.array([row.verdict is Verdict.RIGHT and not _refused(row) for row in rows])
    absent = np.array([row.iou is None and row.right is None for row in rows])
    answered = np.array([not _refused(row) for row in rows])
    known = np.array([row.said is not None and row.said.presence is not None for row in rows])
    presence = np.array([(row.said.presence if row.said else None) or 0.0 for row in rows])
    if not answered.any():
        return None
    return Abstaining(
        risk_coverage(stated[answered], ~right[answered]),
        calibration(stated[answered], right[answered]),
        refusals(~answered, absent),
        auroc(presence[known], ~absent[known]),
        int(answered.sum()),
    )


def _refused(row: Row) -> bool:
    return row.said is not None and row.said.outcome == "not_found"


def _confidence(row: Row) -> float:
    return (row.said.confidence if row.said else None) or 0.0

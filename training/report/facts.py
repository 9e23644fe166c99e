"""Sections of a report that are lists: what was run, and what is wrong with it."""

from collections.abc import Sequence

from grounder.page import Markup, element, section, table
from grounder.page.markup import joined
from training.report.judged_run import JudgedRun
from training.scoring import problem_counts

SHOWN = 8
"""Problems of each kind that are listed."""


def settings(judged: JudgedRun) -> Markup:
    """Return what was run, with which models and versions."""
    run = judged.run
    facts = {
        "benchmark": run.benchmark, "system": run.system, "annotations": run.annotations, "videos": run.videos,
        "split": run.split, "limit": run.limit, "shard": run.shard, "frames": run.frames, "seed": run.seed, "started": run.started,
    }  # fmt: skip
    rows = [[name, str(value)] for name, value in facts.items() if value not in (None, "")]
    rows += [
        [f"setting: {name}", str(value)]
        for name, value in run.settings.items()
        if value is not None
    ]
    rows += [[f"model: {role}", name] for role, name in run.models.items()]
    rows += [[f"version: {name}", number] for name, number in run.versions.items()]
    return section("Settings", table(["what", "value"], rows, numbers=False))


def problems(judged: JudgedRun) -> Markup:
    """Return what is wrong with the predictions, line by line."""
    told = judged.report.problems
    failed = [f"{one.qid}: {one.error}" for one in judged.said if one.error]
    if not told and not failed:
        return Markup("")
    parts: list[str] = []
    for kind, count in problem_counts(told).items():
        lines = [str(problem) for problem in told if problem.kind == kind]
        parts.append(_listed(f"{kind} ({count})", lines))
    if failed:
        parts.append(_listed(f"errors ({len(failed)})", failed))
    return section(
        "Problems", *parts, note="None of them changed a denominator of the strict numbers."
    )


def _listed(title: str, lines: Sequence[str]) -> Markup:
    shown = [element("li", None, line) for line in lines[:SHOWN]]
    if len(lines) > SHOWN:
        shown.append(element("li", None, f"and {len(lines) - SHOWN} more"))
    return joined(
        [element("h3", {"class": "group"}, title), element("ul", {"class": "plain"}, *shown)]
    )

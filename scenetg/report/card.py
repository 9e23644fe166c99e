"""The data card: what the dataset was made of, under which licences, by which models and settings, at what cost."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grounder.page import Cell, Markup, element, joined, section, table
from grounder.timetext import clock
from scenetg.line.splits import NAMES
from scenetg.report.charts import KINDS, kind_of
from scenetg.report.written import Written
from scenetg.settings import Settings

MOST_VIDEOS = 60
"""That are listed one by one; the manifest has all."""
UNKNOWN = "unknown"

Cells = list[str | Cell]


def card(written: Written) -> Markup:
    """Return the sections."""
    return joined(
        [
            section("Sources and licences", *_sources(written), note=_licence_note(written)),
            _splits(written),
            _overlap(written),
            section("Models", _models(written)),
            _cost(written),
            section("Settings", _settings(written), note=SETTINGS_NOTE),
        ]
    )


SETTINGS_NOTE = "Those that were changed stand first, each with its default below. Why each is as it is: scenetg/settings.py."


def _licence_note(written: Written) -> str:
    videos = written.manifest["videos"]
    unknown = sum(not one.get("license") for one in videos)
    copies = sum(len(one.get("copies", ())) for one in videos)
    told = [f"{len(videos)} videos by content"]
    if copies:
        told.append(f"{copies} more files are copies of them and were taken once")
    if unknown:
        told.append(f"the licence of {unknown} is unknown: name it with --license or --licenses")
    return "; ".join(told) + "."


def _sources(written: Written) -> list[Markup]:
    videos = written.manifest["videos"]
    hours: dict[str, float] = defaultdict(float)
    counts: Counter[str] = Counter()
    for one in videos:
        name = one.get("license", UNKNOWN)
        counts[name] += 1
        hours[name] += one.get("usable", one.get("duration", 0.0)) / 3600
    licences: list[Cells] = [
        [name, str(count), f"{hours[name]:.2f}"] for name, count in counts.most_common()
    ]
    by_path = sorted(videos, key=lambda one: one["path"])
    listed = [_video(one) for one in by_path[:MOST_VIDEOS]]
    listed += [
        [Path(one["path"]).name, "-", "-", "-", "-", Cell("unreadable", one["reason"])]
        for one in written.manifest["unreadable"]
    ]
    parts = [
        table(["licence", "videos", "hours"], licences),
        table(["video", "length", "picture", "licence", "split", "became"], listed, numbers=False),
    ]
    if (more := len(videos) - MOST_VIDEOS) > 0:
        parts.append(element("p", {"class": "note"}, f"And {more} more, in manifest.json."))
    return parts


def _video(one: Mapping[str, Any]) -> Cells:
    length = one.get("usable", one.get("duration"))
    picture = f"{one['width']}\N{MULTIPLICATION SIGN}{one['height']}" if "width" in one else "-"
    became = Cell(one["status"], "; ".join([*filter(None, [one.get("reason")]), *one.get("warnings", ())]))  # fmt: skip
    return [
        Path(one["path"]).name,
        "-" if length is None else clock(length),
        Cell(picture, one.get("codec", "")),
        one.get("license", UNKNOWN),
        one.get("split", "-"),
        became,
    ]


def _splits(written: Written) -> Markup:
    if written.rows is None:
        return Markup("")
    videos = [one for one in written.manifest["videos"] if "split" in one]
    rows: list[Cells] = []
    for split in NAMES:
        mine = [one for one in videos if one["split"] == split]
        kinds = Counter(kind_of(row) for row in written.rows if row.split == split)
        hours = sum(one["usable"] for one in mine) / 3600
        rows.append(
            [split, str(len(mine)), f"{hours:.2f}", str(sum(kinds.values())), *(str(kinds[kind]) for kind in KINDS)]
        )  # fmt: skip
    note = "By video: those that share footage are in one split."
    return section("Splits", table(["split", "videos", "hours", "rows", *KINDS], rows), note=note)


def _overlap(written: Written) -> Markup:
    title = "Footage of evaluation sets"
    if written.overlap is None:
        note = "Not looked for: name evaluation sets with --against."
        return section(title, note=note)
    sets, parts = written.overlap["sets"], []
    rows: list[Cells] = [
        [one["name"], str(one["videos"]), str(len(one["matches"])), str(len(one["skipped"]))]
        for one in sets
    ]
    parts.append(table(["set", "its videos", "pairs that share footage", "not compared"], rows))
    found: list[Cells] = [
        [m["video"], m["other"], one["name"], f"{m['seconds']:.1f} s", clock(m["start"]), clock(m["other_start"])]
        for one in sets
        for m in one["matches"]
    ]  # fmt: skip
    if found:
        head = ["video", "shows", "of", "in common", "from", "there from"]
        parts.append(table(head, found, numbers=False))
    note = "By perceptual hashes of two pictures a second, in order and at one pace; survives re-encoding, resizing and cutting."
    return section(title, *parts, note=note)


def _models(written: Written) -> Markup:
    rows = [[part, name] for part, name in written.manifest["models"].items()]
    rows.append(["made by", written.manifest["made_by"]])
    return table(["what", "name"], rows, numbers=False)


def _cost(written: Written) -> Markup:
    stages = [one for one in written.throughput["stages"] if one["videos"]]
    parts: list[Markup] = []
    if stages:
        rows: list[Cells] = [
            [one["stage"], str(one["videos"]), f"{one['hours']:.3f}", f"{one['busy']:.1f}", f"{one['wall']:.1f}", _rate(one)]
            for one in stages
        ]  # fmt: skip
        head = ["stage", "videos", "hours of video", "seconds of work", "seconds passed", "hours per hour"]  # fmt: skip
        parts.append(table(head, rows))
    if asked := written.throughput["asked"]:
        parts.append(_requests(asked))
    if not parts:
        return Markup("")
    note = (
        "Seconds are of the last run alone: what was done before is not done again. Requests, tokens and cost are of "
        "all runs."
    )
    return section("What it took", *parts, note=note)


def _rate(one: Mapping[str, Any]) -> str:
    return "-" if one["hours_per_hour"] is None else f"{one['hours_per_hour']:.1f}"


def _requests(asked: Sequence[Mapping[str, Any]]) -> Markup:
    counts = ("requests", "prompt_tokens", "completion_tokens")
    whole = {"purpose": "all"} | {
        name: sum(one[name] for one in asked) for name in (*counts, "cost")
    }
    rows: list[Cells] = [
        [one["purpose"], *(f"{one[name]:,}" for name in counts), f"{one['cost']:,.4f}"]
        for one in (*asked, whole)
    ]
    return table(["asked for", "requests", "tokens in", "tokens out", "cost"], rows)


def _settings(written: Written) -> Markup:
    defaults = asdict(Settings())
    rows: list[Cells] = []
    for group, fields in written.manifest["settings"].items():
        for name, value in fields.items():
            default = defaults.get(group, {}).get(name)
            changed = value != default
            told = _as_set(value)
            cell = Cell(told, f"default {_as_set(default)}") if changed else told
            rows.insert(0 if changed else len(rows), [f"{group}.{name}", cell])
    return table(["setting", "value"], rows, numbers=False)


def _as_set(value: object) -> str:
    """Return a value as `--set` takes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)

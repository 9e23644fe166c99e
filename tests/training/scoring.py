"""Scoring: `whenwhat score` as people type it."""

import json
from pathlib import Path
from typing import Any

import pytest

from grounder.cli.main import main


def lines(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["score", *map(str, words)])
    told = capsys.readouterr()
    assert isinstance(stop.value.code, int)
    return stop.value.code, told.out, told.err


def scored(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    code, out, err = run(capsys, *words, "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert isinstance(document, dict)
    return document


def values(document: dict[str, Any], preset: str) -> dict[str, float]:
    return {name: value["percent"] for name, value in document["tables"][preset]["values"].items()}

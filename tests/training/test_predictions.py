import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.errors import DatasetError
from training.metrics.case import Predicted
from training.predictions import Predictions, read_predictions


def read(path: Path, *rows: object) -> Predictions:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return read_predictions(path)


def only(path: Path, row: object) -> Predicted:
    predictions = read(path, row, {"qid": "other", "spans": []})
    assert predictions.problems == ()
    return predictions.rows[0]


def test_a_row_of_moment_detr_is_read_with_scores_and_saliency(tmp_path: Path) -> None:
    row = {
        "qid": 7,
        "pred_relevant_windows": [[0, 4, 0.5], [8.5, 9, 0.9]],
        "pred_saliency_scores": [0, 1],
    }
    assert only(tmp_path / "p.jsonl", row) == Predicted(
        "7", f"{tmp_path / 'p.jsonl'}:1", ((0, 4, 0.5), (8.5, 9, 0.9)), (0.0, 1.0)
    )


@pytest.mark.parametrize("name", ["spans", "windows", "predicted_times", "pred_relevant_windows"])
def test_windows_without_scores_keep_their_order(name: str, tmp_path: Path) -> None:
    row = only(
        tmp_path / "p.jsonl",
        {"id": "a", name: [[0, 4], [2, 3]], "answer": "B", "status": "repaired"},
    )
    assert row.windows == ((0, 4, 0.0), (2, 3, -1.0))
    assert (row.answer, row.expected, row.status) == ("B", None, "repaired")


def test_a_row_of_time_r1_has_one_span_or_none(tmp_path: Path) -> None:
    rows = read(
        tmp_path / "p.jsonl", {"qid": "a", "pred": [1, 2]}, {"qid": "b", "pred": [None, None]}
    ).rows
    assert [(row.windows, row.status) for row in rows] == [(((1, 2, 0.0),), "ok"), ((), "failed")]


def test_one_document_of_nextgqa_maps_questions_to_spans(tmp_path: Path) -> None:
    rows = read(tmp_path / "p.json", {"88_1": [1.5, 2], "88_3": [0, 1]}).rows
    assert [(row.id, row.windows) for row in rows] == [
        ("88_1", ((1.5, 2, 0.0),)),
        ("88_3", ((0, 1, 0.0),)),
    ]


def test_answers_may_come_in_a_file_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"88_1": {"prediction": 3, "answer": 0}}', encoding="utf-8")
    (tmp_path / "p.json").write_text('{"88_1": [1, 2], "88_2": [1, 2]}', encoding="utf-8")
    first, second = read_predictions(tmp_path / "p.json", answers=tmp_path / "a.json").rows
    assert (first.answer, first.expected, first.windows) == ("3", "0", ((1, 2, 0.0),))
    assert second.answer is None


def test_ego4d_results_are_named_by_three_fields(tmp_path: Path) -> None:
    result = {
        "clip_uid": "c",
        "annotation_uid": "a",
        "query_idx": 2,
        "predicted_times": [[1, 2], [3, 4]],
    }
    [row] = read(
        tmp_path / "p.json",
        {"version": "1.0", "challenge": "ego4d_nlq_challenge", "results": [result]},
    ).rows
    assert (row.id, len(row.windows)) == ("c/a/2", 2)


def test_a_list_and_a_single_row_are_read_too(tmp_path: Path) -> None:
    assert [row.id for row in read(tmp_path / "p.json", [{"qid": 1}, {"qid": 2}]).rows] == [
        "1",
        "2",
    ]
    assert [row.id for row in read(tmp_path / "p.json", {"qid": 1}).rows] == ["1"]


@pytest.mark.parametrize(
    ("line", "kind", "message"),
    [
        ("{broken", "no JSON", "'{broken' is no JSON"),
        ("[1]", "no object", "'[1]' is no object"),
        ('{"spans": [[1, 2]]}', "no qid", "names no query"),
        ('{"qid": 2, "spans": [[1, NaN]]}', "unreadable window", "`spans` holds [1, NaN]"),
        ('{"qid": 2, "spans": ["1-2"]}', "unreadable window", '`spans` holds "1-2"'),
        ('{"qid": 2, "spans": 5}', "unreadable window", "`spans` holds 5"),
        ('{"qid": 2, "pred_saliency_scores": [1, NaN]}', "unreadable saliency", "no list of finite numbers"),
    ],
)  # fmt: skip
def test_a_bad_line_is_reported_and_the_others_are_read(
    line: str, kind: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"qid": 1, "spans": [[0, 1]]}\n\n' + line + "\n", encoding="utf-8")
    predictions = read_predictions(path)
    [problem] = predictions.problems
    assert (problem.place, problem.kind) == (f"{path}:3", kind)
    assert message in str(problem)
    assert predictions.rows[0].id == "1"


def test_an_unreadable_window_keeps_its_rank_and_a_row_of_them_is_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(
        '{"qid": 1, "spans": [null, [0, 1]]}\n{"qid": 2, "spans": ["x"]}', encoding="utf-8"
    )
    mixed, failed = read_predictions(path).rows
    assert math.isnan(mixed.windows[0][0])
    assert mixed.windows[1] == (0, 1, -1.0)
    assert (mixed.status, failed.status) == ("ok", "failed")


@pytest.mark.parametrize("content", ["", "\n\n", "[]", "{}", "nonsense\nmore"])
def test_a_file_without_a_prediction_is_an_error(content: str, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(DatasetError, match="holds no prediction"):
        read_predictions(tmp_path / "p.jsonl")


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="Cannot read"):
        read_predictions(tmp_path / "p.jsonl")


def test_a_key_that_stands_twice_in_one_document_is_reported(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"88_1": [0, 1], "88_1": [2, 3]}', encoding="utf-8")
    predictions = read_predictions(tmp_path / "p.json")
    assert [row.windows for row in predictions.rows] == [((2, 3, 0.0),)]
    assert [problem.kind for problem in predictions.problems] == ["duplicate qid"]


def test_a_number_too_large_for_a_float_is_unreadable(tmp_path: Path) -> None:
    predictions = read(tmp_path / "p.jsonl", {"qid": 1, "spans": [[0, 10**400]]}, {"qid": 2})
    assert [problem.kind for problem in predictions.problems] == ["unreadable window"]


NAMES = st.sampled_from(
    ["qid", "id", "spans", "pred", "pred_relevant_windows", "pred_saliency_scores", "answer", "prediction", "status",
     "results", "clip_uid", "annotation_uid", "query_idx", "predicted_times"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)


@given(rows=st.lists(VALUES, max_size=3), whole=VALUES)
def test_whatever_a_file_holds_the_answer_is_predictions_or_one_error(
    rows: list[object], whole: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    lines = "\n".join(json.dumps(row) for row in rows)
    for name, text in {"p.jsonl": lines, "p.json": json.dumps(whole)}.items():
        (folder / name).write_text(text, encoding="utf-8")
        told = name
        try:
            read_predictions(folder / name)
        except DatasetError as error:
            told = str(error)
        assert name in told

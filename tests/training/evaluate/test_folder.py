import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.errors import DatasetError
from scenetg.formats import Label
from training.evaluate.folder import Run as RunRow
from training.evaluate.folder import RunFolder
from training.evaluate.prediction import Prediction, Seconds, read_row, write_line
from training.evaluate.queries import numbered

RUN = RunRow("annotated", "whole", "a.jsonl", "videos", settings={"k": 1})
LABELS = [
    Label(str(n), "v", "a dog", ((0.0, 1.5),), "test", f"f:{n}", extra={"line": "a\u2028b", "t": (1, 2)})
    for n in range(3)
]  # fmt: skip
QUERIES = numbered(LABELS)


def begun(path: Path) -> RunFolder:
    folder = RunFolder(path / "run")
    folder.begin(RUN, QUERIES)
    return folder


finite = st.floats(0, 1e5).map(lambda number: round(number, 4))


@given(
    windows=st.lists(st.tuples(finite, finite, finite), max_size=3),
    raw=st.one_of(st.none(), st.text(), st.lists(st.dictionaries(st.text(), st.text()))),
    answer=st.none() | st.text(st.characters(exclude_categories=["Cs"])),
    seconds=st.builds(Seconds, finite, finite, finite, finite, finite),
)
def test_a_prediction_survives_its_line(windows, raw, answer, seconds):
    said = Prediction("q", tuple(windows), answer, raw=raw, seconds=seconds, looked=((0.0, 1.0),))
    line = write_line(said)
    assert line.count("\n") == 1
    assert read_row(json.loads(line), "f:1") == said


def test_the_queries_of_a_folder_come_back_in_order(tmp_path: Path) -> None:
    folder = begun(tmp_path)
    assert [query.number for query in folder.queries()] == [0, 1, 2]
    assert [label.windows for label in folder.labels()] == [((0.0, 1.5),)] * 3
    assert folder.run() == RUN


def test_a_torn_last_line_counts_as_not_written_and_is_cut_off(tmp_path: Path) -> None:
    folder = begun(tmp_path)
    with folder.appending() as lines:
        lines.add(Prediction("0"))
    with (folder.path / "predictions.jsonl").open("a") as file:
        file.write('{"qid": "1", "windows": [[')
    assert [said.qid for said in folder.predictions()] == ["0"]
    with folder.appending() as lines:
        lines.add(Prediction("2"))
    assert [said.qid for said in folder.predictions()] == ["0", "2"]
    assert 'windows": [[' not in (folder.path / "predictions.jsonl").read_text()


def test_of_several_lines_for_one_query_the_last_counts(tmp_path: Path) -> None:
    folder = begun(tmp_path)
    with folder.appending() as lines:
        for said in (
            Prediction("0", status="error", error="gone"),
            Prediction("1"),
            Prediction("0"),
        ):
            lines.add(said)
    assert [(said.qid, said.status) for said in folder.predictions()] == [("1", "ok"), ("0", "ok")]


def test_the_same_run_goes_on_wherever_and_whenever_it_is_started(tmp_path: Path) -> None:
    folder = begun(tmp_path)
    folder.begin(
        replace(RUN, started="later", versions={"torch": "9"}, videos="elsewhere"), QUERIES
    )
    assert folder.run() == RUN


def test_a_run_of_other_settings_is_refused_with_what_differs(tmp_path: Path) -> None:
    folder = begun(tmp_path)
    other = replace(RUN, system="centre", seed=3, settings={"k": 2})
    with pytest.raises(DatasetError) as error:
        folder.begin(other, QUERIES)
    told = str(error.value)
    assert (
        "was begun with system 'whole', not 'centre'; settings {'k': 1}, not {'k': 2}; seed 0, not 3."
        in told
    )
    with pytest.raises(DatasetError, match=r"other queries than a\.jsonl holds now"):
        folder.begin(RUN, QUERIES[:2])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "holds no run: run.json is not there"),
        ('{"benchmark": 1}', "is no run of this program"),
        ('{"benchmark": "a", "system": "b", "annotations": "", "videos": "", "schema_version": "0"}', "schema 0, here 1"),
    ],
)  # fmt: skip
def test_a_folder_without_a_run_of_this_version_is_told(
    tmp_path: Path, text: str | None, told: str
) -> None:
    if text is not None:
        (tmp_path / "run.json").write_text(text)
    with pytest.raises(DatasetError) as error:
        RunFolder(tmp_path).run()
    assert told in str(error.value)


def test_a_folder_of_runs_names_them(tmp_path: Path) -> None:
    for name in ("uniform-8", "grounded-8"):
        RunFolder(tmp_path / name).begin(RUN, QUERIES)
    with pytest.raises(DatasetError, match=r"name one: grounded-8, uniform-8\.$"):
        RunFolder(tmp_path).run()


def test_a_line_of_somebody_else_is_named(tmp_path: Path) -> None:
    folder = begun(tmp_path)
    (folder.path / "predictions.jsonl").write_text('{"qid": "0", "pred": [1, 2]}\n')
    with pytest.raises(
        DatasetError, match=r"predictions\.jsonl:1 is no prediction of `whenwhat eval`"
    ):
        folder.predictions()

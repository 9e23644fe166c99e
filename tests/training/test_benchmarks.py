"""Each long-video benchmark on a handful of questions whose scores are worked out by hand."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from grounder.cli.main import main
from grounder.errors import DatasetError
from training.benchmarks import BENCHMARKS, annotations_path
from training.metrics.choices import GLUED, first_capital, read_choice
from training.predictions import read_predictions
from training.scoring import Report, score

ENTRIES: dict[str, Any] = {
    "lvbench": {
        "key": "Cm73ma6Ibcs", "type": "cartoon", "video_info": {"duration_minutes": 30},
        "qa": [
            {"uid": str(n), "question": "What year?\n(A) 1636\n(B) 1366\n(C) 1363\n(D) 1633", "answer": "D",
             "question_type": kinds, "time_reference": "00:15-00:19"}
            for n, kinds in enumerate([["entity recognition"], ["entity recognition", "reasoning"], ["reasoning"]])
        ],
    },
    "longvideobench": [
        {"id": f"v_{n}", "video_path": "v.mp4", "question": "Who?", "candidates": ["a", "b", "c", "d"],
         "correct_choice": 1, "duration": 12.0, "duration_group": group, "question_category": "S2E"}
        for n, group in enumerate([15, 15, 60])
    ],
    "mlvu": [
        {"video": f"{n}.mp4", "duration": 600, "question": "How?", "candidates": ["red", "blue"], "answer": "blue",
         "question_type": kind}
        for n, kind in enumerate(["plotQA", "plotQA", "plotQA", "ego"])
    ],
    "video-mme": [
        {"video_id": video, "duration_category": length, "video_category": "Knowledge", "questions": [
            {"question_id": f"{video}-{n}", "task_type": "OCR Problems", "question": "Which?",
             "choices": ["A. Ink.", "B. Niche.", "C. Jade.", "D. Table."], "answer": "C", "response": ""}
            for n in (1, 2)]}
        for video, length in [("001", "short"), ("301", "medium")]
    ],
    "cg-bench": [
        {"qid": n, "video_uid": "v", "question": "Why?", "choices": ["a", "b", "c"], "right_answer": "B", "answer": "b",
         "clue_intervals": [[10, 20], [40, 50]], "duration": 100, "domain": "News"}
        for n in range(4)
    ],
    "extreme-when-bench": [
        {"qid": f"v_q{n}", "video_id": "v", "source_corpus": "MLVU", "question": "When does it rain?",
         "correct_interval": [1800, 1820], "duration_s": 20, "video_duration_s": 4271, "category": "reaction"}
        for n in range(3)
    ],
    "didemo": [
        {"annotation_id": n, "description": "a dog", "video": f"{n}.mov", "num_segments": 6,
         "times": [[1, 1], [1, 1], [1, 2], [3, 5]]}
        for n in range(2)
    ],
}  # fmt: skip
LINED = {"lvbench", "extreme-when-bench"}


def annotated(name: str, folder: Path) -> Path:
    entry = ENTRIES[name]
    path = folder / BENCHMARKS[name].file
    path.parent.mkdir(parents=True, exist_ok=True)
    if name in LINED:
        rows = entry if isinstance(entry, list) else [entry]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        path.write_text(json.dumps(entry), encoding="utf-8")
    return path


def scored(name: str, folder: Path, predictions: Any) -> Report:
    benchmark = BENCHMARKS[name]
    said = folder / "predictions.json"
    said.write_text(json.dumps(predictions), encoding="utf-8")
    return score(benchmark, benchmark.read(annotated(name, folder), None), read_predictions(said))


def values(report: Report, preset: Any, names: Sequence[str]) -> list[float]:
    return [round(report.tables[preset].values[name].percent, 6) for name in names]


def test_lvbench_counts_only_what_is_answered_and_a_question_under_each_of_its_abilities(
    tmp_path: Path,
) -> None:
    report = scored("lvbench", tmp_path, {"0": "(D) 1633", "1": "B"})
    names = ("Acc", "Acc ER", "Acc Rea")
    assert values(report, "official", names) == [50, 50, 0]
    assert values(report, "strict", names) == [round(100 / 3, 6), 50, 0]
    assert report.tables["official"].values["Acc"].queries == 2
    assert report.tables["strict"].values["Acc"].queries == 3
    assert "Acc Sum" not in report.tables["strict"].values  # none of the questions asks for it


def test_lvbench_options_and_times_are_read_out_of_the_question(tmp_path: Path) -> None:
    label = BENCHMARKS["lvbench"].read(annotated("lvbench", tmp_path), None)[0]
    assert label.question == "What year?"
    assert (label.options, label.answer) == (("1636", "1366", "1363", "1633"), "1633")
    assert (label.windows, label.duration) == (((15.0, 19.0),), 1800.0)


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("D", "D"),
        ("(D) 1633", "D"),
        ("D. 1633", "D"),
        ("I say (B) or (D)", "B"),
        ("Answer: D", "A"),
    ],
)
def test_lvbench_takes_the_first_character_after_its_polishing(text: str, letter: str) -> None:
    reading = BENCHMARKS["lvbench"].official.reading
    assert reading is not None
    assert reading(text, ()) == letter


def test_longvideobench_counts_an_unreadable_reply_as_a_guess_and_strict_as_wrong(
    tmp_path: Path,
) -> None:
    replies = {"v_0": "The answer is B.", "v_1": "no idea", "v_2": "Best answer: B"}
    report = scored("longvideobench", tmp_path, replies)
    assert values(report, "official", ("Acc", "Acc 15", "Acc 60")) == [75, 62.5, 100]
    assert values(report, "strict", ("Acc", "Acc 15", "Acc 60")) == [round(200 / 3, 6), 50, 100]


def test_mlvu_means_over_tasks_not_over_questions(tmp_path: Path) -> None:
    replies = [
        {"question_id": name, "question_type": "plotQA", "option": letter}
        for name, letter in [("plotQA_0", "B"), ("plotQA_1", "A"), ("plotQA_2", "A"), ("ego_3", "B")]
    ]  # fmt: skip
    report = scored("mlvu", tmp_path, replies)
    expected = [round(100 * (1 / 3 + 1) / 2, 6), 50, round(100 / 3, 6), 100]
    names = ("M-Avg", "Acc", "Acc plotQA", "Acc ego")
    assert values(report, "official", names) == values(report, "strict", names) == expected


def test_mlvu_reads_the_files_of_all_its_tasks(tmp_path: Path) -> None:
    first = annotated("mlvu", tmp_path)
    second = [ENTRIES["mlvu"][3] | {"question_type": "order"}]
    first.with_name("5_order.json").write_text(json.dumps(second), encoding="utf-8")
    first.with_name("9_summary.json").write_text(
        "[]", encoding="utf-8"
    )  # generation: no options to read
    labels = BENCHMARKS["mlvu"].read(first, None)
    assert [label.id for label in labels] == [
        "plotQA_0",
        "plotQA_1",
        "plotQA_2",
        "ego_3",
        "order_0",
    ]


def test_video_mme_leaves_out_what_has_no_letter_and_strict_counts_it_as_wrong(
    tmp_path: Path,
) -> None:
    questions = [
        ("001-1", "C. Jade."),
        ("001-2", "I cannot tell"),
        ("301-1", "B"),
        ("301-2", "The answer is C"),
    ]
    replies = [
        {"video_id": "x", "questions": [{"question_id": name, "answer": "C", "response": text}]}
        for name, text in questions
    ]
    report = scored("video-mme", tmp_path, replies)
    names = ("Acc", "Acc short", "Acc medium")
    assert values(report, "official", names) == [66.7, 100, 50]
    assert values(report, "strict", names) == [50, 50, 50]
    assert report.tables["official"].values["Acc"].queries == 3


def test_two_missing_commas_of_the_video_mme_script_are_kept() -> None:
    # "Best answer:" is not taken out, so its own B is read.
    assert first_capital("ABCD")("Best answer: C", ()) == "B"
    assert first_capital("ABCD")("The answer is C", ()) == "C"
    assert "Best answer:Best option:" in GLUED


def test_cg_bench_takes_all_windows_together_and_leaves_out_what_cannot_be_read(
    tmp_path: Path,
) -> None:
    replies = [
        {"qid": 0, "windows": [[10, 20], [40, 50]], "answer": "It is A or B"},  # names the right one, too
        {"qid": 1, "windows": [[10, 20]], "answer": "C"},  # half of the clues: IoU 0.5
        {"qid": 2, "windows": [], "answer": "B"},
    ]  # fmt: skip
    report = scored("cg-bench", tmp_path, replies)
    names = ("long-acc", "mIoU", "rec@IoU", "acc@IoU")
    # IoU 1 passes all five levels, 0.5 the four below it: above, not at.
    assert values(report, "official", names) == [66.67, 75, 90, 50]
    # Uniform rules: 0.5 passes 0.5, no window is IoU 0, no line is wrong, and two letters name nothing.
    assert values(report, "strict", names) == [25, 37.5, 50, 0]
    assert [report.tables["official"].values[name].queries for name in names] == [3, 2, 2, 2]


def test_cg_bench_takes_small_times_for_shares_as_its_script_does(tmp_path: Path) -> None:
    report = scored("cg-bench", tmp_path, [{"qid": 0, "windows": [[0.1, 0.2], [0.4, 0.5]]}])
    assert values(report, "official", ("mIoU",)) == [100]
    assert values(report, "strict", ("mIoU",)) == [0]


def test_extreme_when_bench_turns_reversed_ends_round_and_strict_does_not(tmp_path: Path) -> None:
    replies = [
        {"qid": "v_q0", "windows": [[1820, 1800]]},
        {"qid": "v_q1", "windows": [[1810, 1820]]},
        {"qid": "v_q2", "pred": [None, None]},
    ]
    report = scored("extreme-when-bench", tmp_path, replies)
    names = ("mIoU", "R1@0.5", "R1@0.7")
    assert values(report, "official", names) == [50, round(200 / 3, 6), round(100 / 3, 6)]
    assert values(report, "strict", names) == [round(50 / 3, 6), round(100 / 3, 6), 0]
    assert report.rates.failed == pytest.approx(1 / 3)


def test_didemo_ranks_against_the_three_annotators_that_agree_best(tmp_path: Path) -> None:
    replies = [
        # Ranks of [1, 1], [1, 1], [1, 2], [3, 5] are 1, 1, 2, 3: the best three mean 4 / 3.
        {"qid": 0, "windows": [[5, 10], [5, 15], [15, 30]]},
        # Truth [1, 2] is not listed.
        {"qid": 1, "windows": [[5, 10]]},
    ]
    report = scored("didemo", tmp_path, replies)
    # Overlaps of [5, 10] with the four are 1, 1, 0.5, 0: the best three mean 5 / 6.
    assert values(report, "official", ("Rank@1", "Rank@5", "mIoU")) == [0, 50, round(500 / 6, 6)]
    assert values(report, "strict", ("Rank@1", "Rank@5", "mIoU")) == [0, 50, 100]


def test_didemo_wants_every_query_ranked(tmp_path: Path) -> None:
    report = scored("didemo", tmp_path, [{"qid": 0, "windows": [[5, 10]]}])
    assert "prediction for every qid" in report.tables["official"].refused


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"), ("(b)", "B"), ("B. a cat", "B"), ("Answer: B", "B"), ("The best answer is (B).", "B"), ("A CAT", "B"),
        ("1", "B"), ("a cat or a dog", ""), ("I think so", ""), ("E", ""), ("7", ""), ("", ""), ("Because it rains", ""),
    ],
)  # fmt: skip
def test_the_uniform_reading_takes_words_letters_and_positions(text: str, letter: str) -> None:
    assert read_choice(text, ("a dog", "a cat", "a bird")) == letter


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_a_broken_entry_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    path = annotated(name, tmp_path)
    text = path.read_text(encoding="utf-8")
    for field in ("qa", "candidates", "questions", "choices", "correct_interval", "times"):
        text = text.replace(f'"{field}"', '"gone"')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError, match=r"(missing|null).*must be"):
        BENCHMARKS[name].read(path, None)


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_a_missing_file_is_told_with_its_source_and_its_place(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHENWHAT_BENCHMARKS", str(tmp_path))
    benchmark = BENCHMARKS[name]
    with pytest.raises(DatasetError) as caught:
        annotations_path(benchmark)
    assert str(tmp_path / name / benchmark.file) in str(caught.value)
    assert benchmark.origin in str(caught.value)
    # What everybody makes is not downloaded.
    assert ("Download" in str(caught.value)) != benchmark.own


def test_a_world_is_read_from_its_folder(tmp_path: Path) -> None:
    row = {"video": "a.mp4", "duration": 60, "query": "q", "source": "whenwhat-world"}
    rows = [
        row | {"id": "a", "spans": [[0, 10]], "meta": {"kind": "one"}},
        row | {"id": "b", "spans": []},
        row | {"id": "c", "spans": [[2, 4]], "task": "qa", "question": "Q?", "options": ["x", "y"], "answer": "y"},
    ]  # fmt: skip
    (tmp_path / "test.jsonl").write_text(
        "".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8"
    )
    assert [label.id for label in BENCHMARKS["world"].read(tmp_path, None)] == ["a", "b"]
    [question] = BENCHMARKS["world-qa"].read(tmp_path, None)
    assert (question.options, question.answer, question.windows) == (("x", "y"), "y", ((2.0, 4.0),))


def test_the_questions_of_the_annotated_videos_are_read(shared_folder: Path) -> None:
    labels = BENCHMARKS["annotated-qa"].read(shared_folder / "videos" / "annotations.jsonl", None)
    assert len(labels) == 27
    assert all(label.answer in label.options and label.windows for label in labels)
    grounding = BENCHMARKS["annotated"].read(shared_folder / "videos" / "annotations.jsonl", None)
    assert not {label.id for label in labels} & {label.id for label in grounding}


def test_the_table_is_printed_where_a_group_is_never_true(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"video": "a.mp4", "duration": 60, "query": "q", "source": "made up"}
    truth = [
        row | {"id": "a", "spans": [[0, 10]], "meta": {"kind": "one"}},
        row | {"id": "b", "spans": [], "meta": {"kind": "absent"}},
    ]
    for name, rows in {
        "t.jsonl": truth,
        "p.jsonl": [{"qid": "a", "spans": [[0, 10]]}, {"qid": "b", "spans": []}],
    }.items():
        text = "".join(json.dumps(one) + "\n" for one in rows)
        (tmp_path / name).write_text(text, encoding="utf-8")
    words = [
        "score",
        "rows",
        "--predictions",
        str(tmp_path / "p.jsonl"),
        "--annotations",
        str(tmp_path / "t.jsonl"),
    ]
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 0
    assert "absent (1), strict: Refused 100.00" in capsys.readouterr().out

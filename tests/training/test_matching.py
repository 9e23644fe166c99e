import math

import pytest

from grounder.errors import DatasetError
from scenetg.formats import Label
from training.matching import Matched, match, under
from training.metrics.case import STRICT, Predicted, Rules
from training.predictions import Predictions

AS_STATED = Rules(as_stated=True)
OFFICIAL = Rules(missing="refuse", unknown="refuse", empty="refuse", as_stated=True)


def label(name: str, *, duration: float | None = 100.0, start: float = 1, end: float = 2) -> Label:
    return Label(name, "v", "q", ((start, end),), "test", f"labels:{name}", duration)


def predicted(name: str, *windows: tuple[float, float], place: str = "") -> Predicted:
    return Predicted(name, place or f"p:{name}", tuple((*window, 1.0) for window in windows))


def matched(labels: list[Label], *rows: Predicted) -> Matched:
    return match(labels, Predictions(rows, ()))


def test_every_query_of_the_annotations_is_a_case_in_their_order() -> None:
    both = matched([label("a"), label("b")], predicted("b", (1, 2)))
    assert [(case.label.id, case.predicted is None) for case in both.cases] == [
        ("a", True),
        ("b", False),
    ]
    [problem] = both.problems
    assert (problem.kind, str(problem)) == ("missing", "labels:a: query 'a' has no prediction.")


def test_of_two_predictions_for_one_query_the_later_counts_and_is_reported() -> None:
    found = matched(
        [label("a")], predicted("a", (1, 2), place="p:1"), predicted("a", (3, 4), place="p:2")
    )
    assert found.cases[0].predicted == predicted("a", (3, 4), place="p:2")
    [problem] = found.problems
    assert str(problem) == "p:2: qid 'a' was at p:1; this later one counts."


def test_an_unknown_qid_is_left_out_and_reported() -> None:
    found = matched([label("a")], predicted("a", (1, 2)), predicted("z", (1, 2)))
    assert len(found.cases) == found.foreign == 1
    assert [str(problem) for problem in found.problems] == [
        "p:z: qid 'z' is not in the annotations; left out."
    ]


def test_predictions_of_another_split_are_an_error() -> None:
    with pytest.raises(
        DatasetError, match=r"None of the 1 predictions .* like 'z', the annotations like 'a'"
    ):
        matched([label("a")], predicted("z", (1, 2)))


def test_labels_must_be_there_and_unique() -> None:
    with pytest.raises(DatasetError, match="hold no query"):
        matched([], predicted("a"))
    with pytest.raises(DatasetError, match="labels:a: qid 'a' is also at labels:a"):
        matched([label("a"), label("a")], predicted("a"))


@pytest.mark.parametrize(
    ("window", "kind", "scored"),
    [
        ((5, 2), "reversed", None),
        ((5, 5), "a point", None),
        ((-3, 4), "out of range", (0, 4)),
        ((90, 130), "out of range", (90, 100)),
        ((90, 100.04), "", (90, 100.04)),
        ((120, 130), "outside the video", None),
        ((-5, -1), "outside the video", None),
        ((3, 4), "", (3, 4)),
    ],
)
def test_each_window_is_judged_and_strict_mends_or_voids_it(
    window: tuple[float, float], kind: str, scored: tuple[float, float] | None
) -> None:
    found = matched([label("a")], predicted("a", window))
    assert [problem.kind for problem in found.problems] == ([kind] if kind else [])
    [strict], [stated] = under(found, STRICT), under(found, AS_STATED)
    assert strict.predicted is not None
    assert stated.predicted == predicted("a", window)
    start, end, score = strict.predicted.windows[0]
    assert score == 1.0
    assert (None if math.isnan(start) else (start, end)) == scored


def test_without_a_length_only_the_start_can_be_judged() -> None:
    found = matched([label("a", duration=None)], predicted("a", (-3, 4000)))
    [case] = under(found, STRICT)
    assert case.predicted == predicted("a", (0, 4000))


def test_a_truth_that_nothing_can_hit_is_told() -> None:
    found = matched([label("a", start=3, end=3)], predicted("a", (1, 2)))
    assert [problem.kind for problem in found.problems] == ["unreachable truth"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([predicted("a", (1, 2))], r"1 are missing \(b, …\)"),
        (
            [predicted("a", (1, 2)), predicted("b", (1, 2)), predicted("z")],
            "1 are unknown",
        ),
        ([predicted("a", (1, 2)), predicted("b")], r"1 have none \(b, …\)"),
    ],
)
def test_what_the_official_script_refuses_is_refused_with_the_reason(
    rows: list[Predicted], message: str
) -> None:
    found = matched([label("a"), label("b")], *rows)
    with pytest.raises(DatasetError, match=message):
        under(found, OFFICIAL)
    assert len(under(found, STRICT)) == 2


def test_a_query_without_truth_is_told_unless_it_is_meant() -> None:
    absent = Label("a", "v", "q", (), "test", "labels:a", 100.0)
    predictions = Predictions((predicted("a"),), ())
    assert [problem.kind for problem in match([absent], predictions).problems] == [
        "unreachable truth"
    ]
    assert match([absent], predictions, absent=True).problems == ()


def test_a_prediction_may_go_as_far_as_the_truth_does() -> None:
    beyond = label("a", duration=19.29, start=14.1, end=20.0)
    found = matched([beyond], predicted("a", (14.1, 20.0)))
    assert found.problems == ()
    assert under(found, STRICT)[0].predicted == predicted("a", (14.1, 20.0))
    [problem] = matched([beyond], predicted("a", (14.1, 22.0))).problems
    assert problem.kind == "out of range"

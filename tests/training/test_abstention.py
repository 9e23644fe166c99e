"""Fitting thresholds on trials that are counted by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.context import Thresholds
from grounder.errors import DatasetError
from training.abstention import LEAST, Trial, check_enough, fit, held_out, judge

BASE = Thresholds(present=0.5, found=0.1, sure=0.8)


def trial(
    video: int, score: float, *, right: bool = False, presence: float = 0.9, present: bool = True
) -> Trial:
    return Trial(f"v{video}", present, right and present, presence, score)


def separable() -> list[Trial]:
    """20 right ones at score 0.6 and presence 0.7, 20 absent ones at 0.3 and 0.4, over 5 videos."""
    there = [trial(n % 5, 0.6, right=True, presence=0.7) for n in range(20)]
    gone = [trial(n % 5, 0.3, presence=0.4, present=False) for n in range(20)]
    return there + gone


def test_what_parts_present_from_absent_is_put_between_them() -> None:
    limits = fit(separable(), risk=0.2, base=BASE)
    assert limits == Thresholds(present=0.55, found=0.6, sure=0.6)
    judged = judge(separable(), limits)
    assert (judged.refused_absent, judged.refused_present) == (1, 0)
    assert (judged.sure, judged.wrong, judged.risk) == (20, 0, 0)


def test_sure_is_the_lowest_score_that_keeps_the_risk() -> None:
    # Best first: 9 right, 1 wrong, 9 right, then wrong ones. After 19: (1 + 1) / 20 = 0.1.
    scores = [0.9] * 9 + [0.8] + [0.7] * 9 + [0.6] * 5
    rights = [True] * 9 + [False] + [True] * 9 + [False] * 5
    rows = [trial(n % 5, s, right=r) for n, (s, r) in enumerate(zip(scores, rights, strict=True))]
    gone = [trial(n % 5, 0.05, presence=0.1, present=False) for n in range(20)]
    assert fit(rows + gone, risk=0.1, base=BASE).sure == 0.7
    assert fit(rows + gone, risk=0.3, base=BASE).sure == 0.6  # after 24: (6 + 1) / 25 = 0.28
    assert fit(rows + gone, risk=0.05, base=BASE).sure == 1.0  # the best nine: (0 + 1) / 10


def test_few_answers_do_not_look_safer_than_they_are() -> None:
    rows = [trial(n % 5, 0.9 if n < 3 else 0.5, right=n < 3) for n in range(20)]
    gone = [trial(n % 5, 0.0, presence=0.1, present=False) for n in range(20)]
    # All three of the best are right, but three prove no risk of 0.2: (0 + 1) / (3 + 1).
    assert fit(rows + gone, risk=0.2, base=BASE).sure == 1.0
    assert fit(rows + gone, risk=0.25, base=BASE).sure == 0.9


def test_a_model_that_looked_is_parted_by_its_own_score_and_presence_stays() -> None:
    rows = [Trial(t.video, t.present, t.right, 0.5, t.score, "stated") for t in separable()]
    limits = fit(rows, risk=0.2, base=BASE)
    assert (limits.present, limits.found) == (BASE.present, 0.45)
    assert judge(rows, limits).refused_absent == 1


def test_held_out_videos_are_judged_by_thresholds_that_never_saw_them() -> None:
    # In one video everything is shifted: what the others teach refuses all of its present queries.
    rows = separable()
    odd = [trial(9, 0.3, right=True, presence=0.2) for _ in range(10)]
    judged = held_out(rows + odd, risk=0.2, base=BASE)
    assert judged.refused_present == pytest.approx(10 / 30)
    assert judged.queries == 50


def test_equally_good_thresholds_give_the_middle_one() -> None:
    there = [trial(n % 5, 0.6, right=True, presence=0.8) for n in range(20)]
    gone = [trial(n % 5, 0.3, presence=p, present=False) for n, p in enumerate([0.1, 0.3] * 10)]
    assert fit(there + gone, risk=0.2, base=BASE).present == 0.55


@pytest.mark.parametrize(
    ("present", "absent", "videos"),
    [(LEAST - 1, LEAST, 5), (LEAST, LEAST - 1, 5), (LEAST, LEAST, 3)],
)
def test_too_few_rows_are_refused_with_the_count_that_is_needed(
    present: int, absent: int, videos: int
) -> None:
    rows = [trial(n % videos, 0.5) for n in range(present)]
    rows += [trial(n % videos, 0.5, present=False) for n in range(absent)]
    with pytest.raises(DatasetError, match=f"{present} present and {absent} absent .* at least 20"):
        check_enough(rows)
    check_enough(separable())


chances = st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
drawn = st.lists(
    st.builds(
        lambda video, present, right, presence, score: trial(
            video, score, right=right, presence=presence, present=present
        ),
        st.integers(0, 6), st.booleans(), st.booleans(), chances, chances,
    ),
    min_size=1,
)  # fmt: skip


@given(drawn, st.sampled_from([0.05, 0.2, 0.5]))
def test_fitted_thresholds_are_chances_and_keep_the_risk_on_what_they_were_fitted_on(
    rows: list[Trial], risk: float
) -> None:
    limits = fit(rows, risk=risk, base=BASE)
    assert all(0 <= value <= 1 for value in (limits.present, limits.found, limits.sure))
    judged = judge(rows, limits)
    if judged.sure and limits.sure < 1:
        assert judged.wrong + 1 <= risk * (judged.sure + 1) + 1e-9

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.adapters import load_adapter
from grounder.errors import SpecError
from grounder.reply import parse_reply, write_reply
from grounder.span import Span
from training.metrics import score_span
from training.rewards import load_reward, reward_names
from training.rewards.moments import transport_distance

MANY = load_adapter("timelens2")  # a JSON array of pairs
THINKS = load_adapter("time-r1")  # <think>…</think><answer>a to b</answer>
WITHIN = (0.0, 100.0)

RANGES = {
    "length_ratio": (-1.0, 0.0),
    "parse_penalty": (-1.0, 0.0),
}


def reward(name, said, truth, *, adapter=MANY, within=WITHIN, settings=None, **columns):
    """Call a reward as TRL does, with one row."""
    call = load_reward(name, adapter, settings)
    turn = [{"role": "assistant", "content": said}]
    rows = {key: [value] for key, value in columns.items()}
    values = call([turn], spans=[truth], within=[within], prompts=["?"], trainer_state=None, **rows)
    assert len(values) == 1
    return values[0]


FOUND, TRUE = "[[10, 30]]", [[20.0, 40.0]]
# IoU 10/30, hull 30, centres 20 and 30.
BY_HAND = {
    "iou": 1 / 3,
    "timestamp_iou": 1 / 3 * 0.9 * 0.9,
    "cendist": 0.9,
    "cendist_exp": math.exp(-1),
    "giou": (1 + 1 / 3) / 2,
    "diou": (1 + 1 / 3 - 1 / 9) / 2,
    "boundary": math.exp(-1),
    "set_iou": 1 / 3,
    "soft_f1": 0.5,
    "paired_giou": (1 + 1 / 3) / 2,
    "wasserstein": math.exp(-10 / 20),
    "length_ratio": 0.0,
    "format": 1.0,
    "parse_penalty": 0.0,
}
# Apart: hull 90 (from 0 to 90), centres 5 and 80, length 10 against 20.
APART = {
    "iou": 0.0,
    "timestamp_iou": 0.0,
    "cendist": 0.25,
    "cendist_exp": math.exp(-7.5),
    "giou": (1 - 60 / 90) / 2,
    "diou": (1 - (75 / 90) ** 2) / 2,
    "boundary": math.exp(-(70 + 80) / 20),
    "set_iou": 0.0,
    "soft_f1": 0.0,
    "paired_giou": (1 - 60 / 90) / 2,
    "wasserstein": math.exp(-75 / 20),
    "length_ratio": -math.log10(2),
}


@pytest.mark.parametrize(("name", "value"), BY_HAND.items())
def test_rewards_of_overlapping_spans_are_what_a_hand_computes(name, value):
    assert reward(name, FOUND, TRUE) == pytest.approx(value)


@pytest.mark.parametrize(("name", "value"), APART.items())
def test_rewards_of_spans_apart_are_what_a_hand_computes(name, value):
    assert reward(name, "[[0, 10]]", [[70.0, 90.0]]) == pytest.approx(value)


SEVERAL = {
    # P = [0, 10) and [50, 60), G = [5, 15) and [50, 60): 15 s shared of a union of 25 s.
    "set_iou": 15 / 25,
    "soft_f1": 30 / 40,
    "paired_giou": ((1 + 5 / 15) / 2 + 1) / 2,
    "wasserstein": math.exp(-2.5 / 20),  # half of the mass moves 5 s
    "length_ratio": 0.0,
    # One moment: the first, for want of stated confidences; against the span that it fits best.
    "iou": 5 / 15,
    "cendist": 0.95,
}


@pytest.mark.parametrize(("name", "value"), SEVERAL.items())
def test_rewards_of_several_spans_are_what_a_hand_computes(name, value):
    assert reward(name, "[[0, 10], [50, 60]]", [[5, 15], [50, 60]]) == pytest.approx(value)


def test_a_moment_without_a_partner_counts_as_nothing():
    assert reward("paired_giou", "[[0, 10]]", [[0, 10], [50, 60]]) == pytest.approx(0.5)
    assert reward("paired_giou", "[[0, 10], [50, 60]]", [[0, 10]]) == pytest.approx(0.5)


def test_the_surest_of_several_moments_counts():
    said = (
        '[{"start": 0, "end": 10, "confidence": 0.2}, {"start": 20, "end": 40, "confidence": 0.9}]'
    )
    assert reward("iou", said, TRUE, adapter=load_adapter("plain")) == 1.0


def test_length_ratio_stops_at_ten_times():
    assert reward("length_ratio", "[[0, 100]]", [[0, 1]]) == -1.0
    assert reward("length_ratio", "[[0, 50]]", [[0, 10]]) == pytest.approx(-math.log10(5))


def test_settings_reach_the_reward():
    assert reward("cendist_exp", FOUND, TRUE, settings={"kappa": 0.2}) == pytest.approx(
        math.exp(-0.5)
    )
    assert reward("boundary", FOUND, TRUE, settings={"kappa": 1}) == pytest.approx(math.exp(-0.1))


def test_times_of_a_window_are_seconds_of_the_whole_video():
    # The model calls 0 what is second 50 of the video.
    assert reward("iou", "[[10, 30]]", [[60, 80]], within=(50.0, 90.0)) == 1.0
    assert reward("cendist", "[[0, 10]]", [[70, 80]], within=(50.0, 90.0)) == pytest.approx(0.5)


def test_truth_outside_what_was_shown_does_not_count():
    assert reward("iou", "[[20, 40]]", [[20, 60]], within=(0.0, 40.0)) == 1.0
    assert reward("iou", "[[20, 40]]", [[50, 60]], within=(0.0, 40.0)) is None


UNREADABLE = "I saw 2 to 3 people."
OF_MOMENTS = sorted(set(reward_names()) - {"format", "parse_penalty", "refusal", "qa_correct"})


@pytest.mark.parametrize("name", OF_MOMENTS)
def test_a_reply_without_a_moment_gets_the_least(name):
    least = RANGES.get(name, (0.0, 1.0))[0]
    assert reward(name, UNREADABLE, TRUE) == least
    assert reward(name, "[]", TRUE) == least


@pytest.mark.parametrize("name", OF_MOMENTS)
def test_rewards_of_moments_do_not_apply_where_the_query_is_nowhere(name):
    assert reward(name, FOUND, []) is None
    assert reward(name, "[]", []) is None


def test_refusal_applies_only_where_the_query_is_nowhere():
    assert reward("refusal", "[]", []) == 1.0
    assert reward("refusal", FOUND, []) == 0.0
    assert reward("refusal", UNREADABLE, []) == 0.0
    assert reward("refusal", "[]", TRUE) is None


def test_parse_penalty_spares_taught_refusals():
    assert reward("parse_penalty", UNREADABLE, TRUE) == -1.0
    assert reward("parse_penalty", "[]", []) == 0.0
    assert reward("parse_penalty", "from 10 s to 30 s", TRUE) == 0.0  # repaired


GOOD = (
    "<think>a dog from 10 s on, gone at 30.0; two 2 dogs</think>\n<answer>10.00 to 30.00</answer>"
)
TEMPLATE = r"<think>.*?</think>\s*<answer>.*?</answer>"
STAGED = {"pattern": TEMPLATE, "unparsable": 0.2, "uncited": 0.6}


@pytest.mark.parametrize(
    ("said", "settings", "value"),
    [
        (GOOD, {}, 1.0),
        (GOOD, {"pattern": TEMPLATE}, 1.0),
        (GOOD + " Yes.", {"pattern": TEMPLATE}, 0.0),
        ("<answer>10 to 30</answer>", {"pattern": TEMPLATE}, 0.0),
        ("<answer>10 to 30</answer>", {}, 1.0),
        ("10.0 to 30.0", {}, 0.0),  # readable, but not in the form
        ("<think>at 3</think><answer>no idea</answer>", STAGED, 0.2),
        ("<think>a dog</think><answer>10 to 30</answer>", STAGED, 0.6),
        ("<think>two 2 dogs</think><answer>10 to 30</answer>", STAGED, 0.6),
        ("<think>a dog at 10</think><answer>10 to 30</answer>", STAGED, 0.6),
        (f"<think>{'10 30 ' * 11}</think><answer>10 to 30</answer>", STAGED, 0.6),
        (GOOD, STAGED, 1.0),
        ("<think>a</think><answer>none</answer>", {"pattern": TEMPLATE, "unparsable": 1.0}, 1.0),
    ],
)
def test_format(said, settings, value):
    assert reward("format", said, TRUE, adapter=THINKS, settings=settings) == value


OPTIONS = ["A dog", "a cat", "a bird"]


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("<think>A. surely</think><answer>B</answer>", 1.0),
        ("B", 1.0),
        ("(B)", 1.0),
        ("b", 1.0),
        ("**B**", 1.0),
        ("**B.** A cat", 1.0),
        ("The answer is B.", 1.0),
        ("The answer is **B**: a cat.", 1.0),
        ("The answer is B: a dog.", 0.0),
        ("The answer is A.", 0.0),
        ("B. A cat.", 1.0),
        ("(B) a cat", 1.0),
        ("B) a dog", 0.0),
        ("A cat.", 1.0),
        ("A dog", 0.0),
        ("A", 0.0),
        ("D", 0.0),
        ("a cat and a dog", 0.0),
        ("", 0.0),
    ],
)
def test_qa_correct(said, value):
    assert reward("qa_correct", said, [], answer="a cat", options=OPTIONS) == value


def test_an_empty_reply_is_never_the_right_answer():
    assert reward("qa_correct", "", [], answer="") == 0.0
    assert reward("qa_correct", ".", [], answer="", options=["", "a cat"]) == 0.0


def test_qa_correct_without_options_and_without_a_question():
    assert reward("qa_correct", "<answer>seven</answer>", [], answer="Seven.") == 1.0
    assert reward("qa_correct", "B", [], answer="a cat", options=None) == 0.0
    assert reward("qa_correct", "seven", TRUE) is None
    assert reward("qa_correct", "seven", TRUE, answer=None, options=None) is None


@st.composite
def span(draw):
    """Ends with two decimals, as models write them."""
    start = draw(st.integers(0, 9900))
    return Span(start / 100, draw(st.integers(start + 50, 10_000)) / 100)


spans = st.lists(span(), min_size=1, max_size=4)


@given(found=st.lists(span(), max_size=4), truth=st.lists(span(), max_size=4))
def test_every_reward_stays_in_its_range(found, truth):
    said = write_reply(found, adapter=MANY, within=Span(*WITHIN))
    pairs = [[true.start, true.end] for true in truth]
    for name in reward_names():
        value = reward(name, said, pairs)
        low, high = RANGES.get(name, (0.0, 1.0))
        assert value is None or low <= value <= high + 1e-9, name


@given(truth=span())
def test_the_truth_itself_earns_the_most(truth):
    said = f"[[{truth.start}, {truth.end}]]"
    parsed = parse_reply(said, adapter=MANY, within=Span(*WITHIN))
    pairs = [[one.start, one.end] for one in parsed.spans]
    for name in OF_MOMENTS:
        assert reward(name, said, pairs) == pytest.approx(RANGES.get(name, (0, 1))[1]), name


@given(found=span(), truth=spans)
def test_reward_equals_metric(found, truth):
    said = write_reply([found], adapter=MANY, within=Span(*WITHIN))
    reply = parse_reply(said, adapter=MANY, within=Span(*WITHIN))
    measured = score_span(reply.spans[0], truth).mean_iou
    assert reward("iou", said, [[true.start, true.end] for true in truth]) == measured


def numeric_distance(left, right, step=0.005):
    """W1 by brute force: the area between the shares of mass seen so far."""
    total, seen = 0.0, [0.0, 0.0]
    lengths = [sum(one.duration for one in side) for side in (left, right)]
    for number in range(round(100 / step)):
        middle = (number + 0.5) * step
        for side, spans_of_side in enumerate((left, right)):
            inside = sum(one.contains(middle) for one in spans_of_side)
            seen[side] += step * inside / lengths[side]
        total += abs(seen[0] - seen[1]) * step
    return total


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([Span(0, 10)], [Span(30, 50)]),
        ([Span(0, 90)], [Span(40, 50)]),
        ([Span(0, 5), Span(80, 95)], [Span(20, 30), Span(60, 61)]),
    ],
)
def test_transport_distance_equals_brute_force(left, right):
    assert transport_distance(left, right) == pytest.approx(numeric_distance(left, right), abs=0.05)


@given(left=spans, right=spans, seconds=st.floats(0.5, 50))
def test_transport_distance_is_a_distance(left, right, seconds):
    there, back = transport_distance(left, right), transport_distance(right, left)
    assert there == pytest.approx(back)
    assert transport_distance(left, left) == 0
    assert transport_distance(left, [one.shift(seconds) for one in left]) == pytest.approx(seconds)


@pytest.mark.parametrize("name", reward_names())
def test_rewards_pickle(name):
    call = load_reward(name, MANY)
    columns = {"spans": [TRUE], "within": [WITHIN], "answer": ["a"], "options": [None]}
    again = pickle.loads(pickle.dumps(call))
    assert again.__name__ == name
    assert again([FOUND], **columns) == call([FOUND], **columns)


def test_unknown_rewards_and_settings_are_named():
    with pytest.raises(SpecError, match=r"No reward is called 'uio'.*iou"):
        load_reward("uio", MANY)
    with pytest.raises(SpecError, match="no setting 'kapa'"):
        load_reward("boundary", MANY, {"kapa": 1})
    with pytest.raises(SpecError, match="'iou' has no setting 'kappa'"):
        load_reward("iou", MANY, {"kappa": 1})
    with pytest.raises(SpecError, match="'wide'"):
        load_reward("boundary", MANY, {"kappa": "wide"})
    with pytest.raises(SpecError, match="'kappa' of the reward 'cendist_exp' is 0; it must be ab"):
        load_reward("cendist_exp", MANY, {"kappa": 0})
    with pytest.raises(SpecError, match=r"'kappa' .* is nan"):
        load_reward("boundary", MANY, {"kappa": math.nan})
    with pytest.raises(
        SpecError, match=r"'pattern' of the reward 'format' is '\(', which is no reg"
    ):
        load_reward("format", MANY, {"pattern": "("})

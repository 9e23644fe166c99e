import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from grounder.adapters import adapter_names, load_adapter
from grounder.reply import parse_reply, payload_range, write_reply
from grounder.span import Span

WITHIN = Span(100.0, 160.0)  # on a window clock: 0 to 60 seconds
WINDOW = load_adapter("time-r1")
VIDEO = load_adapter("plain")
MANY = load_adapter("timelens2")

any_adapter = st.sampled_from(adapter_names()).map(load_adapter)


@st.composite
def spans_within(draw, within):
    start = draw(st.floats(within.start, within.end - 1))
    end = draw(st.floats(start + 0.5, within.end))
    return Span(start, end)


@given(any_adapter, st.data())
def test_what_a_right_model_writes_is_read_back(adapter, data):
    most = 3 if adapter.reply.take == "all" else 1
    written = data.draw(st.lists(spans_within(WITHIN), min_size=1, max_size=most))
    reply = parse_reply(
        write_reply(written, adapter=adapter, within=WITHIN), adapter=adapter, within=WITHIN
    )
    assert reply.status == "ok", reply
    seen = list(dict.fromkeys((round(s.start, 1), round(s.end, 1)) for s in written))
    assume(len(seen) == len(written) == len(reply.spans))
    for span, original in zip(reply.spans, written, strict=True):
        assert span.start == pytest.approx(original.start, abs=0.051)
        assert span.end == pytest.approx(original.end, abs=0.051)


@given(any_adapter, st.text())
def test_any_text_is_read_without_raising_and_spans_lie_in_the_window(adapter, text):
    reply = parse_reply(text, adapter=adapter, within=WITHIN)
    assert all(span.clip(WITHIN) == span for span in reply.spans)
    assert reply.status != "failed" or not reply.spans


@given(
    any_adapter,
    st.text(alphabet="0123456789.:-to ,[]{}()<>/ansewr\"'timeandscodhpk\n", max_size=200),
)
def test_text_of_the_parsers_own_letters_never_raises(adapter, text):
    parse_reply(text, adapter=adapter, within=WITHIN)


@given(any_adapter, st.floats(0, 60), st.floats(0, 60))
def test_numbers_in_a_thought_are_not_read(adapter, a, b):
    thought = (
        f"<think>perhaps from {a:.2f} to {b:.2f} seconds, <answer>1.00 to 2.00</answer></think>"
    )
    assert parse_reply(thought, adapter=adapter, within=WITHIN).spans == ()
    answered = thought + write_reply([Span(110, 120)], adapter=adapter, within=WITHIN)
    assert parse_reply(answered, adapter=adapter, within=WITHIN).spans == (Span(110, 120),)


def test_a_thought_that_never_ends_holds_no_answer():
    reply = parse_reply("<think>from 1.0 to 2.0 seconds", adapter=WINDOW, within=WITHIN)
    assert reply.status == "failed"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2 to 3 people walk in, 10.0 - 15.0 seconds", 10, 15),
        ("It starts at [10, 15].", 10, 15),
        ("from 10 to 15 seconds", 10, 15),
        ("From 10 seconds to 15 seconds.", 10, 15),
        ("10s–15s", 10, 15),
        ("between 10.0 and 15.5", 10, 15.5),
        ("00:10 - 00:15.5", 10, 15.5),
        ("0:00:10 to 0:00:15", 10, 15),
        ('{"start_time": "10.0", "end_time": "15.0"}', 10, 15),
        ("10, 15", 10, 15),
        ("10 15", 10, 15),
        ("<time>[10, 15]</time>", 10, 15),
    ],
)
def test_other_clear_forms_are_repaired(text, start, end):
    reply = parse_reply(text, adapter=WINDOW, within=WITHIN)
    assert reply.status == "repaired"
    assert reply.spans == (Span(100 + start, 100 + end),)
    assert any(repair.startswith("other pattern: ") for repair in reply.repairs)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot help with that.",
        "2 to 3 people walk in",
        "chapter 4 - 7 of the book",
        "<answer>nan to inf</answer>",
        "<answer>1e5 to 2e5</answer>",
        "<answer>99999999999 to 999999999999</answer>",
        "<answer>200 to 300</answer>",
        "<answer>5.0 to 5.0</answer>",
        "around 12.5 seconds",
        "[]",
        "It is not shown between 10.0 and 15.0 seconds.",
        "version 1.2.3 to 4.5.6",
    ],
)
def test_what_is_unclear_fails_instead_of_being_guessed(text):
    reply = parse_reply(text, adapter=WINDOW, within=WITHIN)
    assert (reply.status, reply.spans) == ("failed", ())


def test_reversed_ends_are_sorted_and_flagged():
    reply = parse_reply("<answer>17.0 to 12.0</answer>", adapter=WINDOW, within=WITHIN)
    assert (reply.status, reply.spans, reply.repairs) == (
        "repaired",
        (Span(112, 117),),
        ("reversed",),
    )


def test_ends_beyond_the_window_are_cut_and_flagged():
    reply = parse_reply("<answer>-3.0 to 12.0</answer>", adapter=WINDOW, within=WITHIN)
    assert (reply.status, reply.spans, reply.repairs) == (
        "repaired",
        (Span(100, 112),),
        ("clamped",),
    )


def test_a_written_end_that_rounds_past_the_window_is_no_repair():
    reply = parse_reply("<answer>1.00 to 29.97</answer>", adapter=WINDOW, within=Span(0, 29.966))
    assert (reply.status, reply.spans) == ("ok", (Span(1, 29.966),))


def test_the_last_answer_counts_and_the_others_are_flagged():
    text = "<answer>1.0 to 2.0</answer> no, <answer>3.0 to 4.0 or 5.0 to 6.0</answer>"
    reply = parse_reply(text, adapter=WINDOW, within=WITHIN)
    assert reply.spans == (Span(105, 106),)
    assert reply.repairs == ("several moments, last taken",)


def test_a_broken_pair_beside_a_good_one_is_flagged():
    reply = parse_reply("[[1, 2], [3, x]]", adapter=MANY, within=WITHIN)
    assert (reply.status, reply.spans) == ("repaired", (Span(101, 102),))


@pytest.mark.parametrize("text", ["[]", " [ ] ", "It does not appear in the video."])
def test_a_model_that_was_taught_to_refuse_may_refuse(text):
    assert parse_reply(text, adapter=MANY, within=WITHIN).status == "ok"
    assert parse_reply(text, adapter=MANY, within=WITHIN).spans == ()


def test_a_model_on_the_video_clock_is_not_shifted():
    text = '[{"start": 110.0, "end": 120.0, "confidence": 0.75}]'
    reply = parse_reply(text, adapter=VIDEO, within=WITHIN)
    assert (reply.status, reply.spans, reply.confidences) == ("ok", (Span(110, 120),), (0.75,))


def test_a_confidence_above_one_is_not_taken():
    reply = parse_reply(
        '[{"start": 110, "end": 120, "confidence": 7}]', adapter=VIDEO, within=WITHIN
    )
    assert reply.confidences == (None,)


@pytest.mark.parametrize(
    "unit", ["<answer>", "1 ", "1 - ", " ", "[1,", "<think>", "</think>", "1.", "not "]
)
@pytest.mark.parametrize("name", adapter_names())
def test_huge_replies_are_read_quickly(unit, name):
    began = time.process_time()
    parse_reply(unit * 200_000, adapter=load_adapter(name), within=WITHIN)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("name", [n for n in adapter_names() if load_adapter(n).reply.thought])
def test_a_thought_stands_before_the_answer_and_is_not_read(name):
    adapter = load_adapter(name)
    text = write_reply([Span(110, 120)], adapter=adapter, within=WITHIN, thought="Not 1.0 to 2.0.")
    assert text.startswith("<think>Not 1.0 to 2.0.</think>")
    reply = parse_reply(text, adapter=adapter, within=WITHIN)
    assert (reply.status, reply.spans) == ("ok", (Span(110, 120),))


def test_models_that_never_think_cannot_write_a_thought():
    with pytest.raises(ValueError, match="no place for a thought"):
        write_reply([], adapter=load_adapter("qwen3-vl"), within=WITHIN, thought="Hm.")


def test_only_models_with_a_way_to_say_no_can_write_no():
    assert write_reply([], adapter=MANY, within=WITHIN) == "[]"
    with pytest.raises(ValueError, match="no way to say"):
        write_reply([], adapter=WINDOW, within=WITHIN)


@pytest.mark.parametrize(
    ("name", "text", "payload"),
    [
        ("time-r1", "<think>1.0 to 2.0</think><answer>3.0 to 4.0</answer>", "3.0 to 4.0"),
        ("time-r1", "<answer>1 to 2</answer> or <answer> 3 to 4</answer>.", " 3 to 4"),
        ("time-r1", "3.0 to 4.0", None),
        ("timelens2", "So: [[1.0, 2.0], [3.0, 4.0]] seconds", "[1.0, 2.0], [3.0, 4.0]"),
        ("timelens2", "<think>[1, 2]</think> é [3, 4]", "[3, 4]"),
        ("timelens2", "<think>[1, 2]", None),
        ("timelens2", "", None),
    ],
)
def test_the_payload_of_a_reply_is_where_its_moments_stand(name, text, payload):
    place = payload_range(text, adapter=load_adapter(name))
    assert (None if place is None else text[slice(*place)]) == payload

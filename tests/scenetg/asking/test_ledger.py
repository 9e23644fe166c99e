import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.errors import BuildError, CapReached, SpecError
from grounder.video.frames import Frames
from grounder.vlm import Clip, Completion, Message, Picture, Prompt, Sampling, Text
from grounder.vlm.scripted import ScriptedVLM
from scenetg.asking.ledger import Caps, Ledger, Price, Spent, most_tokens, read_price
from scenetg.asking.limits import Limits, open_asker
from scenetg.asking.pace import Pace
from scenetg.asking.replies import Replies, model_of, reply_key

SAMPLING = Sampling(max_tokens=10)
SAID = Completion("hello", 7, 2, 3, 4, False)


def prompt(text: str) -> Prompt:
    return (Message("user", (Text(text),)),)


def picture(level: int, *, time: float = 0.0, max_pixels: int = 4096) -> Prompt:
    frames = Frames(np.full((1, 64, 64, 3), level, np.uint8), np.array([time]))
    return (Message("user", (Picture(frames, max_pixels),)),)


@pytest.mark.parametrize("text", ["0.15/0.60", "0/2", "1e-3/5"])
def test_a_price_is_two_amounts(text: str) -> None:
    price = read_price(text)
    assert price == Price(*map(float, text.split("/")))


@pytest.mark.parametrize("text", ["", "1", "1/2/3", "-1/2", "nan/1", "1/inf", "a/b"])
def test_anything_else_is_no_price(text: str) -> None:
    with pytest.raises(SpecError, match="IN/OUT"):
        read_price(text)


def test_a_price_is_of_a_million_tokens() -> None:
    assert Price(0.5, 2.0).of(1_000_000, 500_000) == Spent(1, 1_000_000, 500_000, 1.5)


def test_a_cap_on_cost_needs_a_price() -> None:
    with pytest.raises(SpecError, match="--price"):
        Ledger(caps=Caps(cost=1.0))


@given(st.lists(st.tuples(st.integers(1, 200), st.booleans()), max_size=40), st.integers(0, 3000))
def test_no_order_of_requests_crosses_the_cap(
    requests: list[tuple[int, bool]], thousandths: int
) -> None:
    cap = thousandths / 1000
    ledger = Ledger(Price(1000.0, 1000.0), Caps(cost=cap))
    waiting = []
    for size, settle_now in requests:
        try:
            waiting.append(ledger.reserve([prompt("x" * size)], SAMPLING))
        except CapReached:
            continue
        if settle_now:
            [one] = waiting.pop(0)
            # A server counts at most a token a byte, and never writes more than it may.
            ledger.settle("test", [one], [ledger.bill(one, one.bound, SAMPLING.max_tokens)])
        assert ledger.total.cost <= cap + 1e-9
    for reserved in waiting:
        ledger.settle("test", reserved, [one.most for one in reserved])
    assert ledger.total.cost <= cap + 1e-9


def test_what_is_not_answered_is_given_back() -> None:
    ledger = Ledger(caps=Caps(requests=1))
    for _ in range(3):
        reserved = ledger.reserve([prompt("a")], SAMPLING)
        with pytest.raises(CapReached):
            ledger.reserve([prompt("b")], SAMPLING)
        ledger.settle("test", reserved, [])
    assert ledger.total == Spent()


def test_a_model_that_counts_more_than_our_bound_raises_the_bound() -> None:
    ledger = Ledger(Price(1.0, 1.0))
    [first] = ledger.reserve([picture(0)], SAMPLING)
    ledger.settle("test", [first], [ledger.bill(first, 3 * first.bound, 1)])
    [second] = ledger.reserve([picture(0)], SAMPLING)
    assert second.most.prompt_tokens == 3 * first.most.prompt_tokens


def test_pictures_and_words_are_bounded_from_above() -> None:
    assert most_tokens(prompt("é" * 100)) >= 200
    large = Frames(np.zeros((4, 560, 560, 3), np.uint8), np.arange(4.0))
    clip = (Message("user", (Clip(large, 10**9),)),)
    assert most_tokens(clip) >= 4 * 400
    assert most_tokens(picture(0)) >= 300


def test_a_reply_is_read_as_it_was_stored_by_any_process(tmp_path: Path) -> None:
    first, second = Replies(tmp_path), Replies(tmp_path)
    bill = Spent(1, 70, 20, 0.25)
    first.store({"key": SAID}, [bill], purpose="caption", model="m")
    assert second.find(["key", "other"]) == {"key": SAID}
    assert second.spent() == {"caption": bill}
    assert len(second.find([f"k{n}" for n in range(2000)])) == 0


def test_a_file_that_is_damaged_is_named(tmp_path: Path) -> None:
    (tmp_path / "replies.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(BuildError, match=r"replies\.sqlite.*move a damaged file away"):
        Replies(tmp_path)


def test_a_full_disk_is_told_and_keeps_what_is_there(tmp_path: Path) -> None:
    replies = Replies(tmp_path)
    replies.store({"a": SAID}, [Spent(1)], purpose="p", model="m")
    replies._connection.execute("PRAGMA max_page_count = 2")
    big = Completion("x" * 100_000, 1, 1, 0, 0, True)
    with pytest.raises(BuildError, match=r"full.*Free some space"):
        replies.store({"b": big}, [Spent(1)], purpose="p", model="m")
    assert Replies(tmp_path).find(["a", "b"]) == {"a": SAID}


def test_the_key_depends_on_every_word_pixel_time_and_setting() -> None:
    keys = [
        reply_key("m", prompt("a"), SAMPLING),
        reply_key("m", prompt("b"), SAMPLING),
        reply_key("n", prompt("a"), SAMPLING),
        reply_key("m", prompt("a"), Sampling(max_tokens=11)),
        reply_key("m", prompt("a"), Sampling(max_tokens=10, seed=1)),
        reply_key("m", (Message("system", (Text("a"),)),), SAMPLING),
        reply_key("m", picture(1), SAMPLING),
        reply_key("m", picture(2), SAMPLING),
        reply_key("m", picture(1, time=1.0), SAMPLING),
        reply_key("m", picture(1, max_pixels=99), SAMPLING),
    ]
    assert len(set(keys)) == len(keys)
    assert reply_key("m", picture(1), SAMPLING) == reply_key("m", picture(1), SAMPLING)


@pytest.mark.parametrize(
    ("spec", "model"),
    [
        ("openai:a/b@http://127.0.0.1:8000/v1", "openai:a/b"),
        ("openai:a@b@https://host/v1#time-r1", "openai:a@b#time-r1"),
        ("hf:folder@home", "hf:folder@home"),
        ("scripted", "scripted"),
    ],
)
def test_a_model_is_the_same_at_any_address(spec: str, model: str) -> None:
    assert model_of(spec) == model


class Clock:
    """A clock that only moves when someone waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def starts(pace: Pace, clock: Clock, tokens: list[int]) -> list[float]:
    times = []
    for count in tokens:
        pace.wait(count)
        times.append(clock.now - 100)
    return times


def test_requests_are_spread_over_the_minute() -> None:
    clock = Clock()
    pace = Pace(requests_per_minute=30, clock=clock, pause=clock.pause)
    assert starts(pace, clock, [9, 9, 9, 9]) == [0, 2, 4, 6]
    clock.now += 60
    assert starts(pace, clock, [9]) == [66]


def test_tokens_are_spread_over_the_minute() -> None:
    clock = Clock()
    pace = Pace(tokens_per_minute=600, clock=clock, pause=clock.pause)
    assert starts(pace, clock, [10, 50, 10]) == [0, 1, 6]


def test_a_request_that_was_smaller_than_expected_lets_the_next_one_go_sooner() -> None:
    clock = Clock()
    pace = Pace(tokens_per_minute=600, clock=clock, pause=clock.pause)
    pace.wait(100)
    pace.correct(100, 20)
    assert starts(pace, clock, [10]) == [2]


def test_without_limits_nobody_waits() -> None:
    clock = Clock()
    assert starts(Pace(clock=clock, pause=clock.pause), clock, [10**9] * 5) == [0] * 5


def test_threads_share_one_pace() -> None:
    paused: list[float] = []
    pace = Pace(requests_per_minute=60, clock=lambda: 0.0, pause=paused.append)
    threads = [threading.Thread(target=pace.wait, args=(1,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(paused) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("name", "calls", "prompts"), [("openai:m@http://127.0.0.1:9/v1", 8, 1), ("hf:m", 1, 8)]
)
def test_a_server_gets_many_calls_and_a_model_in_this_process_large_ones(
    tmp_path: Path, name: str, calls: int, prompts: int
) -> None:
    asker = open_asker(ScriptedVLM(lambda _: "", name=name), tmp_path, Limits(concurrency=8))
    assert (asker.at_once, asker.batch) == (calls, prompts)


def test_a_second_model_is_asked_in_its_own_way_under_the_same_caps(tmp_path: Path) -> None:
    served = ScriptedVLM(lambda _: "", name="openai:m@http://127.0.0.1:9/v1")
    here, stranger = ScriptedVLM(lambda _: "", name="hf:m"), ScriptedVLM(lambda _: "")
    asker = open_asker(served, tmp_path, Limits(concurrency=8), other=here)
    second = asker.for_model(here)
    assert asker.for_model(served) is asker
    assert (asker.at_once, asker.batch, second.at_once, second.batch) == (8, 1, 1, 8)
    assert (second.ledger, second.replies) == (asker.ledger, asker.replies)
    with pytest.raises(ValueError, match="add_model"):
        asker.for_model(stranger)
    asker.close()

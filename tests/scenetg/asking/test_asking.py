import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from pydantic import BaseModel

from grounder.errors import BackendError, CapReached, VideoError
from grounder.vlm import Message, Prompt, Sampling, Text
from grounder.vlm.openai import OpenAiVLM
from grounder.vlm.scripted import ScriptedVLM, prompt_text
from scenetg.asking.asker import Asker, Failure, json_reader
from scenetg.asking.ledger import Caps, Ledger, Price
from scenetg.asking.pace import Pace
from scenetg.asking.replies import Replies
from tests.scenetg.asking.conftest import Server

DRAWN = Sampling(max_tokens=50, temperature=0.5)
GREEDY = Sampling(max_tokens=50)
Serve = Callable[..., Server]


class Words(BaseModel):
    words: str


def prompts(count: int) -> list[Prompt]:
    return [(Message("user", (Text(f"prompt {number}"),)),) for number in range(count)]


def asker_of(
    folder: Path,
    server: Server,
    *,
    at_once: int = 4,
    ledger: Ledger | None = None,
    pauses: list[float] | None = None,
    pace: Pace | None = None,
) -> Asker:
    vlm = OpenAiVLM(
        "m", server.url, name=f"openai:m@{server.url}", pause=(pauses if pauses is not None else []).append
    )  # fmt: skip
    replies = Replies(folder)
    if ledger is not None:
        ledger.by_purpose = replies.spent()
    return Asker(vlm, replies, ledger=ledger, pace=pace, at_once=at_once)


def ask(asker: Asker, asked: Sequence[Prompt], sampling: Sampling = DRAWN) -> list[str]:
    values = asker.ask("test", asked, json_reader(Words), sampling)
    return [value.reason if isinstance(value, Failure) else value.words for value in values]


def expected(count: int) -> list[str]:
    return [f"prompt {number}" for number in range(count)]


def test_many_prompts_are_answered_in_order_a_bounded_number_at_once(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve("delay:0.15")
    asker = asker_of(tmp_path, server, at_once=3)
    assert ask(asker, prompts(9)) == expected(9)
    assert max(request["in_flight"] for request in server.requests) == 3


def test_nothing_is_asked_twice_in_one_run_or_the_next(serve: Serve, tmp_path: Path) -> None:
    server = serve("ok")
    assert ask(asker_of(tmp_path, server), prompts(3) * 3) == expected(3) * 3
    assert ask(asker_of(tmp_path, server), prompts(4)) == expected(4)
    assert sorted(server.words) == expected(4)


def test_two_threads_do_not_ask_the_same_thing(serve: Serve, tmp_path: Path) -> None:
    server = serve("delay:0.1")
    asker = asker_of(tmp_path, server)
    threads = [threading.Thread(target=ask, args=(asker, prompts(3))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(server.words) == expected(3)


def test_failures_that_pass_are_waited_out_as_long_as_the_server_asks(
    serve: Serve, tmp_path: Path
) -> None:
    server, pauses = serve("busy:7", "status:503", "ok"), list[float]()
    assert ask(asker_of(tmp_path, server, pauses=pauses), prompts(1)) == expected(1)
    assert pauses == [7.0, 1.0]


def test_a_reply_that_cannot_be_read_is_drawn_once_more(serve: Serve, tmp_path: Path) -> None:
    server = serve("garbage", "ok")
    assert ask(asker_of(tmp_path, server), prompts(1)) == expected(1)
    assert [request["seed"] for request in server.requests] == [0, 1]


def test_garbage_that_stays_is_a_failure_that_keeps_its_words(serve: Serve, tmp_path: Path) -> None:
    server = serve("garbage")
    [failure] = asker_of(tmp_path, server).ask("test", prompts(1), json_reader(Words), DRAWN)
    assert isinstance(failure, Failure)
    assert failure.reason == "unreadable reply"
    assert "I would rather not." in failure.detail
    assert failure.rejection("phrase").detail == failure.detail
    assert len(server.requests) == 2


def test_a_greedy_reply_is_not_drawn_again_as_it_would_be_the_same(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve("garbage", "ok")
    assert ask(asker_of(tmp_path, server), prompts(1), GREEDY) == ["unreadable reply"]
    assert len(server.requests) == 1


def test_a_server_that_dies_half_way_loses_nothing_that_it_answered(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve(*["ok"] * 5, "die")
    with pytest.raises(BackendError, match=r"All replies so far are kept.*same command"):
        ask(asker_of(tmp_path, server, at_once=2), prompts(20))
    # Another address is the same model.
    heir = serve("ok")
    assert ask(asker_of(tmp_path, heir, at_once=2), prompts(20)) == expected(20)
    answered = [r["words"] for r in server.requests if r["behaviour"] == "ok"]
    assert len(answered) == 5
    assert sorted(answered + heir.words) == sorted(expected(20))


@pytest.mark.parametrize("behaviour", ["nonsense", "status:401", "status:500"])
def test_a_server_that_cannot_be_used_ends_the_run(
    serve: Serve, tmp_path: Path, behaviour: str
) -> None:
    with pytest.raises(BackendError, match="kept"):
        ask(asker_of(tmp_path, serve(behaviour)), prompts(3))


def test_a_refused_request_fails_alone(serve: Serve, tmp_path: Path) -> None:
    server = serve("ok", "status:400", "ok")
    asker = asker_of(tmp_path, server, at_once=1)
    assert ask(asker, prompts(3)) == ["prompt 0", "request refused", "prompt 2"]
    assert asker.ledger.total.requests == 2


def test_a_server_that_refuses_everything_ends_the_run(serve: Serve, tmp_path: Path) -> None:
    server = serve("status:400")
    with pytest.raises(BackendError, match="refused the first 8 requests"):
        ask(asker_of(tmp_path, server, at_once=1), prompts(50))
    assert len(server.requests) < 15


def test_the_cap_on_requests_is_never_crossed_and_can_be_raised(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve("ok")
    capped = asker_of(tmp_path, server, ledger=Ledger(caps=Caps(requests=5)))
    with pytest.raises(CapReached, match=r"--max-requests 5 is reached.*higher --max-requests"):
        ask(capped, prompts(8))
    assert len(server.requests) == 5
    again = asker_of(tmp_path, server, ledger=Ledger(caps=Caps(requests=8)))
    assert ask(again, prompts(8)) == expected(8)
    assert sorted(server.words) == expected(8)
    assert again.ledger.total.requests == 8


def test_the_cap_on_cost_is_never_crossed(serve: Serve, tmp_path: Path) -> None:
    server = serve("ok")
    # 100 tokens in and 10 out for each: 0.0002 in all.
    ledger = Ledger(Price(1.0, 10.0), Caps(cost=0.0011))
    with pytest.raises(CapReached, match="--max-cost"):
        ask(asker_of(tmp_path, server, ledger=ledger), prompts(50))
    assert 0 < ledger.total.cost <= 0.0011
    assert ledger.total.cost == pytest.approx(0.0002 * len(server.requests))


def test_a_server_that_does_not_count_is_booked_at_the_most(serve: Serve, tmp_path: Path) -> None:
    ledger = Ledger(Price(1.0, 1.0))
    asker = asker_of(tmp_path, serve("uncounted"), ledger=ledger)
    assert ask(asker, prompts(1)) == expected(1)
    assert ledger.total.completion_tokens == DRAWN.max_tokens
    assert ledger.total.prompt_tokens >= len("prompt 0")


def test_a_server_that_does_not_count_is_still_asked_at_its_pace(
    serve: Serve, tmp_path: Path
) -> None:
    paused: list[float] = []
    pace = Pace(tokens_per_minute=60, clock=lambda: 0.0, pause=paused.append)
    asker = asker_of(tmp_path, serve("uncounted"), at_once=1, pace=pace)
    ask(asker, prompts(3))
    assert len(paused) == 2
    assert paused[1] == pytest.approx(2 * paused[0])
    assert paused[0] >= len("prompt 0")


def test_the_ledger_of_the_next_run_goes_on_from_the_last_one(serve: Serve, tmp_path: Path) -> None:
    server = serve("ok")
    first = asker_of(tmp_path, server, ledger=Ledger(Price(1.0, 1.0)))
    ask(first, prompts(3))
    second = asker_of(tmp_path, server, ledger=Ledger(Price(1.0, 1.0)))
    assert second.ledger.by_purpose == first.ledger.by_purpose
    assert second.ledger.by_purpose["test"].requests == 3


def test_a_model_in_this_process_gets_many_prompts_in_one_call(tmp_path: Path) -> None:
    calls = []

    class Counting(ScriptedVLM):
        def generate(self, prompts, sampling):  # type: ignore[no-untyped-def] # as in the parent
            calls.append(len(prompts))
            return super().generate(prompts, sampling)

    vlm = Counting(lambda prompt: json.dumps({"words": prompt_text(prompt)}))
    asker = Asker(vlm, Replies(tmp_path), at_once=1, batch=4)
    assert ask(asker, prompts(6) + prompts(2)) == expected(6) + expected(2)
    assert calls == [4, 2]


def test_prompts_are_drawn_only_as_they_are_needed(tmp_path: Path) -> None:
    drawn: list[int] = []
    answered: list[int] = []

    def draw():  # type: ignore[no-untyped-def] # a generator of prompts
        for number, prompt in enumerate(prompts(60)):
            drawn.append(number)
            yield prompt

    def reply(prompt: Prompt) -> str:
        answered.append(len(drawn) - len(answered))
        return json.dumps({"words": "w"})

    asker = Asker(ScriptedVLM(reply), Replies(tmp_path), at_once=2)
    asker.ask("test", draw(), json_reader(Words), GREEDY)
    # Pictures of a whole video never wait in memory.
    assert max(answered) <= 8


def test_a_picture_that_cannot_be_read_keeps_the_replies_before_it(
    serve: Serve, tmp_path: Path
) -> None:
    def broken():  # type: ignore[no-untyped-def] # a generator of prompts
        yield from prompts(3)
        raise VideoError("no picture at 3 s")

    server = serve("delay:0.1")
    asker = asker_of(tmp_path, server)
    with pytest.raises(VideoError, match="no picture"):
        asker.ask("test", broken(), json_reader(Words), DRAWN)
    assert ask(asker, prompts(3)) == expected(3)
    assert sorted(server.words) == expected(3)
    # Nothing is left set aside: the cap on requests would count it.
    assert asker.ledger.total.requests == 3
    asker.ledger.caps = Caps(requests=4)
    assert ask(asker, prompts(4)) == expected(4)


KILLED = """
import sys
from pathlib import Path
from tests.scenetg.asking.conftest import Server
from tests.scenetg.asking.test_asking import ask, asker_of, prompts
ask(asker_of(Path(sys.argv[1]), Server(sys.argv[2], Path("unread")), at_once=1), prompts(30))
"""


def test_a_killed_run_has_stored_every_reply_it_got(serve: Serve, tmp_path: Path) -> None:
    server = serve("delay:0.02")
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path), server.url])
    while len(server.requests) < 6 and child.poll() is None:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert 6 <= len(server.requests) < 30
    assert ask(asker_of(tmp_path, server), prompts(30)) == expected(30)
    times = Counter(server.words)
    # The one on its way when the run was killed was never received.
    assert sum(count - 1 for count in times.values()) <= 1
    assert sorted(times) == sorted(expected(30))

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from grounder.adapters import load_adapter
from grounder.errors import BackendError, SpecError
from grounder.prompt import grounding_messages
from grounder.span import Span
from grounder.video.frames import Frames
from grounder.vlm import Message, Sampling, Text, load_vlm
from grounder.vlm.openai import OpenAiVLM
from tests.model_server import free_port, served

WITHIN = Span(10.0, 14.0)
TIMES = [10.0, 10.3, 11.0, 13.2]
HELLO = (Message("user", (Text("hello"),)),)


def frames():
    levels = np.array([20, 80, 140, 200], np.uint8)
    images = np.broadcast_to(levels[:, None, None, None], (4, 60, 80, 3)).copy()
    return Frames(images, np.array(TIMES))


@pytest.fixture(scope="module")
def real_server(tiny_vlm, tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """A server of a tiny Qwen3-VL: its URL and the folder of the model."""
    folder = tiny_vlm("qwen3_vl")
    with served(folder, tmp_path_factory.mktemp("serve") / "log") as url:
        yield url, folder


def test_a_real_server_answers_prompts_with_pictures(real_server):
    url, folder = real_server
    vlm = load_vlm(f"openai:{folder}@{url}")
    prompt = grounding_messages(vlm.adapter, frames(), "a dog", within=WITHIN)
    completions = vlm.generate([prompt, HELLO], Sampling(max_tokens=7))
    assert [completion.completion_tokens for completion in completions] == [7, 7]
    assert [completion.frames for completion in completions] == [4, 0]
    # Four pictures of 64 x 64 are 4 tokens of 32 x 32 pixels each, beside the words and markers.
    assert completions[0].prompt_tokens > completions[1].prompt_tokens + 4 * 4
    assert not completions[0].finished


def test_a_real_server_that_does_not_know_the_model_is_a_backend_error(real_server):
    url, _ = real_server
    with pytest.raises(BackendError, match=r"status 4\d\d"):
        load_vlm(f"openai:no/such-model@{url}").generate([HELLO], Sampling(max_tokens=2))


def test_the_request_tells_true_times_and_carries_the_pixels_in_order():
    vlm = load_vlm("openai:any@http://127.0.0.1:9/v1")
    prompt = grounding_messages(vlm.adapter, frames(), "a dog", within=WITHIN)
    assert vlm.stamps(prompt) == TIMES
    assert vlm.brightness(prompt) == pytest.approx(
        [level / 255 for level in (20, 80, 140, 200)], abs=0.01
    )


def test_a_clip_goes_out_as_pictures_under_the_models_clock():
    vlm = load_vlm("openai:any@http://127.0.0.1:9/v1#qwen3-vl")
    clip = grounding_messages(load_adapter("qwen3-vl"), frames(), "a dog", within=WITHIN)
    assert vlm.stamps(clip) == pytest.approx([0, 0.3, 1.0, 3.2])


GOOD = {
    "choices": [{"message": {"role": "assistant", "content": "[]"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2},
}


class FaultyServer(ThreadingHTTPServer):
    """A real HTTP server on loopback that plays one behaviour per request; the last one is repeated."""

    def __init__(self, *behaviours):
        super().__init__(("127.0.0.1", 0), FaultyHandler)
        self.behaviours = list(behaviours)
        self.requests = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class FaultyHandler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.asked = json.loads(body)
        self.server.requests.append((dict(self.headers), self.asked))
        behaviours = self.server.behaviours
        (behaviours.pop(0) if len(behaviours) > 1 else behaviours[0])(self)

    def log_message(self, *_):
        pass


def answers(body, status=200, **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def play(handler):
        handler.send_response(status)
        for name, value in {"content-length": len(data), **headers}.items():
            handler.send_header(name.replace("_", "-"), str(value))
        handler.end_headers()
        handler.wfile.write(data)

    return play


def dies_half_way(handler):
    handler.send_response(200)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.close_connection = True


def sleeps(handler):
    time.sleep(1.0)
    answers(GOOD)(handler)


@pytest.fixture
def asked():
    """Start a faulty server, ask it once, and return what came of it with the pauses that were made."""
    servers = []

    def ask(*behaviours, seconds_to_answer=30.0):
        server = FaultyServer(*behaviours)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        pauses = []
        vlm = OpenAiVLM(
            "m", server.url, name="m", seconds_to_answer=seconds_to_answer, pause=pauses.append
        )
        try:
            result = vlm.generate([HELLO], Sampling())[0]
        except BackendError as error:
            result = error
        return result, pauses, server

    yield ask
    for server in servers:
        server.shutdown()
        server.server_close()


def test_passing_failures_are_tried_again_with_growing_pauses(asked):
    result, pauses, _ = asked(answers({}, 500), answers(b"busy", 503), answers(GOOD))
    assert (result.text, result.prompt_tokens, result.completion_tokens) == ("[]", 5, 2)
    assert result.finished
    assert pauses == [0.5, 1.0]


def test_retry_after_is_honoured_but_not_without_bound(asked):
    _, pauses, _ = asked(
        answers({}, 429, retry_after=3),
        answers({}, 429, retry_after=86400),
        answers({}, 429, retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),
        answers(GOOD),
    )
    assert pauses == [3.0, 30.0, 0.0]


def test_a_server_that_keeps_failing_ends_in_an_error_after_four_attempts(asked):
    result, pauses, server = asked(answers(b"the GPU is on fire", 500))
    assert isinstance(result, BackendError)
    assert "failed 4 times" in str(result)
    assert "the GPU is on fire" in str(result)
    assert (len(server.requests), len(pauses)) == (4, 3)


def test_a_server_that_dies_half_way_is_tried_again(asked):
    result, _, server = asked(dies_half_way, answers(GOOD))
    assert result.text == "[]"
    assert len(server.requests) == 2


def test_a_server_that_does_not_answer_in_time_ends_in_an_error(asked):
    result, _, _ = asked(sleeps, seconds_to_answer=0.1)
    assert isinstance(result, BackendError)
    assert "ReadTimeout" in str(result)


@pytest.mark.parametrize(
    "body", [b"<html>hello</html>", b"", b"[1]", {"choices": []}, {"choices": [{"message": 3}]}]
)
def test_garbage_is_an_error_that_is_not_tried_again(asked, body):
    result, pauses, _ = asked(answers(body))
    assert isinstance(result, BackendError)
    assert pauses == []


def test_an_endless_answer_is_cut_off(asked):
    result, _, _ = asked(answers(b" " * (9 * 1024 * 1024)))
    assert isinstance(result, BackendError)
    assert "no chat completion" in str(result)


@pytest.mark.parametrize(
    ("status", "remedy"), [(401, "OPENAI_API_KEY"), (404, "/v1"), (413, "smaller")]
)
def test_a_refusal_is_final_and_names_the_remedy(asked, status, remedy):
    result, pauses, _ = asked(answers({"error": "no"}, status))
    assert remedy in str(result)
    assert pauses == []


def test_the_key_comes_from_the_environment_and_is_never_shown(asked, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    result, _, server = asked(answers({"error": "bad key"}, 401))
    assert server.requests[0][0]["Authorization"] == "Bearer sk-very-secret"
    assert "sk-very-secret" not in str(result)
    assert "sk-very-secret" not in repr(result.__cause__)


def test_a_password_in_the_url_is_refused():
    with pytest.raises(SpecError, match="OPENAI_API_KEY"):
        load_vlm("openai:m@http://me:pass@127.0.0.1:9/v1")


def test_no_server_at_all_is_an_error_with_a_remedy():
    vlm = OpenAiVLM("m", f"http://127.0.0.1:{free_port()}/v1", name="m", pause=lambda _: None)
    with pytest.raises(BackendError, match=r"ConnectError.*Check that the server runs"):
        vlm.generate([HELLO], Sampling())


def test_answers_come_back_in_the_order_of_the_prompts(asked):
    def echo(handler):
        words = handler.asked["messages"][0]["content"][0]["text"]
        time.sleep(0.2 if words == "slow" else 0)
        answers({"choices": [{"message": {"content": words}}]})(handler)

    _, _, server = asked(echo)
    vlm = OpenAiVLM("m", server.url, name="m")
    prompts = [(Message("user", (Text(words),)),) for words in ("slow", "a", "b", "c", "d", "e")]
    replies = [completion.text for completion in vlm.generate(prompts, Sampling())]
    assert replies == ["slow", "a", "b", "c", "d", "e"]

"""A chat-completions server on loopback that looks at the pictures it is sent, as `Seer` does, and takes its time."""

import base64
import io
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from PIL import Image

from grounder.video import Frames
from grounder.vlm import Message, Part, Picture, Prompt, Text
from tests.scenetg.queries.stage import see, shown


@dataclass(frozen=True)
class Served:
    """One request."""

    prompt: Prompt
    began: float
    ended: float

    @property
    def colours(self) -> set[str]:
        """What its pictures show."""
        return set(shown(self.prompt))


@dataclass
class SeeingServer:
    seconds: float
    """Of each answer."""
    most: int | None
    """After so many answers it refuses the key."""
    url: str = ""
    served: list[Served] = field(default_factory=list)

    def answer(self, body: dict[str, Any]) -> str | None:
        began = time.monotonic()
        prompt = prompt_of(body)
        time.sleep(self.seconds)
        if self.most is not None and len(self.served) >= self.most:
            return None
        self.served.append(Served(prompt, began, time.monotonic()))
        return see(prompt)


@contextmanager
def seeing_server(seconds: float = 0.0, *, most: int | None = None) -> Iterator[SeeingServer]:
    served = SeeingServer(seconds, most)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            reply = served.answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            choice = {"message": {"content": reply}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 100, "completion_tokens": 10}
            data = json.dumps({"choices": [choice], "usage": usage}).encode()
            self.send_response(401 if reply is None else 200)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def prompt_of(body: dict[str, Any]) -> Prompt:
    """Return a request as the prompt it was made of, its pictures as the server gets them."""
    return tuple(
        Message(message["role"], tuple(map(part_of, message["content"])))
        for message in body["messages"]
    )


def part_of(sent: dict[str, Any]) -> Part:
    if sent["type"] == "text":
        return Text(sent["text"])
    data = base64.b64decode(sent["image_url"]["url"].partition(",")[2])
    picture = np.asarray(Image.open(io.BytesIO(data)))
    return Picture(
        Frames(picture[None], np.zeros(1)), max_pixels=picture.shape[0] * picture.shape[1]
    )

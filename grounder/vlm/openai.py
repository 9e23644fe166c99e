"""OpenAiVLM: any OpenAI-compatible server; each picture goes out as a JPEG under its time in words."""

import base64
import io
import os
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import httpx
import numpy as np
from pydantic import BaseModel, ValidationError

from grounder.adapters import Adapter, load_adapter
from grounder.errors import BackendError, SpecError
from grounder.prompt import interleaved, read_time
from grounder.video.frames import Frames
from grounder.vlm.chat import fit
from grounder.vlm.retry import send_patiently
from grounder.vlm.vlm import Clip, Completion, Part, Prompt, Sampling, Text

KEY_VARIABLE = "OPENAI_API_KEY"
AT_ONCE = 4  # requests in flight: servers batch, but a small one must not drown
JPEG_QUALITY = 90


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Answer(BaseModel):
    """The part of a chat completion that is read (https://platform.openai.com/docs/api-reference/chat)."""

    choices: list[_Choice]
    usage: _Usage | None = None


class OpenAiVLM:
    """A model behind `POST URL/chat/completions`.

    The key, if the server wants one, is read from OPENAI_API_KEY and never shown.
    """

    def __init__(
        self,
        model: str,
        url: str,
        *,
        name: str,
        adapter: Adapter | None = None,
        seconds_to_answer: float = 300.0,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        if httpx.URL(url).userinfo:
            raise SpecError(
                f"The URL of {model!r} holds a password, which would be shown in messages. "
                f"Leave it away and set {KEY_VARIABLE}."
            )
        self.name = name
        self.adapter = (adapter or load_adapter("plain")).as_pictures()
        self._model = model
        self._pause = pause
        self._url = httpx.URL(url.rstrip("/") + "/")
        self._timeout = httpx.Timeout(seconds_to_answer, connect=10.0)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """Answer each prompt, in order, several requests at once.

        Raises:
            BackendError: the server cannot be reached, refuses, keeps failing, or answers nonsense.
        """
        with self._client() as client, ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            return list(pool.map(lambda prompt: self._ask(client, prompt, sampling), prompts))

    def stamps(self, prompt: Prompt) -> list[float]:
        """Return the times written before the pictures of the outgoing request."""
        times = []
        words = ""
        for part in _parts(self._messages(prompt)):
            if part["type"] == "text":
                words = part["text"]
            elif (seconds := read_time(self.adapter.interleave, words)) is not None:
                times.append(seconds)
        return times

    def brightness(self, prompt: Prompt) -> list[float]:
        """Return the mean brightness of each picture, decoded from the outgoing request."""
        from PIL import Image

        levels = []
        for part in _parts(self._messages(prompt)):
            if part["type"] == "image_url":
                data = part["image_url"]["url"].partition(",")[2]
                picture = Image.open(io.BytesIO(base64.b64decode(data)))
                levels.append(float(np.asarray(picture).mean()) / 255)
        return levels

    def _client(self) -> httpx.Client:
        key = os.environ.get(KEY_VARIABLE)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(
            base_url=self._url, headers=headers, timeout=self._timeout, verify=_trusted()
        )

    def _ask(self, client: httpx.Client, prompt: Prompt, sampling: Sampling) -> Completion:
        messages = self._messages(prompt)
        body = {
            "model": self._model,
            "messages": messages,
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
        }
        request = client.build_request("POST", "chat/completions", json=body)
        answer = self._read(send_patiently(client, request, pause=self._pause))
        usage = answer.usage or _Usage()
        return Completion(
            text=answer.choices[0].message.content or "",
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            visual_tokens=0,
            frames=sum(part["type"] == "image_url" for part in _parts(messages)),
            finished=answer.choices[0].finish_reason != "length",
        )

    def _read(self, body: bytes) -> _Answer:
        try:
            answer = _Answer.model_validate_json(body)
        except ValidationError as error:
            raise BackendError(
                f"{self._url} answered something that is no chat completion: {body[:200]!r}. "
                "Check that the URL is that of an OpenAI-compatible API (it usually ends in /v1)."
            ) from error
        if not answer.choices:
            raise BackendError(
                f"{self._url} answered without any choice. Look at the server's log."
            )
        return answer

    def _messages(self, prompt: Prompt) -> list[dict[str, Any]]:
        return [
            {
                "role": message.role,
                "content": [sent for part in message.parts for sent in self._sent(part)],
            }
            for message in prompt
        ]

    def _sent(self, part: Part) -> list[dict[str, Any]]:
        if isinstance(part, Text):
            return [{"type": "text", "text": part.text}]
        if isinstance(part, Clip):
            told = interleaved(
                part.frames,
                time_text=self.adapter.interleave,
                clock_start=part.clock_start,
                max_pixels=part.max_pixels,
            )
            return [sent for each in told for sent in self._sent(each)]
        url = _data_url(part.frames, part.max_pixels, self.adapter.budget.pixel_unit)
        return [{"type": "image_url", "image_url": {"url": url}}]


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates to trust: reading them takes 50 ms of CPU, too long for each request."""
    return httpx.create_ssl_context()


def _parts(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [part for message in messages for part in message["content"]]


def _data_url(picture: Frames, max_pixels: int, unit: int) -> str:
    from PIL import Image

    image = Image.fromarray(fit(picture.images, max_pixels=max_pixels, unit=unit)[0])
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=JPEG_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")

"""Send one request until it is answered, a bounded number of times; what is final becomes a BackendError."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from grounder.errors import BackendError, RequestRefused

ATTEMPTS = 4
LONGEST_PAUSE = 30.0  # seconds, whatever the server asks for
LONGEST_BODY = 8 * 1024 * 1024  # bytes: a chat completion is a few kB
PASSING = {408, 425, 429, 500, 502, 503, 504}
ABOUT_THE_REQUEST = {400, 413, 415, 422}

REMEDIES = {
    400: "The request was refused: fewer or smaller frames, or another model, may help.",
    401: "Set OPENAI_API_KEY to a key that this server accepts.",
    403: "Set OPENAI_API_KEY to a key that this server accepts.",
    404: "Check the URL (it usually ends in /v1) and that the server offers this model (GET /v1/models).",
    413: "The request is too large for the server: use fewer or smaller frames.",
    429: "The server limits requests: wait, or ask for less at once.",
}


class _Passing(Exception):
    """A failure that may be over at the next attempt."""

    def __init__(self, what: str, pause: float | None = None) -> None:
        super().__init__(what)
        self.pause = pause


def send_patiently(
    client: httpx.Client, request: httpx.Request, *, pause: Callable[[float], None]
) -> bytes:
    """Return the body of a successful answer.

    Connection failures, timeouts and passing statuses are tried again, at most `ATTEMPTS` times in all, after
    the server's Retry-After or 0.5, 1, 2 … seconds.

    Raises:
        RequestRefused: this request was refused for what is in it.
        BackendError: it failed for good, or once too often.
    """
    for attempt in range(ATTEMPTS):
        try:
            return _send(client, request)
        except _Passing as failure:
            if attempt + 1 == ATTEMPTS:
                raise BackendError(
                    f"{request.url} failed {ATTEMPTS} times, the last time with: {failure}. "
                    "Check that the server runs and is not overloaded, then try again."
                ) from failure
            wanted = failure.pause if failure.pause is not None else 0.5 * 2**attempt
            pause(min(wanted, LONGEST_PAUSE))
    raise AssertionError("the loop above returns or raises")


def _send(client: httpx.Client, request: httpx.Request) -> bytes:
    try:
        response = client.send(request, stream=True)
        try:
            body = _bounded_body(response)
        finally:
            response.close()
    except httpx.TransportError as error:
        raise _Passing(f"{type(error).__name__} ({error})") from error
    except httpx.RequestError as error:
        raise BackendError(f"{request.url} cannot be read: {error}. Check the URL.") from error
    if response.is_success:
        return body
    what = f"status {response.status_code}: {body[:300].decode('utf-8', 'replace')!r}"
    if response.status_code in PASSING:
        raise _Passing(what, _retry_after(response))
    remedy = REMEDIES.get(response.status_code, "Look at the server's log.")
    refused = response.status_code in ABOUT_THE_REQUEST
    raise (RequestRefused if refused else BackendError)(f"{request.url} answered {what}. {remedy}")


def _bounded_body(response: httpx.Response) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > LONGEST_BODY:
            raise BackendError(
                f"{response.request.url} answered with more than {LONGEST_BODY} bytes. "
                "That is no chat completion: check the URL."
            )
    return bytes(body)


def _retry_after(response: httpx.Response) -> float | None:
    """Return the seconds a server asks to wait: a number or an HTTP date (RFC 9110, section 10.2.3)."""
    asked = response.headers.get("retry-after", "")
    if asked.isdigit():
        return float(asked)
    try:
        date = parsedate_to_datetime(asked)
    except ValueError:
        return None
    if date.tzinfo is None:
        return None
    return max(0.0, (date - datetime.now(UTC)).total_seconds())

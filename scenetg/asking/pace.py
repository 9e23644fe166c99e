"""Pace: as many requests, and tokens, a minute as a server allows, spread evenly."""

import threading
import time
from collections.abc import Callable

MINUTE = 60.0


class Pace:
    """Makes callers, in any thread, wait for their turn."""

    def __init__(
        self,
        *,
        requests_per_minute: float = 0.0,
        tokens_per_minute: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Limit what goes out; 0 is no limit."""
        self._per_request = MINUTE / requests_per_minute if requests_per_minute > 0 else 0.0
        self._per_token = MINUTE / tokens_per_minute if tokens_per_minute > 0 else 0.0
        self._clock, self._pause = clock, pause
        self._next_request = self._next_token = 0.0
        self._lock = threading.Lock()

    def wait(self, tokens: int) -> None:
        """Return when a request of about `tokens` may go out."""
        with self._lock:
            now = self._clock()
            start = max(now, self._next_request, self._next_token)
            self._next_request = start + self._per_request
            self._next_token = start + tokens * self._per_token
        if start > now:
            self._pause(start - now)

    def correct(self, expected: int, real: int) -> None:
        """Tell how many tokens a request that was said to have `expected` really had."""
        with self._lock:
            self._next_token += (real - expected) * self._per_token

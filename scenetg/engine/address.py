"""Addresses of Ray clusters: told within seconds when nothing listens there; Ray itself tries for minutes."""

import socket
from urllib.parse import urlsplit

from grounder.errors import EngineError, SpecError

_PATIENCE = 5.0
"""Seconds for a machine to answer."""
_BY_NAME = ("local", "auto")
"""Addresses without a place: here and new, here and running."""


def check_reachable(address: str) -> None:
    """Check that something listens at an address: `HOST:PORT`, `ray://HOST:PORT`, or one of `local`, `auto`.

    Raises:
        SpecError: it is none of these.
        EngineError: nothing listens there.
    """
    if address in _BY_NAME:
        return
    host, port = _place(address)
    try:
        socket.create_connection((host, port), timeout=_PATIENCE).close()
    except OSError as error:
        raise EngineError(
            f"No Ray cluster answers at {address} ({error.strerror or error}). Start one with `ray start --head`, "
            "or leave --address out to use this machine."
        ) from error


def _place(address: str) -> tuple[str, int]:
    parts = urlsplit(address if "://" in address else f"ray://{address}")
    try:
        port = parts.port
    except ValueError:  # no number, or none of a port
        port = None
    if parts.scheme != "ray" or not parts.hostname or port is None:
        raise SpecError(
            f"{address!r} is no address of a Ray cluster. Write HOST:PORT, ray://HOST:PORT, auto or local."
        )
    return parts.hostname, port

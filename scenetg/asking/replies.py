"""Replies: what a model answered, under a hash of what it was asked; in SQLite, so that a kill loses none of it."""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path

from grounder.errors import BuildError
from grounder.vlm import Completion, Part, Prompt, Sampling, Text
from scenetg.asking.ledger import Spent

FILE = "replies.sqlite"
_BUSY_SECONDS = 30.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY, purpose TEXT NOT NULL, model TEXT NOT NULL,
    text TEXT NOT NULL, prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL,
    visual_tokens INTEGER NOT NULL, frames INTEGER NOT NULL, finished INTEGER NOT NULL,
    billed_prompt INTEGER NOT NULL, billed_completion INTEGER NOT NULL, cost REAL NOT NULL
) WITHOUT ROWID
"""
_COMPLETION = "text, prompt_tokens, completion_tokens, visual_tokens, frames, finished"
_AT_ONCE = 500
"""Keys of one SELECT; SQLite takes 999 values or more."""


class Replies:
    """A file of replies, usable from any thread and by several processes; each reply is durable once stored."""

    def __init__(self, folder: Path) -> None:
        """Open, or make, the replies of the dataset in `folder`.

        Raises:
            BuildError: the file cannot be written, or is damaged.
        """
        self.path = folder / FILE
        self._lock = threading.Lock()
        with self._told():
            folder.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, check_same_thread=False, isolation_level=None
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute(_SCHEMA)

    def find(self, keys: Sequence[str]) -> dict[str, Completion]:
        """Return the replies that are there, by key."""
        found: dict[str, Completion] = {}
        for first in range(0, len(keys), _AT_ONCE):
            some = keys[first : first + _AT_ONCE]
            places = ", ".join("?" * len(some))
            query = f"SELECT key, {_COMPLETION} FROM replies WHERE key IN ({places})"
            with self._told(), self._lock:
                rows = self._connection.execute(query, some).fetchall()
            for key, *counts, finished in rows:
                text, prompt_tokens, completion_tokens, visual_tokens, frames = counts
                found[key] = Completion(
                    text, prompt_tokens, completion_tokens, visual_tokens, frames, bool(finished)
                )
        return found

    def store(
        self,
        answers: Mapping[str, Completion],
        bills: Sequence[Spent],
        *,
        purpose: str,
        model: str,
    ) -> None:
        """Store the replies of one call, by key, and what each cost: all of them or none.

        With a part of them, the rest would be asked in a smaller batch, and drawn by other dice.
        """
        rows = [
            (key, purpose, model, *astuple(said), *astuple(bill)[1:])
            for (key, said), bill in zip(answers.items(), bills, strict=True)
        ]
        places = ", ".join("?" * len(rows[0]))
        with self._told(), self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                self._connection.executemany(
                    f"INSERT OR REPLACE INTO replies VALUES ({places})", rows
                )

    def spent(self) -> dict[str, Spent]:
        """Return what all stored replies cost, by purpose."""
        query = (
            "SELECT purpose, COUNT(*), SUM(billed_prompt), SUM(billed_completion), SUM(cost) "
            "FROM replies GROUP BY purpose ORDER BY purpose"
        )
        with self._told(), self._lock:
            return {purpose: Spent(*rest) for purpose, *rest in self._connection.execute(query)}

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise BuildError(
                f"{self.path} cannot be used: {error}. What is stored there stays. Free some space or make the "
                "folder writable and run the same command again; move a damaged file away to ask anew."
            ) from error


def reply_key(model: str, prompt: Prompt, sampling: Sampling) -> str:
    """Return the hash of all that a reply depends on: the model, every word and pixel, and how it is drawn."""
    digest = hashlib.sha256()
    for fact in (model, *astuple(sampling)):
        _add(digest, fact)
    for message in prompt:
        _add(digest, message.role)
        for part in message.parts:
            _add(digest, _part_key(part))
    return digest.hexdigest()


def model_of(spec: str) -> str:
    """Return what a spec says about the model: the address of its server may change."""
    model, hash_mark, adapter = spec.partition("#")
    served = model.rpartition("@")[0] if model.startswith("openai:") else ""
    return (served or model) + hash_mark + adapter


def _part_key(part: Part) -> Mapping[str, object]:
    if isinstance(part, Text):
        return {"text": part.text}
    images = part.frames.images
    return {
        "kind": type(part).__name__,
        "pixels": hashlib.sha256(images.tobytes()).hexdigest(),
        "size": images.shape,
        "times": part.frames.times.tolist(),
        "max_pixels": part.max_pixels,
        "clock_start": getattr(part, "clock_start", None),
    }


def _add(digest: "hashlib._Hash", fact: object) -> None:
    digest.update(json.dumps(fact).encode() + b"\n")

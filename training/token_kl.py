"""Which tokens of a reply tell a time: where token-aware KL lets the model move away from its reference.

Source of the idea: LongVTG-R1 (OpenReview 8H1HmGH8ua), which parts the vocabulary; a review of it asks that
numbers in the thought keep their KL, which the masks with `span` do. Pure: token ids in, booleans out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from grounder.adapters import Adapter
from grounder.errors import ModelError
from grounder.reply import payload_range

KlMask = Literal["vocab", "span", "vocab+span"]
"""`vocab`: digits and their separators anywhere; `span`: all that stands where the reply names its moments;
`vocab+span`: digits and separators there."""

KL_MASKS: tuple[str, ...] = get_args(KlMask)
NUMBERS = re.compile(rb"\s*(?:[\d.:]*\d[\d.:]*|[.:])\s*")


@dataclass(frozen=True, slots=True, eq=False)
class TokenTable:
    """What each token of a byte-level vocabulary adds to the decoded text."""

    pieces: tuple[bytes, ...]
    """By token id; empty for control tokens, which decoding skips. A piece may be a part of a character."""
    numeric: NDArray[np.bool_]
    """By token id: whether the piece is digits and separators (`.`, `:`) and nothing else but blanks."""

    @classmethod
    def of(cls, tokenizer: Any) -> "TokenTable":
        """Read the table of a tokenizer.

        Raises:
            ModelError: its vocabulary is not byte-level, so parts of characters cannot be told.
        """
        from transformers.convert_slow_tokenizer import bytes_to_unicode

        of_letter = {letter: byte for byte, letter in bytes_to_unicode().items()}  # type: ignore[no-untyped-call] # transformers is typed in part
        added = tokenizer.added_tokens_decoder
        words = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
        pieces = []
        for token, word in enumerate(words):
            if token in added:
                pieces.append(b"" if added[token].special else added[token].content.encode())
            elif word is None or not set(word) <= of_letter.keys():
                raise ModelError(
                    f"Token {token} of {type(tokenizer).__name__} is {word!r}, which is not byte-level BPE. "
                    "Token-aware KL knows the vocabularies of the Qwen families; set beta_time to beta for others."
                )
            else:
                pieces.append(bytes(of_letter[letter] for letter in word))
        numeric = np.array([bool(NUMBERS.fullmatch(piece)) for piece in pieces])
        return cls(tuple(pieces), numeric)


def time_tokens(
    ids: Sequence[int], table: TokenTable, *, adapter: Adapter, mask: KlMask
) -> NDArray[np.bool_]:
    """Return, for each token of a reply, whether it tells a time.

    Args:
        ids: the reply's token ids, without padding.
        table: the vocabulary they are from.
        adapter: how the model should answer; where the moments stand is read as the parser reads it.
        mask: what counts.
    """
    if mask == "vocab":
        return table.numeric[list(ids)]
    inside = _inside_payload([table.pieces[token] for token in ids], adapter)
    return inside & table.numeric[list(ids)] if mask == "vocab+span" else inside


def _inside_payload(pieces: Sequence[bytes], adapter: Adapter) -> NDArray[np.bool_]:
    """Tell of each piece whether it lies wholly where the reply names its moments."""
    text, starts = decoded(b"".join(pieces))
    payload = payload_range(text, adapter=adapter)
    if payload is None:
        return np.zeros(len(pieces), dtype=bool)
    first, last = starts[payload[0]], starts[payload[1]]
    ends = np.cumsum([len(piece) for piece in pieces])
    begins = np.concatenate([[0], ends[:-1]])
    return (begins >= first) & (ends <= last) & (begins < ends)


def decoded(data: bytes) -> tuple[str, list[int]]:
    """Decode UTF-8 as tokenizers do, broken parts as U+FFFD; also return the byte each character starts at.

    The list has one more item than the text: the length of `data`.
    """
    text: list[str] = []
    starts: list[int] = []
    place = 0
    while place < len(data):
        try:
            good, broken = data[place:].decode(), 0
        except UnicodeDecodeError as error:
            good, broken = data[place : place + error.start].decode(), error.end - error.start
        for letter in good:
            text.append(letter)
            starts.append(place)
            place += len(letter.encode())
        if broken:
            text.append("\ufffd")
            starts.append(place)
            place += broken
    return "".join(text), [*starts, len(data)]

"""What a query may not say: each check returns its reason to reject, or None; none asks a model.

A model is told the same rules (`scenetg.prompts`) and breaks them often enough.
"""

import re
from dataclasses import replace

from scenetg.candidate import Rejection
from scenetg.settings import Phrase

STAGE = "phrase"

TIME = re.compile(
    r"""\b(
      \d+:\d\d | \d+(\.\d+)?\s*(s|secs?|seconds?|mins?|minutes?) | seconds | minutes
    | when | while | until | once | during | meanwhile | after | before | afterwards? | beforehand
    | then | next\ (he|she|they|it) | later | earlier | previously | subsequently | eventually
    | initially | finally | lastly | firstly | first\ of\ all | for\ the\ (first|second|third|last)\ time
    | again | once\ more | already | no\ longer | at\ (first|last)
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
POSITION = re.compile(
    r"""\b(at|in|near|toward|towards|by|from)\ (the\ )?(very\ )?(beginning|start|end|outset)
        (\ of\ (the|this)\ (video|clip|film|movie|footage|recording|scene|sequence) | \s*([,.]|$))
    | \b(in|near|around|through)\ the\ middle\ of\ the\ (video|clip|film|movie|footage|scene)
    | \b(intro|outro)\b
    | \b(opening|closing|final|first|last)\ (scene|shot|clip|sequence|credits|moments?)\b""",
    re.VERBOSE | re.IGNORECASE,
)
AUDIO = re.compile(
    r"""\b(
      hear[ds]? | hearing | sounds? | sounding | noises? | noisy | noisily | audible | audio
    | loud | loudly | quietly | silence | silently | whispers? | whispering | voices? | voice-?over
    | narrat(es?|ed|ing|ion|or) | says? | said | saying | tells? | told | explains? | explaining
    | mentions? | mentioning | announces? | announcing | (talks?|talking|speaks?|speaking)\ about
    | music\ (plays|is\ playing|starts) | background\ music | songs? | soundtrack | accent
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
MEDIUM = re.compile(
    r"\b(this|the)\ (video|clip|footage|scene|recording|film|shot)\b|\bcamera\ (pans?|zooms?|cuts?|moves?)\b",
    re.IGNORECASE,
)
SEVERAL = re.compile(
    r"""(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)[.!?]\s+\S | ;
    | ,?\s(and\s)?then\b | \bfollowed\s+by\b | \band\s+(afterwards|later)\b""",
    re.VERBOSE | re.IGNORECASE,
)
QUOTES = re.compile(r"[\"“”„«»]([^\"“”„«»]{2,})[\"“”„«»]")


def tells_time(query: str) -> Rejection | None:
    """Reject words that say when, or that something else comes before or after."""
    return _found(TIME, query, "tells a time")


def tells_position(query: str) -> Rejection | None:
    """Reject words that say where in the video it is."""
    return _found(POSITION, query, "tells its place in the video")


def only_heard(query: str) -> Rejection | None:
    """Reject what no picture shows: sounds, speech and what is said in it."""
    return _found(AUDIO, query, "can only be heard")


def speaks_of_medium(query: str) -> Rejection | None:
    """Reject words about the video itself."""
    return _found(MEDIUM, query, "speaks of the video")


def several_events(query: str) -> Rejection | None:
    """Reject queries of more than one event."""
    return _found(SEVERAL, query, "more than one event")


def leaks_text(query: str, caption: str) -> Rejection | None:
    """Reject words that are written in the picture: they are read there, not seen to happen.

    Args:
        query: the query.
        caption: of its stretch; what stands in double quotes in it is written in the picture.
    """
    if (quote := QUOTES.search(query)) is not None:
        return Rejection(STAGE, "repeats text on screen", detail=quote[1])
    written = [quote[1].strip(" .,!?") for quote in QUOTES.finditer(caption)]
    for words in written:
        if words and re.search(rf"(?<!\w){re.escape(words)}(?!\w)", query, re.IGNORECASE):
            return Rejection(STAGE, "repeats text on screen", detail=words)
    return None


def wrong_length(query: str, settings: Phrase) -> Rejection | None:
    """Reject queries of too few or too many words."""
    words = len(query.split())
    if words < settings.least_words:
        return Rejection(STAGE, "query too short", words, settings.least_words)
    if words > settings.most_words:
        return Rejection(STAGE, "query too long", words, settings.most_words)
    return None


def check_query(query: str, caption: str, settings: Phrase) -> Rejection | None:
    """Return the first reason to reject a query, or None."""
    reasons = (
        wrong_length(query, settings),
        several_events(query),
        check_manner(query, STAGE),
        leaks_text(query, caption),
    )
    return next((reason for reason in reasons if reason is not None), None)


def check_manner(text: str, stage: str) -> Rejection | None:
    """Return the first word of time, place in the video, sound or medium as a reason to reject, or None."""
    checks = (tells_position, tells_time, only_heard, speaks_of_medium)
    reasons = (check(text) for check in checks)
    found = next((reason for reason in reasons if reason is not None), None)
    return None if found is None else replace(found, stage=stage)


def _found(words: re.Pattern[str], query: str, reason: str) -> Rejection | None:
    match = words.search(query)
    return None if match is None else Rejection(STAGE, reason, detail=match[0].strip())

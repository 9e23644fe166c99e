"""The one parser: a model's reply to spans, `ok | repaired | failed`, never a guess."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from grounder.adapters import Adapter, ReplyFormat
from grounder.span import Span
from grounder.timetext import parse_time

ROUNDING = 0.06  # seconds: times are written with one decimal or two, so the last one may point just outside
LONGEST = 8_000  # characters that are searched: answers stand at the end, and searching stays cheap

CLOCK = r"(?:\d{1,3}:)?[0-5]?\d:[0-5]?\d(?:\.\d{1,30})?"
DECIMAL = r"-?\d{1,7}\.\d{1,30}"
NUMBER = r"-?\d{1,7}(?:\.\d{1,30})?"
UNIT = r"\s*(?:seconds?|secs?|s)\b"
BETWEEN = r"\s*(?:to|and|until|till|through|[-–—~])\s*"


def _time(name: str, *, shape: str = f"{CLOCK}|{NUMBER}", unit: str = rf"(?:{UNIT}|(?!\w))") -> str:
    """Return the expression of a time; what touches other digits, letters or points (`1e5`, `v2`) is none."""
    return rf"(?<![\w.:])(?P<{name}>{shape})(?!\.?\d|:\d){unit}"


# What is tried when a model does not keep to its own form, most explicit first. A bare "2 to 3" inside a
# sentence is never taken: it may count people.
CASCADE = {
    "pairs in brackets": rf"[\[(]\s*{_time('start')}\s*,\s*{_time('end')}\s*[\])]",
    "start and end keys": rf'"start\w*"\s*:\s*"?{_time("start")}"?\s*,\s*"end\w*"\s*:\s*"?{_time("end")}"?',
    "seconds": _time("start") + BETWEEN + _time("end", unit=UNIT),
    "clock": _time("start", shape=CLOCK) + BETWEEN + _time("end", shape=CLOCK),
    "decimals": _time("start", shape=DECIMAL) + BETWEEN + _time("end", shape=DECIMAL),
    "two times and nothing else": rf"\A\W*?(?:from\s+)?{_time('start')}(?:{BETWEEN}|\s*[,;]\s*|\s+){_time('end')}\W*\Z",
}
ABSENT = re.compile(
    r"\A\W*\[\s*\]\W*\Z|\b(?:not (?:present|shown|found|visible|seen)|(?:does not|doesn't) (?:appear|occur|happen)"
    r"|no such (?:event|moment|scene)|never (?:shown|happens|appears|occurs))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's words and what could be read from them."""

    text: str
    """Exactly what the model wrote."""
    status: Literal["ok", "repaired", "failed"]
    spans: tuple[Span, ...]
    """Seconds of the whole video. Empty with status ok means the model said: nowhere."""
    repairs: tuple[str, ...] = ()
    """What had to be mended (`reversed`, `clamped`, `other pattern: …`) or why it failed, for counting."""
    confidences: tuple[float | None, ...] = ()
    """One per span, in [0, 1], as the model stated it; None where it stated none."""


class _Claim(NamedTuple):
    """One moment as written, on the model's clock; perhaps reversed, empty or outside."""

    start: float
    end: float
    confidence: float | None


def parse_reply(text: str, *, adapter: Adapter, within: Span) -> Reply:
    """Read the moments a model names, as seconds of the whole video inside `within`.

    What stands in `<think>` is not read. The adapter's own form gives `ok`; another form that leaves no
    doubt, reversed ends, and ends cut to `within` give `repaired`; all else gives `failed` without spans.
    This is where times leave the model's clock. Any text is accepted; nothing is raised.

    Args:
        text: the reply.
        adapter: how this model was asked, and so how it should answer.
        within: the stretch it was shown, in seconds of the whole video.
    """
    words = text[slice(*_searched(text))]
    claims, repairs = _declared(words, adapter.reply)
    if not claims:
        if _is_refusal(words, adapter.reply):
            return Reply(text, "ok", ())
        claims, repairs = _otherwise(words)
    if not claims:
        return Reply(text, "failed", (), repairs or ("no moment in it",))
    return _placed(text, claims, repairs, clock_start=adapter.clock_start(within), within=within)


def write_reply(spans: Sequence[Span], *, adapter: Adapter, within: Span, thought: str = "") -> str:
    """Write what a model that is right would reply; `parse_reply` reads it back.

    Args:
        spans: where it is, in seconds of the whole video.
        adapter: how this model answers.
        within: the stretch it was shown.
        thought: what it thinks first; empty: it answers at once.

    Raises:
        ValueError: no spans, and this model was never taught to say so; or a thought, and it never thinks.
    """
    form, clock_start = adapter.reply, adapter.clock_start(within)
    if thought and not form.thought:
        raise ValueError(
            f"{adapter.name} answers at once: its replies have no place for a thought."
        )
    before = form.thought.replace("{thought}", thought) if thought else ""
    if not spans:
        if not form.nothing:
            raise ValueError(f"{adapter.name} has no way to say that a query is not in the video.")
        return before + form.nothing
    written = [
        form.span.format(start=span.start - clock_start, end=span.end - clock_start)
        for span in spans
    ]
    return before + form.answer.replace("{spans}", form.joint.join(written))


def spoken_range(text: str) -> tuple[int, int]:
    """Return where, in characters, what is left without thought stands; nothing follows an unclosed thought."""
    closed = [match.end() for match in re.finditer(r"</think>", text, flags=re.IGNORECASE)]
    start = closed[-1] if closed else 0
    opened = re.search(r"<think>", text[start:], flags=re.IGNORECASE)
    end = start + opened.start() if opened else len(text)
    words = text[start:end]
    start += len(words) - len(words.lstrip())
    return start, max(start, start + len(words.strip()))


def payload_range(text: str, *, adapter: Adapter) -> tuple[int, int] | None:
    """Return where, in characters, a reply in the adapter's own form names its moments; None when it does not.

    Inside the adapter's block, or from the first to the last moment where it has none.
    """
    start, end = _searched(text)
    words, form = text[start:end], adapter.reply
    if form.block:
        blocks = list(_compiled(form.block).finditer(words))
        ranges = [blocks[-1].span("payload")] if blocks else []
    else:
        ranges = [match.span() for match in _compiled(form.pattern).finditer(words)]
    return (start + ranges[0][0], start + ranges[-1][1]) if ranges else None


def _searched(text: str) -> tuple[int, int]:
    start, end = spoken_range(text)
    return max(start, end - LONGEST), end


def _declared(words: str, form: ReplyFormat) -> tuple[list[_Claim], tuple[str, ...]]:
    payload = _payload(words, form)
    matches = list(_compiled(form.pattern).finditer(payload or ""))
    if payload is None or not matches:
        return [], ()
    repairs = []
    if re.search(r"\d", _compiled(form.pattern).sub("", payload)):
        repairs.append("other numbers beside it")
    if form.take != "all" and len(matches) > 1:
        repairs.append(f"several moments, {form.take} taken")
        matches = [matches[0 if form.take == "first" else -1]]
    return _claims(matches), tuple(repairs)


def _payload(words: str, form: ReplyFormat) -> str | None:
    if not form.block:
        return words
    blocks = list(_compiled(form.block).finditer(words))
    return blocks[-1]["payload"] if blocks else None


def _is_refusal(words: str, form: ReplyFormat) -> bool:
    """Tell whether a model that was taught to do so says, without naming any time, that nothing fits."""
    if not form.nothing:
        return False
    payload = (_payload(words, form) or words).strip()
    said = payload.rstrip(".").casefold() == form.nothing.casefold() or ABSENT.search(payload)
    return bool(said) and not re.search(r"\d", payload)


def _otherwise(words: str) -> tuple[list[_Claim], tuple[str, ...]]:
    for name, pattern in CASCADE.items():
        if claims := _claims(_compiled(pattern).finditer(words)):
            if ABSENT.search(words):
                return [], ("says both when and that it is absent",)
            return claims, (f"other pattern: {name}",)
    return [], ()


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern in which `{start}`, `{end}` and `{confidence}` may stand for numbers."""
    for name in ("start", "end"):
        pattern = pattern.replace(f"{{{name}}}", _time(name))
    pattern = pattern.replace("{confidence}", r"(?P<confidence>\d\.?\d{0,30})")
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


def _claims(matches: Iterable[re.Match[str]]) -> list[_Claim]:
    claims = []
    for match in matches:
        stated = match.groupdict().get("confidence")
        confidence = float(stated) if stated else None
        if confidence is not None and not 0 <= confidence <= 1:
            confidence = None
        claims.append(_Claim(_seconds(match["start"]), _seconds(match["end"]), confidence))
    return claims


def _seconds(written: str) -> float:
    return -parse_time(written[1:]) if written.startswith("-") else parse_time(written)


def _placed(
    text: str,
    claims: Sequence[_Claim],
    repairs: tuple[str, ...],
    *,
    clock_start: float,
    within: Span,
) -> Reply:
    """Turn claims into spans of the whole video inside `within`, noting every change."""
    placed: dict[Span, float | None] = {}
    noted = list(repairs)
    for start, end, confidence in claims:
        if start == end:
            noted.append("empty")
            continue
        if start > end:
            start, end = end, start
            noted.append("reversed")
        span = Span(start + clock_start, end + clock_start)
        inside = span.clip(within)
        if inside is None:
            noted.append("outside")
            continue
        if span.duration - inside.duration > ROUNDING:
            noted.append("clamped")
        placed.setdefault(inside, confidence)
    status: Literal["ok", "repaired", "failed"] = "repaired" if noted else "ok"
    return Reply(
        text,
        status if placed else "failed",
        tuple(placed),
        tuple(dict.fromkeys(noted)),
        tuple(placed.values()),
    )

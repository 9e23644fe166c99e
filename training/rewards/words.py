"""Rewards of how a reply is written and what it answers, moments aside."""

import re
from collections import Counter

from agent.answer import option_letter
from agent.prompts import AnswerReply, VerifyReply
from grounder.json_reply import read_json
from grounder.reply import Reply, spoken_range
from training.metrics.choices import named_letter
from training.rewards.reward import Truth

ANSWER = re.compile(r"<answer>(.*?)</answer>", re.IGNORECASE | re.DOTALL)
NUMBER = re.compile(r"\d+(?:\.\d+)?")
MOST_CITED = 10
"""Times a thought may name one time (MUSEG src/train.py): beyond, it lists times instead of arguing from them."""


def format_kept(
    reply: Reply, truth: Truth, *, pattern: str = "", unparsable: float = 0.0, uncited: float = 1.0
) -> float | None:
    """1 for a reply in the right form, 0 for another; in [0, 1].

    Args:
        reply: what the model wrote.
        truth: not looked at.
        pattern: expression that the whole reply must match; empty: no moment had to be mended to be read.
        unparsable: what a reply earns that has the form but names no moment.
        uncited: what it earns when its thought does not name every time that its answer names.

    Source: Time-R1 main.py (its template, whatever stands in it: `unparsable` 1); MUSEG src/train.py
    (`unparsable` 0.2; in its first stage `uncited` 0.6; there 10.00 is cited by 10.0 and not by 10, here by either).
    """
    if pattern:
        if not re.fullmatch(pattern, reply.text.strip(), re.DOTALL):
            return 0.0
    elif reply.status == "repaired":
        return 0.0
    if reply.status == "failed":
        return unparsable
    return 1.0 if _cited(reply.text) else uncited


def parse_penalty(reply: Reply, truth: Truth) -> float | None:
    """−1 where no moment can be read (saying "nowhere" in the taught words can be), else 0; in {−1, 0}.

    Source: TimeLens2 (arXiv 2607.17423).
    """
    return -1.0 if reply.status == "failed" else 0.0


def refusal(reply: Reply, truth: Truth) -> float | None:
    """1 for saying that the query is nowhere, 0 for naming a moment or babble; None where it is somewhere.

    Refusing a query that is in the video earns 0 from every reward of moments.
    Source: RA-RFT (arXiv 2511.23151), the idea; the numbers are ours.
    """
    if truth.spans:
        return None
    return float(reply.status == "ok" and not reply.spans)


def qa_correct(reply: Reply, truth: Truth) -> float | None:
    """1 for the right answer, 0 for another; None where the row asks no question.

    What is said is, in this order, the option or answer of the agent's JSON, the verdict of its JSON, the last
    `<answer>` block, or the whole reply without its thought. It must be the answer, the letter of its option (A is
    the first; read as `whenwhat score` reads it), or the letter and the option. Case and a final full stop do not
    count; saying nothing is never right.
    Source: VideoChat-R1 (OpenGVLab/VideoChat-R1 src/open_r1), answer accuracy; JSON as `agent.prompts` asks for it.
    """
    if truth.answer is None:
        return None
    said = _said(reply.text[slice(*spoken_range(reply.text))])
    if _plain(said) == _plain(truth.answer):
        return float(_plain(said) != "")
    letter, rest = named_letter(said)
    lettered = {option_letter(i): _plain(option) for i, option in enumerate(truth.options)}
    chosen = lettered.get(letter)
    return float(chosen == _plain(truth.answer) and _plain(rest.strip("*_ ")) in {"", chosen})


def _cited(text: str) -> bool:
    """Tell whether a thought names each time of its answer."""
    start, end = spoken_range(text)
    named = Counter(map(float, NUMBER.findall(text[:start])))
    answered = map(float, NUMBER.findall(text[start:end]))
    return all(0 < named[time] <= MOST_CITED for time in answered)


def _said(spoken: str) -> str:
    answer = read_json(spoken, AnswerReply)
    if isinstance(answer, AnswerReply):
        return (answer.option or answer.answer).strip()
    verdict = read_json(spoken, VerifyReply)
    if isinstance(verdict, VerifyReply):
        return verdict.seen
    blocks = ANSWER.findall(spoken)
    return (blocks[-1] if blocks else spoken).strip()


def _plain(text: str) -> str:
    return " ".join(text.split()).removesuffix(".").casefold()

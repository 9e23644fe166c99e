"""How hard a row is for a model, from rollouts; and the published ways of choosing rows by it.

Difficulty runs from 0 (never found) to 100 (always found): 100 times the mean IoU of rollouts. The filters take
it as IoU, in [0, 1]; they are pure, keep the order of the rows and draw the same rows for the same seed.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from statistics import fmean, pstdev
from types import MappingProxyType
from typing import Any

from grounder.errors import DatasetError, SpecError
from grounder.reply import parse_reply
from grounder.sample import Rollouts, Sample
from grounder.span import Span
from grounder.vlm import VLM, Prompt, Sampling
from training.choice import Choice
from training.rewards import Truth
from training.rewards.moment import iou
from training.rewards.words import qa_correct, refusal

TOGETHER = 8  # rows whose frames are held at once
REMEDY = "Score the rows first: whenwhat train score ROWS --model MODEL --output FILE."
Row = Mapping[str, Any]


def score_rollouts(
    samples: Sequence[Sample],
    rows: Sequence[Row],
    *,
    vlm: VLM,
    prompt_of: Callable[[Row], Prompt],
    rollouts: int = 8,
    temperature: float = 1.0,
    max_tokens: int | None = None,
    seed: int = 0,
    known: Mapping[str, Rollouts] = MappingProxyType({}),
    note: Callable[[Sequence[Sample]], None] = lambda block: None,
) -> list[Sample]:
    """Let a model try every row several times, and return the samples with `difficulty` and `rollouts`.

    A rollout counts its IoU; where the query is nowhere, 1 for saying so and 0 otherwise; of rows that ask
    something other than when, 1 for the right answer. Rows are tried in blocks of `TOGETHER`.

    Args:
        samples: what is scored.
        rows: the row of each, from `training.grpo.rows`.
        vlm: the model.
        prompt_of: from a row to what the model is shown.
        rollouts: how often it tries.
        temperature: how freely it replies, as in training.
        max_tokens: room for a reply, as in training; None: the adapter's.
        seed: of the first try; each further one has its own.
        known: by row id, what was scored before; a block is not tried again when all of it is known.
        note: is given each block that was tried, as soon as it is scored.

    Raises:
        BackendError: the model's server or engine failed.
    """
    room = max_tokens or vlm.adapter.max_tokens
    samplings = [Sampling(room, temperature, seed=seed + number) for number in range(rollouts)]
    scored: list[Sample] = []
    for first in range(0, len(samples), TOGETHER):
        block, asked = samples[first : first + TOGETHER], rows[first : first + TOGETHER]
        found = [known.get(sample.id) for sample in block]
        if all(one is not None and one.count == rollouts for one in found):
            scored += [with_rollouts(sample, known[sample.id]) for sample in block]
            continue
        tried = _tried(block, asked, vlm, [prompt_of(row) for row in asked], samplings)
        note(tried)
        scored += tried
    return scored


def share_of(samples: Sequence[Sample], process: int, processes: int) -> list[Sample]:
    """Return the rows that one of several processes scores: whole blocks, in turn."""
    return [
        sample for place, sample in enumerate(samples) if place // TOGETHER % processes == process
    ]


def between(
    samples: Sequence[Sample],
    *,
    seed: int,
    above: float = -1.0,
    at_least: float = 0.0,
    at_most: float = 1.0,
) -> list[Sample]:
    """Keep rows with `above` < IoU, `at_least` <= IoU and IoU <= `at_most`; nothing is drawn.

    Source: Time-R1 re-filters with 0 < IoU <= 0.7 in each epoch; TVG-R1 (arXiv 2507.18100) takes IoU > 0.8 for SFT
    and IoU >= 0.4 for RL, of a stronger model's chain of thought.
    """
    return [
        sample
        for sample in samples
        if _mean(sample) > above and at_least <= _mean(sample) <= at_most
    ]


def gaussian(
    samples: Sequence[Sample],
    *,
    seed: int,
    centre: float = 0.3,
    width: float = 0.2,
    count: int = 2500,
) -> list[Sample]:
    """Drop rows never found, then draw `count` with weight exp(−(IoU − centre)² / (2 width²)).

    Source: Time-R1 (xiaomi-research/time-r1 src/utils/process_data.py, `gaussian_03`).
    """
    found = [sample for sample in samples if _mean(sample) > 0]
    weights = [_bell(sample, centre, width) for sample in found]
    return _in_order(samples, _drawn(found, weights, seed)[:count])


def stratified_gaussian(
    samples: Sequence[Sample],
    *,
    seed: int,
    centre: float = 0.05,
    width: float = 0.2,
    count: int = 2500,
    shortest: float = 5.0,
    longest: float = 500.0,
    step: float = 30.0,
    last: float = 240.0,
) -> list[Sample]:
    """Draw `count` rows with Gaussian weights, evenly from bins of video length.

    Bins are `step` seconds wide up to `last`, beyond which is one more; videos outside `shortest` to
    `longest` seconds are dropped. Where a bin runs out, the others give more.
    Source: TimeLens (arXiv 2512.14698); that bins get equal shares is our reading.
    """
    bins: dict[int, list[Sample]] = {}
    for sample in samples:
        if shortest <= sample.duration <= longest:
            bins.setdefault(int(min(sample.duration, last) // step), []).append(sample)
    lines = [
        _drawn(rows, [_bell(sample, centre, width) for sample in rows], seed + number)
        for number, rows in sorted(bins.items())
    ]
    turns = (sample for turn in zip_longest(*lines) for sample in turn if sample is not None)
    return _in_order(samples, list(turns)[:count])


def variance_aware(
    samples: Sequence[Sample], *, seed: int, power: float = 1.0, count: int = 2500
) -> list[Sample]:
    """Draw `count` rows with weight std^power · (1 − mean)²; rows that are always found are dropped.

    So are, with a power above 0, those whose rollouts all fared alike.
    Source: TimeLens2 (arXiv 2607.17423); its scripts set the power to 0.
    """
    weights = [
        _rollouts(sample).std ** power * (1 - _rollouts(sample).mean) ** 2 for sample in samples
    ]
    return _in_order(samples, _drawn(samples, weights, seed)[:count])


FILTERS: dict[str, Callable[..., list[Sample]]] = {
    "between": between,
    "gaussian": gaussian,
    "stratified_gaussian": stratified_gaussian,
    "variance_aware": variance_aware,
}
POSITIVE = ("width", "count", "step")
"""Settings of filters that must be above 0."""


def filter_of(table: Any) -> Choice:
    """Read `{name: between, above: 0.8}`.

    Raises:
        SpecError: there is no such filter, or it has no such setting, or cannot use its value.
    """
    if not isinstance(table, dict) or not isinstance(table.get("name"), str):
        raise SpecError(f"A filter is {table!r}; it needs a name, one of: {', '.join(FILTERS)}.")
    choice = Choice(table["name"], {key: value for key, value in table.items() if key != "name"})
    choice.check(FILTERS, "filter", positive=POSITIVE, not_negative=("power",))
    return choice


def _tried(
    block: Sequence[Sample],
    rows: Sequence[Row],
    vlm: VLM,
    prompts: Sequence[Prompt],
    samplings: Sequence[Sampling],
) -> list[Sample]:
    tries = [vlm.generate(prompts, sampling) for sampling in samplings]
    scored = []
    for place, (sample, row) in enumerate(zip(block, rows, strict=True)):
        values = [_value(replies[place].text, sample, row, vlm) for replies in tries]
        mean = fmean(values)
        scored.append(with_rollouts(sample, Rollouts(mean, pstdev(values, mean), len(values))))
    return scored


def _value(text: str, sample: Sample, row: Row, vlm: VLM) -> float:
    within = Span(*row["within"])
    reply = parse_reply(text, adapter=vlm.adapter, within=within)
    # A window may show a part of what is true, or nothing of it.
    inside = (span.clip(within) for span in sample.spans)
    spans = tuple(span for span in inside if span is not None)
    truth = Truth(spans, within, sample.answer, sample.options)
    if sample.task != "ground":
        return qa_correct(reply, truth) or 0.0
    return (iou(reply, truth) if spans else refusal(reply, truth)) or 0.0


def with_rollouts(sample: Sample, rollouts: Rollouts) -> Sample:
    """Return a row with what its rollouts were worth, and the difficulty that follows."""
    return replace(sample, difficulty=100 * rollouts.mean, rollouts=rollouts)


def _drawn(samples: Sequence[Sample], weights: Sequence[float], seed: int) -> list[Sample]:
    """Return all rows of some weight in random order, heavy ones likely first: draws without replacement.

    Source: Efraimidis and Spirakis 2006, keys u^(1/w), here in logarithms.
    """
    dice = random.Random(seed)
    keys = [math.log(1 - dice.random()) / weight if weight > 0 else None for weight in weights]
    keyed = [(key, place) for place, key in enumerate(keys) if key is not None]
    return [samples[place] for _, place in sorted(keyed, reverse=True)]


def _in_order(samples: Sequence[Sample], chosen: Sequence[Sample]) -> list[Sample]:
    ids = {sample.id for sample in chosen}
    return [sample for sample in samples if sample.id in ids]


def _bell(sample: Sample, centre: float, width: float) -> float:
    return math.exp(-((_mean(sample) - centre) ** 2) / (2 * width**2))


def _mean(sample: Sample) -> float:
    if sample.difficulty is None:
        raise DatasetError(f"Row {sample.id} has no difficulty. {REMEDY}")
    return sample.difficulty / 100


def _rollouts(sample: Sample) -> Rollouts:
    if sample.rollouts is None:
        raise DatasetError(f"Row {sample.id} has no rollouts. {REMEDY}")
    return sample.rollouts

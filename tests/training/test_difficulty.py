import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.adapters import load_adapter
from grounder.errors import DatasetError
from grounder.sample import Rollouts, Sample
from grounder.span import Span
from grounder.vlm import Message, Text
from grounder.vlm.scripted import ScriptedVLM
from training.difficulty import FILTERS, gaussian, score_rollouts, share_of

ADAPTER = load_adapter("timelens2")
TRUTH = Span(1.0, 3.0)


def sample(number, *, found=0.5, std=0.2, duration=100.0, spans=(TRUTH,)):
    return Sample(
        id=str(number),
        video="a.mp4",
        duration=duration,
        query="a dog",
        spans=spans,
        source="test",
        difficulty=None if found is None else 100 * found,
        rollouts=None if found is None else Rollouts(found, std, 8),
    )


def ids(samples):
    return [int(one.id) for one in samples]


def test_rollouts_give_mean_and_spread():
    replies = iter(["[[1, 3]]", "[]", "[[2, 4]]", "[[3, 5]]", "no idea", "[[2, 3]]"])
    vlm = ScriptedVLM(lambda prompt: next(replies), adapter=ADAPTER)
    samples = [sample(1, found=None), sample(2, found=None, spans=())]
    rows = [{"within": [0.0, 100.0]}] * 2
    prompt = (Message("user", (Text("?"),)),)
    first, second = score_rollouts(
        samples, rows, vlm=vlm, prompt_of=lambda row: prompt, rollouts=3, temperature=0.7
    )
    # Each try answers both rows: IoU 1, 1/3 and 0 of the first; a right refusal and two wrong ones of the second.
    assert first.rollouts == Rollouts(pytest.approx(4 / 9), pytest.approx(0.4157, abs=1e-4), 3)
    assert first.difficulty == pytest.approx(400 / 9)
    assert second.rollouts is not None
    assert second.rollouts.mean == pytest.approx(1 / 3)


def test_every_try_has_a_seed_of_its_own():
    class Noting(ScriptedVLM):
        def generate(self, prompts, sampling):
            drawn.append((sampling.seed, sampling.temperature, sampling.max_tokens, len(prompts)))
            return super().generate(prompts, sampling)

    drawn = []
    vlm = Noting(lambda prompt: "[[1, 3]]", adapter=ADAPTER)
    samples = [sample(number) for number in range(10)]
    rows = [{"within": [0.0, 100.0]}] * 10
    prompt = (Message("user", (Text("?"),)),)
    scored = score_rollouts(
        samples, rows, vlm=vlm, prompt_of=lambda row: prompt, rollouts=2, seed=5
    )
    assert drawn == [(5, 1.0, 256, 8), (6, 1.0, 256, 8), (5, 1.0, 256, 2), (6, 1.0, 256, 2)]
    assert [one.difficulty for one in scored] == [100.0] * 10


class Counting(ScriptedVLM):
    """Answers every prompt, and counts them."""

    asked = 0

    def generate(self, prompts, sampling):
        self.asked += len(prompts)
        return super().generate(prompts, sampling)


def scored_again(samples, known, noted, *, rollouts=2, said="[[1, 3]]"):
    vlm = Counting(lambda prompt: said, adapter=ADAPTER)
    prompt = (Message("user", (Text("?"),)),)
    scored = score_rollouts(
        samples,
        [{"within": [0.0, 100.0]}] * len(samples),
        vlm=vlm,
        prompt_of=lambda row: prompt,
        rollouts=rollouts,
        known=known,
        note=lambda block: noted.append(ids(block)),
    )
    return scored, vlm.asked


def test_blocks_that_are_known_are_not_tried_again():
    samples = [sample(number, found=None) for number in range(20)]
    known = {str(number): Rollouts(0.25, 0.1, 2) for number in range(10)}
    noted = []
    scored, asked = scored_again(samples, known, noted)
    assert (
        asked == 2 * 12
    )  # of the second block two rows are known, but all of it is tried as it was cut off
    assert noted == [list(range(8, 16)), list(range(16, 20))]
    assert [one.difficulty for one in scored] == [25.0] * 8 + [100.0] * 12


def test_scores_of_another_number_of_tries_do_not_count():
    samples = [sample(number, found=None) for number in range(8)]
    known = {str(number): Rollouts(0.25, 0.1, 8) for number in range(8)}
    assert scored_again(samples, known, [])[1] == 16


def test_processes_share_whole_blocks():
    samples = [sample(number) for number in range(20)]
    shares = [share_of(samples, process, 2) for process in range(2)]
    assert [ids(share) for share in shares] == [[*range(8), *range(16, 20)], list(range(8, 16))]


def test_a_question_counts_its_answer():
    asked = replace(sample(1, found=None), task="qa", question="?", answer="blue")
    for said, worth in (("<answer>Blue</answer>", 100.0), ("[[1, 3]]", 0.0)):
        assert scored_again([asked], {}, [], said=said)[0][0].difficulty == worth


def test_what_a_window_does_not_show_must_be_refused():
    hidden = sample(1, found=None, spans=(Span(200.0, 210.0),), duration=300.0)
    for said, worth in (("[]", 100.0), ("[[1, 3]]", 0.0)):
        assert scored_again([hidden], {}, [], said=said)[0][0].difficulty == worth


def test_between_keeps_what_lies_there():
    samples = [sample(number, found=number / 10) for number in range(11)]
    assert ids(FILTERS["between"](samples, seed=0, above=0.0, at_most=0.7)) == list(range(1, 8))
    assert ids(FILTERS["between"](samples, seed=0, at_least=0.4)) == list(range(4, 11))


def test_tvg_r1_parts_cold_start_and_reinforcement():
    samples = [sample(number, found=number / 10) for number in range(11)]
    assert ids(FILTERS["between"](samples, seed=0, above=0.8)) == [9, 10]
    assert ids(FILTERS["between"](samples, seed=0, at_least=0.4)) == list(range(4, 11))


def test_the_gaussian_prefers_its_centre_and_drops_what_is_never_found():
    dice = random.Random(0)
    samples = [sample(number, found=dice.random()) for number in range(4000)]
    samples += [sample(4000 + number, found=0.0) for number in range(1000)]
    drawn = gaussian(samples, seed=1, count=500)
    assert len(drawn) == 500
    assert max(ids(drawn)) < 4000
    near, far = (sum(low <= one.difficulty < low + 20 for one in drawn) for low in (20, 70))
    # Weights at 0.3 and 0.8 are as 1 to 0.044.
    assert near > 5 * far


def test_the_stratified_gaussian_draws_evenly_from_lengths():
    samples = [sample(number, duration=20.0) for number in range(300)]
    samples += [sample(300 + number, duration=100.0) for number in range(30)]
    samples += [sample(400 + number, duration=300.0) for number in range(5)]
    samples += [sample(500 + number, duration=400.0) for number in range(5)]
    samples += [sample(600, duration=4.0), sample(601, duration=501.0)]
    drawn = ids(FILTERS["stratified_gaussian"](samples, seed=0, count=60))
    shares = [
        sum(low <= one < high for one in drawn) for low, high in ((0, 300), (300, 400), (400, 600))
    ]
    assert shares == [25, 25, 10]  # 240 s and more is one bin, and it has no more
    assert not {600, 601} & set(drawn)


def test_variance_aware_prefers_rows_the_model_is_unsure_of():
    samples = [sample(number, found=0.2, std=0.3) for number in range(100)]
    samples += [sample(100 + number, found=0.8, std=0.3) for number in range(100)]
    samples += [sample(200 + number, found=0.2, std=0.0) for number in range(100)]
    drawn = ids(FILTERS["variance_aware"](samples, seed=0, count=80))
    unsure, easy, settled = (sum(low <= one < low + 100 for one in drawn) for low in (0, 100, 200))
    assert unsure > 4 * easy  # weights are as 16 to 1
    assert settled == 0


@pytest.mark.parametrize("name", FILTERS)
@given(seed=st.integers(0, 5), found=st.lists(st.floats(0, 1), max_size=30))
def test_filters_choose_rows_in_order_and_again_the_same(name, seed, found):
    samples = [sample(number, found=value) for number, value in enumerate(found)]
    settings = {} if name == "between" else {"count": 10}
    chosen = FILTERS[name](samples, seed=seed, **settings)
    assert ids(chosen) == sorted(ids(chosen))
    assert set(ids(chosen)) <= set(range(len(found)))
    assert len(chosen) <= settings.get("count", len(found))
    assert chosen == FILTERS[name](samples, seed=seed, **settings)


def test_other_seeds_draw_other_rows():
    samples = [sample(number) for number in range(100)]
    assert gaussian(samples, seed=0, count=10) != gaussian(samples, seed=1, count=10)


@pytest.mark.parametrize("name", FILTERS)
def test_unscored_rows_are_named(name):
    with pytest.raises(DatasetError, match="Row 3 has no"):
        FILTERS[name]([sample(3, found=None)], seed=0)

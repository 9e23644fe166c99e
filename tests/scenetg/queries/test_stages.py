"""All stages that ask a model, one after the other."""

from pathlib import Path

from grounder.ground.vlm import VlmGrounder
from scenetg.candidate import Outcome
from scenetg.context import Context
from scenetg.queries.extent import extent
from scenetg.queries.questions import questions
from scenetg.queries.roundtrip import roundtrip
from scenetg.visual.look import Look
from tests.scenetg.queries.stage import Seer, context_of, unique


def run_all(context: Context, look: Look) -> Outcome:
    rows = extent(unique(context, look), context).kept
    return questions(roundtrip(rows, context).kept, context)


def test_a_second_run_asks_the_model_nothing_and_comes_to_the_same(
    look: Look, tmp_path: Path
) -> None:
    def fresh() -> tuple[Seer, Context]:
        vlm = Seer()
        return vlm, context_of(tmp_path, look, vlm=vlm, grounder=VlmGrounder(vlm))

    first, context = fresh()
    before = run_all(context, look)
    second, context = fresh()
    assert run_all(context, look) == before
    assert len(first.prompts) > 20
    assert second.prompts == []

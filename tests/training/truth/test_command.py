"""SceneTG against the truth, as a command."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from scenetg.world import seeds_of
from scenetg.world.build import Settings, build
from training.truth.scenetg import main


@pytest.mark.slow
def test_another_seed_draws_other_mistakes_and_the_same_seed_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(90.0, "easy", 96, 64, 5, srt=False)
    build(tmp_path / "films", settings, list(islice(seeds_of("validation"), 2)))

    def filtered(seed: int, work: str) -> Any:
        main(
            tmp_path / "films",
            tmp_path / work,
            split="validation",
            mistakes="10",
            votes="i+ii+iii",
            encoder="conse",
            seed=seed,
            as_json=True,
        )
        return json.loads(capsys.readouterr().out)["filter"]

    first = filtered(0, "a")
    assert first == filtered(0, "b")
    assert any(first != filtered(seed, "a") for seed in (1, 2))

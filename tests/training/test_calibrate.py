"""`whenwhat calibrate` from a run and from a file, and what opening a video makes of it."""

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from agent import Context, Thresholds, ask, open_context
from agent.calibrated import FILE, Fit, fit_for, store_fit, stored_fits
from grounder.cli.main import main
from grounder.errors import DatasetError, LibraryError
from grounder.sample import Sample, write_samples
from grounder.span import Span
from scenetg.formats import Label
from tests.agent.stage import ColourEncoder
from tests.video_factory import colour_video
from training.evaluate.folder import Run, RunFolder
from training.evaluate.prediction import Prediction
from training.evaluate.queries import numbered
from training.trials import OPEN, of_file, of_run

FIT = Fit("colours", "retrieval", Thresholds(0.9, 0.2, 0.3), 0.2, 30, 20, 5, "2026-01-02")


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["calibrate", *map(str, words)])
    told = capsys.readouterr()
    assert isinstance(stop.value.code, int)
    return stop.value.code, told.out, told.err


def finished_run(folder: Path, *, present: int = 20, absent: int = 20) -> Path:
    """Present ones: presence 0.7, moment 10-20 s of score 0.6, right. Absent ones: 0.4 and 0.3, held back."""
    labels, said = [], []
    for number in range(present + absent):
        there = number < present
        windows = ((10.0, 20.0),) if there else ()
        labels.append(
            Label(
                f"q{number}",
                f"v{number % 5}.mp4",
                "a dog",
                windows,
                "made up",
                f"x:{number}",
                60.0,
            )
        )
        moment = {
            "start": 10.0,
            "end": 20.0,
            "score": 0.6 if there else 0.3,
            "score_kind": "retrieval_probability",
        }
        document = {
            "evidence": [moment] if there else [],
            "closest": [] if there else [moment],
            "models": {"encoder": "conse:x", "grounder": "retrieval"},
        }
        presence = 0.7 if there else 0.4
        said.append(
            Prediction(
                f"q{number}",
                raw=document,
                outcome="uncertain" if there else "not_found",
                presence=presence,
            )
        )
    made = RunFolder(folder)
    models = {
        "encoder": "conse",
        "grounder": "retrieval",
    }  # as in the settings, not as they name themselves
    made.begin(Run("rows", "agent", "rows.jsonl", ".", models=models), numbered(labels))
    made.keep(said)
    return folder


def test_a_run_is_calibrated_stored_shown_and_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, library = finished_run(tmp_path / "run"), tmp_path / "library"
    code, out, err = run(capsys, folder, "--library", library)
    assert (code, err) == (0, "")
    assert "on 20 present and 20 absent queries of 5 videos, risk 0.2" in out
    assert "absent refused             100%                100%" in out
    [stored] = stored_fits(library)
    assert (stored.encoder, stored.grounder) == ("conse:x", "retrieval")
    assert stored.thresholds == Thresholds(present=0.55, found=0.6, sure=0.6)
    code, out, _ = run(capsys, "--show", "--library", library)
    assert "conse:x + retrieval: present 0.55, found 0.6, sure 0.6; calibrated" in out
    assert run(capsys, "--reset", "--library", library)[0] == 0
    assert stored_fits(library) == []
    assert "Nothing is fitted" in run(capsys, "--show", "--library", library)[2]


def test_the_json_has_the_fit_and_the_check_on_videos_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = finished_run(tmp_path / "run")
    code, out, err = run(capsys, folder, "--library", tmp_path / "library", "--json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert document["fit"]["thresholds"] == {"present": 0.55, "found": 0.6, "sure": 0.6}
    assert document["fitted_held_out"]["refused_absent"] == 1
    assert document["fitted_held_out"]["risk"] == 0
    # Those of the family: presence 0.5 parts them as well, but nothing reaches sure = 0.8.
    assert (document["in_use"]["sure"], document["in_use"]["risk"]) == (0, None)


def test_too_few_rows_are_refused_and_nothing_is_stored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = finished_run(tmp_path / "run", absent=3)
    code, _, err = run(capsys, folder, "--library", tmp_path / "library")
    assert code == 1
    assert "20 present and 3 absent queries of 5 videos are too few" in err
    assert not (tmp_path / "library" / FILE).exists()


def test_a_run_of_a_system_without_thresholds_is_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.begin(Run("rows", "random", "rows.jsonl", "."), [])
    with pytest.raises(DatasetError, match="a run of random, whose answers come from 0 pairs"):
        of_run(tmp_path / "run")


@pytest.mark.parametrize("words", [[], ["--show", "--reset"]])
def test_a_command_that_says_nothing_or_two_things_is_a_usage_error(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, *words)[0] == 2


def test_a_fit_takes_the_place_of_an_earlier_one_of_the_same_pair_only(tmp_path: Path) -> None:
    other = Fit("conse:x", "retrieval", Thresholds(), 0.1, 30, 20, 5, "2026-01-01")
    newer = Fit("colours", "retrieval", Thresholds(0.1, 0.1, 0.1), 0.1, 40, 20, 5, "2026-01-03")
    for one in (FIT, other, newer):
        store_fit(tmp_path, one)
    assert stored_fits(tmp_path) == [other, newer]
    assert fit_for(tmp_path, "colours", "retrieval") == newer
    assert fit_for(tmp_path, "colours", "hf:some") is None


@pytest.mark.parametrize(
    "text", ["{", '{"version": 99, "fits": []}', '{"version": 1, "fits": [{}]}', "[]"]
)
def test_a_damaged_file_is_an_error_that_says_how_to_go_on_and_reset_mends_it(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(LibraryError, match="calibrate --reset"):
        stored_fits(tmp_path)
    assert run(capsys, "--reset", "--library", tmp_path)[0] == 0
    assert stored_fits(tmp_path) == []


def test_a_video_is_opened_with_what_was_fitted_and_the_answer_says_so(tmp_path: Path) -> None:
    film = colour_video(
        tmp_path / "film.mp4", [("red", 4.0), ("green", 4.0)], size=(96, 64), rate=5
    )
    given: dict[str, Any] = {"library": tmp_path / "library", "encoder": ColourEncoder()}
    with open_context(film, **given) as context:
        family = context.thresholds
        assert "thresholds" not in context.models()
    store_fit(tmp_path / "library", FIT)
    with open_context(film, **given) as context:
        assert context.thresholds == FIT.thresholds != family
        answer = ask("When is it red?", context)
    assert answer.models["thresholds"].startswith(
        "calibrated 2026-01-02 on 30 present and 20 absent"
    )
    with open_context(film, **given, thresholds=OPEN) as context:
        assert context.thresholds == OPEN
        assert "thresholds" not in context.models()


def test_a_file_is_asked_row_by_row_with_nothing_held_back(tmp_path: Path) -> None:
    film = colour_video(
        tmp_path / "film.mp4", [("red", 4.0), ("green", 4.0)], size=(96, 64), rate=5
    )
    rows = [
        Sample("a", "film.mp4", 8.0, "a red screen", (Span(0, 4),), "made up"),
        Sample("b", "film.mp4", 8.0, "a blue screen", (), "made up"),
        Sample("c", "film.mp4", 8.0, "a red screen", (Span(4.5, 8),), "made up"),
        Sample("d", "film.mp4", 8.0, "every shot", (Span(0, 4),), "made up", task="shots"),
    ]
    write_samples(tmp_path / "rows.jsonl", rows)

    def opened(video: Path) -> AbstractContextManager[Context]:
        assert video == film
        return open_context(
            video,
            library=tmp_path / "library",
            encoder=ColourEncoder(),
            thresholds=OPEN,
            keep=False,
        )

    done: list[float] = []
    trials = of_file(tmp_path / "rows.jsonl", opened, progress=done.append)
    assert (trials.encoder, trials.grounder) == ("colours", "retrieval")
    assert [(row.present, row.right) for row in trials.rows] == [
        (True, True),
        (False, False),
        (True, False),
    ]
    assert trials.rows[0].presence > 0.9 > 0.1 > trials.rows[1].presence
    assert trials.rows[0].score > trials.rows[1].score
    assert done == [1, 2, 3]

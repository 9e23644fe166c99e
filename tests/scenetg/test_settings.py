"""Settings: changed by name, refused by name, and each stage keyed by exactly its own."""

from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest

from grounder.errors import SpecError
from grounder.span import Span
from scenetg.candidate import Candidate
from scenetg.line.licences import read_licences
from scenetg.line.sampling import sample
from scenetg.overrides import read_settings
from scenetg.settings import Sampling, Settings
from scenetg.stages import STAGES


def test_a_file_comes_first_and_the_command_line_last(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text("[scenes]\nmerge = 0.5\nlongest = 40\n[shots]\ndetector = 'content'\n")
    settings = read_settings(file, ["scenes.merge=0.6", "splits.seed=3"])
    assert (settings.scenes.merge, settings.scenes.longest) == (0.6, 40.0)
    assert isinstance(settings.scenes.longest, float)
    assert (settings.shots.detector, settings.splits.seed) == ("content", 3)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("scenes.merg=0.5", "Did you mean 'merge'"),
        ("scene.merge=0.5", "Did you mean 'scenes'"),
        ("scenes=0.5", "no setting"),
        ("scenes.merge", "GROUP.FIELD=VALUE"),
        ("scenes.merge=high", "must be float"),
        ("scenes.merge=nan", "must be float"),
        ("splits.seed=1.5", "must be int"),
        ("uniqueness.captions=1", "must be bool"),
    ],
)
def test_a_change_that_means_nothing_is_refused_with_what_there_is(change: str, told: str) -> None:
    with pytest.raises(SpecError, match=told):
        read_settings(changes=[change])


@pytest.mark.parametrize("text", ["[scenes]\nmerge = 'x'", "merge = 1", "[nothing]\na = 1", "= ="])
def test_a_file_that_means_nothing_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "s.toml"
    file.write_text(text)
    with pytest.raises(SpecError, match=r"s\.toml"):
        read_settings(file)


def test_every_field_is_documented_and_belongs_to_a_stage() -> None:
    import ast

    import scenetg.settings

    tree = ast.parse(Path(scenetg.settings.__file__).read_text(encoding="utf-8"))
    for group in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        if group.name == "Settings":
            continue
        for field, note in zip(group.body, group.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign):
                assert isinstance(note, ast.Expr), f"{group.name}.{ast.unparse(field.target)}"
    used = {name.split(".")[0] for stage in STAGES.values() for name in stage.settings}
    # Their stages keep what was measured; what it is held against is looked up each time.
    assert used | {"probe", "overlap"} == {field.name for field in fields(Settings)}


@pytest.mark.parametrize("stage", list(STAGES))
def test_a_key_changes_with_the_stage_s_own_settings_and_no_others(stage: str) -> None:
    before = STAGES[stage].key("v", Settings(), {}, [])
    for group, values in asdict(Settings()).items():
        for name, value in values.items():
            other = (
                "x"
                if isinstance(value, str)
                else not value
                if isinstance(value, bool)
                else value + 1
            )
            changed = replace(
                Settings(), **{group: replace(getattr(Settings(), group), **{name: other})}
            )
            reads = {group, f"{group}.{name}"} & set(STAGES[stage].settings)
            assert (STAGES[stage].key("v", changed, {}, []) != before) == bool(reads)


def test_a_key_changes_with_the_models_it_uses_and_no_others() -> None:
    stage = STAGES["shots"]
    one = stage.key("v", Settings(), {"encoder": "a"}, [])
    assert one != stage.key("v", Settings(), {"encoder": "b"}, [])
    assert one == stage.key("v", Settings(), {"encoder": "a", "vlm": "c"}, [])
    assert one != stage.key("w", Settings(), {"encoder": "a"}, [])


def rows(*difficulties: float | None) -> list[Candidate]:
    return [
        Candidate(f"r{n}", "v", "v.mp4", 60.0, Span(1, 5), "scene", n, difficulty=difficulty)
        for n, difficulty in enumerate(difficulties)
    ]


def test_rows_are_sampled_by_difficulty_and_none_without_one_is_lost() -> None:
    outcome = sample(rows(5, 50, 95, None), Sampling(lowest=10, highest=70))
    assert [one.id for one in outcome.kept] == ["r1", "r3"]
    assert [one.rejection.reason for one in outcome.rejected] == ["too hard", "too easy"]


def test_of_one_video_the_middling_rows_stay() -> None:
    outcome = sample(rows(0, 45, 55, 100), Sampling(per_video=2))
    assert [one.id for one in outcome.kept] == ["r1", "r2"]
    assert {one.rejection.reason for one in outcome.rejected} == {"enough rows of this video"}


def test_licences_are_by_name_or_pattern(tmp_path: Path) -> None:
    file = tmp_path / "licences.toml"
    file.write_text('"film.mp4" = "CC-BY-3.0"\n"*.webm" = "CC0"\n"nothing" = "?"\n')
    known = read_licences(file, "unknown")
    paths = [Path("a/film.mp4"), Path("b.webm"), Path("c.mkv")]
    assert [known.of(path) for path in paths] == ["CC-BY-3.0", "CC0", "unknown"]
    assert known.unused(paths) == ["nothing"]


@pytest.mark.parametrize("text", ["film = 3", "= ="])
def test_licences_that_cannot_be_read_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "l.toml").write_text(text)
    with pytest.raises(SpecError, match=r"l\.toml"):
        read_licences(tmp_path / "l.toml")

import pytest

from grounder.errors import SpecError
from training.checkpoints import starting_point


def checkpoint(folder, step):
    path = folder / f"checkpoint-{step}"
    path.mkdir()
    (path / "trainer_state.json").write_text("{}")
    return path


def test_an_empty_folder_is_where_a_run_starts_anew(tmp_path):
    assert starting_point(tmp_path, resume=False) is None
    assert starting_point(tmp_path / "new", resume=True) is None


def test_checkpoints_are_gone_on_from_only_when_asked(tmp_path):
    checkpoint(tmp_path, 5)
    newest = checkpoint(tmp_path, 10)
    (tmp_path / "config.json").write_text("{}")
    assert starting_point(tmp_path, resume=True) == newest
    with pytest.raises(SpecError, match=r"holds checkpoint-10 .*--resume"):
        starting_point(tmp_path, resume=False)


@pytest.mark.parametrize("name", ["config.json", "adapter_config.json"])
@pytest.mark.parametrize("resume", [False, True])
def test_a_finished_model_without_checkpoints_is_not_overwritten(tmp_path, name, resume):
    (tmp_path / name).write_text("{}")
    with pytest.raises(SpecError, match=rf"holds a model already \({name}\) and no checkpoint"):
        starting_point(tmp_path, resume=resume)


def test_a_curriculum_between_its_rounds_goes_on(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "curriculum.json").write_text("{}")
    assert starting_point(tmp_path, resume=True) is None

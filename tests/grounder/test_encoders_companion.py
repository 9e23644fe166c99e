"""What a folder of weights tells about itself."""

import json
from pathlib import Path

import pytest

from grounder.encoders.companion import FILE, read_companion
from grounder.errors import ModelError
from grounder.search.confidence import visual_calibration

ROW = """
[confidence]
fitted = true
presence = [-9.0, 20.0]
place = [-1.0, 3.0]
decay = 0.25
limits = { present = 0.4, sure = 0.7, found = 0.2 }
"""
HEAD = 'prompt = "a {}"\nnames = ["red circle", "blue ring"]\n'


def written(folder: Path, text: str) -> Path:
    (folder / FILE).write_text(text, encoding="utf-8")
    return folder


def test_most_weights_tell_nothing(tmp_path):
    assert read_companion(tmp_path) is None


def test_names_come_without_chances_until_these_are_fitted(tmp_path):
    found = read_companion(written(tmp_path, HEAD))
    assert found is not None
    assert (found.prompt, found.names) == ("a {}", ("red circle", "blue ring"))
    assert found.confidence is None


def test_chances_beside_the_weights_stand_before_those_of_the_family(tmp_path):
    found = read_companion(written(tmp_path, HEAD + ROW))
    assert found is not None
    own = visual_calibration("open_clip:local-dir:x", found.confidence)
    assert own.fitted
    assert own.presence == (-9.0, 20.0)
    assert (own.limits.present, own.limits.sure, own.decay) == (0.4, 0.7, 0.25)
    assert not visual_calibration("open_clip:local-dir:x", None).fitted


@pytest.mark.parametrize(
    "text",
    [
        "prompt = ",
        "names = ['a', 'b']",
        'prompt = "a"\nnames = ["a", "b"]',
        'prompt = "a {}"\nnames = ["a"]',
        HEAD + ROW.replace("decay = 0.25\n", ""),
        HEAD + ROW.replace("[-1.0, 3.0]", "[-1.0]"),
        HEAD + ROW.replace(", found = 0.2", ""),
    ],
)
def test_a_file_that_says_something_else_is_refused_by_name(tmp_path, text):
    with pytest.raises(ModelError, match=json.dumps(FILE).strip('"')):
        read_companion(written(tmp_path, text))

"""What is promised to those who import: names, where they live, and that importing is free."""

import subprocess
import sys
from pathlib import Path

import pytest

import agent
import grounder
import scenetg
import training
from tests.benchmarks.import_time import LIMIT, STARTS, best_of

HEAVY = {"av", "faiss", "langgraph", "numpy", "onnxruntime", "open_clip", "pydantic", "torch"}
HEAVY |= {"rich", "scenedetect", "sentence_transformers", "transformers"}


def test_grounder_promises_exactly_these_names() -> None:
    assert sorted(grounder.__all__) == [
        "BackendError",
        "BuildError",
        "CapReached",
        "DatasetError",
        "EncoderMismatch",
        "EngineError",
        "Frames",
        "Grounder",
        "Grounding",
        "IndexCorrupt",
        "IndexMissing",
        "Library",
        "LibraryError",
        "MissingDependency",
        "ModelError",
        "Moment",
        "PluginError",
        "RequestRefused",
        "Span",
        "SpecError",
        "TranscriptError",
        "Video",
        "VideoError",
        "VideoLimitError",
        "VideoMissing",
        "WhenwhatError",
        "Window",
        "detect_scenes",
        "index_video",
        "load_encoder",
        "load_vlm",
        "search",
    ]


def test_agent_promises_exactly_these_names() -> None:
    assert sorted(agent.__all__) == [
        "Answer",
        "Budget",
        "Context",
        "Evidence",
        "Option",
        "Step",
        "Thresholds",
        "Usage",
        "Watcher",
        "ask",
        "find",
        "open_context",
    ]


@pytest.mark.parametrize("package", [grounder, agent], ids=lambda package: package.__name__)
def test_every_promised_name_is_there_and_explains_itself(package: object) -> None:
    for name in package.__all__:  # type: ignore[attr-defined]  # both packages have one
        assert getattr(package, name).__doc__, name
        assert name in dir(package)


def test_every_error_of_the_tree_is_public() -> None:
    import grounder.errors

    errors = {name for name, value in vars(grounder.errors).items() if isinstance(value, type)}
    assert errors <= set(grounder.__all__)


@pytest.mark.parametrize("package", [grounder, agent], ids=lambda package: package.__name__)
def test_a_name_that_is_not_promised_is_an_attribute_error(package: object) -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        package.no_such_name  # type: ignore[attr-defined]  # that is the point  # noqa: B018 - so is the bare access


@pytest.mark.parametrize("package", [agent, grounder, scenetg, training])
def test_the_packages_with_common_names_are_those_of_this_checkout(
    package: object, pytestconfig: pytest.Config
) -> None:
    home = Path(package.__file__).resolve()  # type: ignore[attr-defined]  # modules have one
    assert home.is_relative_to(pytestconfig.rootpath)


@pytest.mark.parametrize("start", sorted(STARTS))
def test_starting_up_is_cheap(start: str) -> None:
    # The bound is the promise; a busy machine inflates even CPU time, so the best of a few counts.
    assert best_of(STARTS[start]) < LIMIT


@pytest.mark.parametrize("start", sorted(STARTS))
def test_starting_up_imports_nothing_heavy(start: str) -> None:
    told = subprocess.run(
        [sys.executable, "-X", "importtime", *STARTS[start]],
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in told.stderr.splitlines()
    }
    assert not loaded & HEAVY

import pytest

from grounder.errors import SpecError
from training.evaluate.specs import (
    AgentSpec,
    BlindSpec,
    GrounderSpec,
    RetrievalSpec,
    SystemSpec,
    parse_system,
    spec_text,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("whole", BlindSpec("whole")),
        ("train-mean:labels,1.json", BlindSpec("train-mean", "labels,1.json")),
        ("retrieval", RetrievalSpec()),
        ("retrieval:conse", RetrievalSpec("conse")),
        ("retrieval:open_clip:ViT-B-32/tag,k=3", RetrievalSpec("open_clip:ViT-B-32/tag", 3)),
        ("grounder:hf:model#time-r1", GrounderSpec("hf:model#time-r1")),
        ("grounder:openai:m@http://h:1/v1,overlap=0.25", GrounderSpec("openai:m@http://h:1/v1", 0.25)),
        ("agent:spacing=0.5", AgentSpec(spacing=0.5)),
        ("agent:encoder=conse,max_looks=2,mode=uniform", AgentSpec("conse", mode="uniform", max_looks=2)),
    ],
)  # fmt: skip
def test_a_text_names_a_system_and_its_settings(text: str, expected: SystemSpec) -> None:
    assert parse_system(text, {}) == expected
    assert parse_system(spec_text(expected), {}) == expected


def test_the_text_wins_over_flags_and_flags_over_defaults() -> None:
    flags = {"encoder": "conse", "max_looks": 7, "vlm": None}
    assert parse_system("agent:max_looks=2", flags) == AgentSpec("conse", max_looks=2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("oracle", "'oracle' is no system. Write one of:\n  random, whole"),
        ("agent:speed=1", "agent has no setting 'speed'; it takes encoder, vlm, grounder, mode"),
        ("agent:max_looks=many", "max_looks is 'many'; it must be a number"),
        ("agent:max_looks=0", "max_looks is 0; it must be above 0"),
        ("agent:spacing=-1", "spacing is -1.0; it must be at least 0"),
        ("agent:mode=sideways", "mode is 'sideways'; choose one of uniform, grounded"),
        ("agent:mode=given-span", "mode given-span needs the truth; compare the modes with --answers"),
        ("agent:conse", "'conse' in 'agent:conse' is no setting. Write key=value"),
        ("grounder", "grounder needs vlm"),
        ("train-mean", "train-mean needs file"),
        ("grounder:scripted,overlap=1", "overlap is 1.0; it must be a share"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_told_with_what_is_allowed(text: str, told: str) -> None:
    with pytest.raises(SpecError) as error:
        parse_system(text, {})
    assert told in str(error.value)


def test_a_flag_that_a_system_does_not_take_is_refused() -> None:
    with pytest.raises(SpecError, match="whole has no setting 'encoder'; it takes file"):
        parse_system("whole", {"encoder": "conse"})

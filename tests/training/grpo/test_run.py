import dataclasses
import json
import shutil

import pytest

from grounder.adapters import load_adapter
from grounder.errors import DatasetError, MissingDependency, ModelError, SpecError
from grounder.sample import Rollouts, Sample, read_samples, write_samples
from grounder.span import Span
from tests.video_factory import colour_video
from training.choice import Choice
from training.curriculum import Curriculum
from training.recipe import Recipe, read_recipe
from training.recipe_file import recipe_names
from training.windows import Windows

TRAINER = {
    "per_device_train_batch_size": 2,
    "num_generations": 2,
    "max_completion_length": 6,
    "max_steps": 1,
    "beta": 0.04,
    "learning_rate": 1e-3,
    "logging_steps": 1,
    "report_to": "none",
    "save_strategy": "no",
    "use_cpu": True,
    "bf16": False,
    "gradient_checkpointing": False,
    "disable_tqdm": True,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Rows over one short video."""
    folder = tmp_path_factory.mktemp("data")
    colour_video(folder / "a.mp4", [("red", 1), ("blue", 1)], size=(64, 64), rate=10)
    colour_video(folder / "b.mp4", [("blue", 1), ("red", 1)], size=(64, 64), rate=10)
    held_out = Sample("b", "b.mp4", 2.0, "red", (Span(1, 2),), "test")
    write_samples(folder / "validation.jsonl", [held_out])
    samples = [
        Sample(str(number), "a.mp4", 2.0, query, (span,), "test", difficulty=value)
        for number, (query, span, value) in enumerate(
            [("red", Span(0, 1), 30.0), ("blue", Span(1, 2), 90.0), ("a colour", Span(0, 2), 0.0)]
        )
    ]
    write_samples(folder / "rows.jsonl", samples)
    return folder / "rows.jsonl"


@pytest.fixture
def recipe(tiny_vlm, data):
    return small(tiny_vlm, data)


def small(tiny_vlm, data):
    return Recipe(
        name="small",
        source="a test",
        model=str(tiny_vlm("qwen3_vl")),
        adapter="qwen3-vl",
        rewards=((Choice("set_iou"), 1.0), (Choice("parse_penalty"), 0.5)),
        data=str(data),
        beta_time=0.0,
        trainer=TRAINER,
    )


def changed(recipe, **changes):
    trainer = {**recipe.trainer, **changes.pop("trainer", {})}
    return dataclasses.replace(recipe, trainer=trainer, **changes)


def train(recipe, output, **choices):
    import torch

    from training.grpo.run import train_recipe

    torch.set_num_threads(1)
    return train_recipe(recipe, output, **choices)


def test_a_recipe_becomes_weights_that_serve(recipe, data, tmp_path):
    from grounder.ground.vlm import VlmGrounder
    from grounder.video import Video
    from grounder.vlm import load_vlm

    recipe = changed(
        recipe, frozen=("visual.blocks",), validation=str(data.parent / "validation.jsonl")
    )
    folder = train(recipe, tmp_path / "run")
    grounder = VlmGrounder(load_vlm(f"hf:{folder}"))
    with Video.open(data.parent / "a.mp4") as video:
        assert grounder.ground(video, video.span, "red").reply is not None


def test_a_curriculum_trains_each_round_on_rows_chosen_anew(recipe, tmp_path):
    keep = Choice("between", {"at_most": 0.99})
    rounds = Curriculum(keep, rounds=1)
    first = Choice("gaussian", {"count": 1})
    # A random model earns the same for every reply; the decay makes each step visible in the weights.
    settings = {"max_steps": -1, "weight_decay": 0.1}
    recipe = changed(recipe, keep=first, curriculum=rounds, trainer=settings)
    folder = train(recipe, tmp_path / "run")
    names = ("model.safetensors", "config.json", "tokenizer.json")
    for place in (folder, folder / "round-0", folder / "round-1"):
        assert all((place / name).is_file() for name in names)
    first, last, kept = (
        (place / "model.safetensors").read_bytes()
        for place in (folder / "round-0", folder / "round-1", folder)
    )
    assert last == kept
    assert first != last


@pytest.mark.slow
def test_an_interrupted_run_goes_on_where_its_last_whole_checkpoint_is(recipe, tmp_path):
    settings = {"max_steps": 3, "save_strategy": "steps", "save_steps": 1, "weight_decay": 0.1}
    recipe = changed(recipe, trainer=settings)
    whole = train(recipe, tmp_path / "whole")
    cut = tmp_path / "cut"
    for number in (1, 2):
        shutil.copytree(whole / f"checkpoint-{number}", cut / f"checkpoint-{number}")
    state = cut / "checkpoint-2" / "trainer_state.json"
    state.write_text(state.read_text()[:40])
    with pytest.raises(SpecError, match="holds checkpoint-1 of an earlier run"):
        train(recipe, cut)
    train(recipe, cut, resume=True)
    weights = [(folder / "model.safetensors").read_bytes() for folder in (whole, cut)]
    assert weights[0] == weights[1]
    history = json.loads((cut / "checkpoint-3" / "trainer_state.json").read_text())["log_history"]
    assert [entry["step"] for entry in history if "kl" in entry] == [1, 2, 3]


def test_lora_writes_its_adapter(recipe, tmp_path):
    recipe = changed(recipe, lora={"r": 4, "target_modules": ["q_proj"]})
    assert (train(recipe, tmp_path / "run") / "adapter_config.json").is_file()


def test_questions_and_moments_are_learnt_together(recipe, data, tmp_path):
    rows = list(read_samples(data))[:1]
    asked = {"task": "qa", "question": "Which?", "options": ("red", "blue"), "answer": "red"}
    rows.append(dataclasses.replace(rows[0], id="q", **asked))
    rows.append(dataclasses.replace(rows[0], id="v", task="verify", answer="yes"))
    rows = [dataclasses.replace(row, video=str(data.parent / row.video)) for row in rows]
    write_samples(tmp_path / "rows.jsonl", rows)
    recipe = changed(
        recipe,
        data=str(tmp_path / "rows.jsonl"),
        questions="given-span",
        rewards=((Choice("format"), 1.0), (Choice("qa_correct"), 1.0)),
        trainer={
            "per_device_train_batch_size": 6,
            "save_strategy": "steps",
            "save_steps": 1,
        },
    )
    folder = train(recipe, tmp_path / "run")
    state = json.loads((folder / "checkpoint-1" / "trainer_state.json").read_text())
    logged = state["log_history"][0]
    assert logged["rewards/format/mean"] == 0.0
    assert logged["rewards/qa_correct/mean"] == 0.0
    assert logged["kl_other"] == 0.0


@pytest.fixture(scope="module")
def plain(tiny_vlm, data, tmp_path_factory):
    """Weights after a step in full precision, nothing computed twice."""
    folder = tmp_path_factory.mktemp("plain") / "run"
    recipe = small(tiny_vlm, data)
    return weights_of(train(changed(recipe, trainer={"weight_decay": 0.1}), folder))


def weights_of(folder):
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


@pytest.mark.parametrize(
    "settings",
    [{"gradient_checkpointing": True}, pytest.param({"bf16": True}, marks=pytest.mark.slow)],
)
def test_sparing_memory_changes_little(recipe, plain, tmp_path, settings):
    import torch

    recipe = changed(recipe, trainer={"weight_decay": 0.1, **settings})
    spared = weights_of(train(recipe, tmp_path / "run"))
    for name, weights in plain.items():
        # The one step moves a weight by 1e-3 at most.
        assert spared[name].dtype == torch.float32
        assert torch.allclose(spared[name], weights, atol=2.1e-3), name
    assert any(not torch.equal(spared[name], plain[name]) for name in plain) == ("bf16" in settings)


@pytest.mark.parametrize(
    "name",
    [
        name if name in {"longvtg-r1", "nano-grpo"} else pytest.param(name, marks=pytest.mark.slow)
        for name in recipe_names()
    ],
)
def test_every_published_recipe_takes_a_step(name, tiny_vlm, data, tmp_path):
    row = next(read_samples(data))
    length = {
        "video": str(data.parent / "a.mp4"),
        "duration": 6.0,
    }  # TimeLens takes no shorter ones
    unsure = {"difficulty": 45.0, "rollouts": Rollouts(0.45, 0.2, 8)}
    rows = [dataclasses.replace(row, id=str(number), **length, **unsure) for number in range(2)]
    write_samples(tmp_path / "rows.jsonl", rows)
    told = load_adapter(read_recipe(name).adapter).told
    # One step on a CPU; a curriculum has its own test.
    small = {**TRAINER, "per_device_train_batch_size": 8, "max_completion_length": 4}
    small |= {"num_generations": 8, "gradient_accumulation_steps": 1, "steps_per_generation": 1}
    recipe = dataclasses.replace(
        read_recipe(name),
        model=str(tiny_vlm("qwen2_5_vl" if told == "spacing" else "qwen3_vl")),
        data=str(tmp_path / "rows.jsonl"),
        curriculum=None,
    )
    settings = {key: value for key, value in small.items() if key not in {"beta", "learning_rate"}}
    assert (train(changed(recipe, trainer=settings), tmp_path / "run") / "config.json").is_file()


def test_the_rows_of_a_filter_are_trained_on(recipe, tmp_path):
    from training.grpo.prepared import Prepared

    chosen = changed(recipe, keep=Choice("between", {"above": 0.0, "at_most": 0.7}))
    run = Prepared.of(chosen, tmp_path)
    assert [sample.id for sample in run.chosen] == ["0"]
    assert len(run.samples) == 3


@pytest.fixture
def weightless(recipe, tmp_path):
    """A recipe whose model has a configuration and nothing else: reading its weights would be another error."""
    folder = tmp_path / "weightless"
    folder.mkdir()
    shutil.copy(f"{recipe.model}/config.json", folder)
    return dataclasses.replace(recipe, model=str(folder))


BATCH = r"3 rows .* batch takes 4 \(8 replies, 2 to each\).*per_device_train_batch_size"


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"data": ""}, SpecError, "names no rows"),
        ({"data": "nowhere.jsonl"}, DatasetError, r"Cannot read nowhere\.jsonl"),
        ({"validation": "nowhere.jsonl"}, DatasetError, r"Cannot read nowhere\.jsonl"),
        ({"validation": "SAME"}, DatasetError, r"trained on, too: .*a\.mp4"),
        ({"windows": Windows(1000.0)}, SpecError, "shows at most"),
        ({"windows": Windows(1.0, absent=0.5)}, SpecError, "Give rewards refusal"),
        ({"questions": "uniform"}, SpecError, "Give rewards qa_correct"),
        ({"quantize": "nf4"}, SpecError, "Give it lora"),
        ({"trainer": {"report_to": "tensorbord"}}, MissingDependency, "names tensorbord"),
        ({"keep": Choice("between", {"at_least": 0.95})}, DatasetError, "0 rows to train on"),
        ({"trainer": {"per_device_train_batch_size": 8}}, DatasetError, BATCH),
        ({"frozen": ("vision",)}, SpecError, r"no part 'vision' to freeze\. It has: .*visual"),
        ({"lora": {"rank": 4}}, SpecError, "lora of small cannot be used.*rank"),
        (
            {"lora": {"r": 4}, "curriculum": Curriculum(Choice("between"), rounds=1)},
            SpecError,
            "both lora and curriculum",
        ),
        ({"adapter": "time-r1"}, SpecError, "told the time by"),
        ({"trainer": {"beta": 0.0}, "beta_time": 0.1}, SpecError, "beta is 0"),
        ({"trainer": {"num_generations": 1}}, SpecError, "cannot be used"),
        ({"model": "/nowhere"}, ModelError, "Cannot load /nowhere"),
    ],
)
def test_what_cannot_work_is_found_before_weights_are_read(
    weightless, tmp_path, changes, error, said
):
    if changes.get("validation") == "SAME":
        changes = {"validation": weightless.data}
    with pytest.raises(error, match=said):
        train(changed(weightless, **changes), tmp_path / "run")


def rows_file(folder, data, *changes):
    """A file with the first row of `data` changed in each of these ways."""
    row = next(read_samples(data))
    path = folder / "rows.jsonl"
    rows = [dataclasses.replace(row, video=str(data.parent / row.video), **one) for one in changes]
    write_samples(path, rows)
    return str(path)


@pytest.mark.parametrize("key", ["data", "validation"])
def test_rows_that_share_an_id_are_refused_before_weights_are_read(weightless, data, tmp_path, key):
    twice = {"id": "x"}
    path = rows_file(tmp_path, data, twice, {}, twice)
    with pytest.raises(DatasetError, match=r"rows\.jsonl has 2 rows of the id 'x'; 1 ids are"):
        train(dataclasses.replace(weightless, **{key: path}), tmp_path / "run")


REFUSAL = ((Choice("iou"), 1.0), (Choice("refusal"), 1.0))
UNWEIGHED = ((Choice("iou"), 1.0), (Choice("refusal"), 0.0))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, r"Row 1: it has no moment, as have 1 of 2 rows, .* Give rewards refusal"),
        ({"rewards": UNWEIGHED}, "Give rewards refusal, or leave those rows out"),
        ({"rewards": REFUSAL, "adapter": "timelens-8b"}, "has no words .* Choose another adapter"),
    ],
)
def test_rows_without_a_moment_that_teach_nothing_are_refused(
    weightless, data, tmp_path, changes, said
):
    path = rows_file(tmp_path, data, {}, {"id": "1", "spans": ()})
    recipe = dataclasses.replace(weightless, data=path, **changes)
    with pytest.raises(DatasetError, match=said):
        train(recipe, tmp_path / "run")


def test_rows_without_a_moment_are_trained_on_where_refusing_is_rewarded(
    weightless, data, tmp_path
):
    from training.grpo.prepared import Prepared

    path = rows_file(tmp_path, data, {}, {"id": "1", "spans": ()})
    run = Prepared.of(dataclasses.replace(weightless, data=path, rewards=REFUSAL), tmp_path)
    assert len(run.chosen) == 2


def test_unreadable_weights_are_an_error(weightless, tmp_path):
    with pytest.raises(ModelError, match="Cannot load"):
        train(weightless, tmp_path / "run")

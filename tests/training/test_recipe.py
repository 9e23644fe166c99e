import dataclasses
import re
from pathlib import Path

import pytest
import yaml

from grounder.errors import SpecError
from training.choice import Choice
from training.curriculum import Curriculum
from training.recipe import Recipe, grpo_config, read_recipe
from training.recipe_file import recipe_names
from training.rewards import load_reward

RECIPES = Path(__file__).parents[2] / "training" / "recipes"
GOOD = """\
method: grpo
source: a test
model: some/model
adapter: time-r1
rewards: {iou: 1, cendist_exp: {weight: 0.5, kappa: 0.2}}
trainer: {learning_rate: 1e-6, beta: 0.04}
"""


@pytest.fixture
def written(tmp_path):
    """From YAML to the name of a file of it."""

    def write(text):
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_the_published_settings_come_along():
    assert recipe_names() == (
        "longvtg-r1",
        "museg-stage-1",
        "museg-stage-2",
        "nano-grpo",
        "time-r1",
        "timelens",
        "timelens2",
        "tiny-grpo",
        "tvg-r1",
    )


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_can_be_used(name, tmp_path):
    from grounder.adapters import load_adapter

    recipe = read_recipe(name)
    for choice, _ in recipe.rewards:
        load_reward(choice.name, load_adapter(recipe.adapter), choice.settings)
    # TRL itself takes the settings; the machine may have no bfloat16.
    settings = dataclasses.replace(
        recipe, trainer={**recipe.trainer, "bf16": False, "use_cpu": True}
    )
    assert grpo_config(settings, tmp_path).reward_weights == [
        weight for _, weight in recipe.rewards
    ]


def test_presets_hold_what_was_published():
    time_r1, tvg, lens = (read_recipe(name) for name in ("time-r1", "tvg-r1", "timelens"))
    assert time_r1.trainer["beta"] == 0.04
    assert time_r1.keep == Choice("gaussian", {"centre": 0.3, "width": 0.2, "count": 2500})
    assert time_r1.curriculum == Curriculum(
        Choice("between", {"above": 0.0, "at_most": 0.7}), rounds=4, first_epochs=5
    )
    assert [(choice.name, weight) for choice, weight in tvg.rewards] == [
        ("iou", 0.9),
        ("format", 0.1),
    ]
    assert lens.trainer["scale_rewards"] == "none"
    assert (lens.trainer["max_steps"], lens.trainer["learning_rate"]) == (100, 1e-6)
    long = read_recipe("longvtg-r1")
    assert (long.beta_time, long.kl_mask) == (0.0, "vocab")
    assert {one.longer for one in (time_r1, tvg, lens, long, read_recipe("timelens2"))} == {
        "spread"
    }
    first, second = (
        dict(map(named, read_recipe(f"museg-stage-{stage}").rewards)) for stage in (1, 2)
    )
    assert first["format"].pop("uncited") == 0.6
    assert first == second


def named(reward):
    choice, _ = reward
    return choice.name, dict(choice.settings)


def test_what_a_recipe_goes_on_from_is_what_another_writes():
    for path in RECIPES.glob("*.yaml"):
        model = yaml.safe_load(path.read_text(encoding="utf-8"))["model"]
        if model.startswith("runs/"):
            # The one folder that no recipe makes: training.nano.make does.
            assert model == "runs/nano-start" or (RECIPES / f"{model[5:]}.yaml").is_file(), (
                path.name
            )
        else:
            assert re.fullmatch(r"[\w.-]+/[\w.-]+", model), path.name


def test_a_recipe_is_small():
    assert len(dataclasses.fields(Recipe)) <= 20


def test_a_file_becomes_a_recipe(written):
    recipe = read_recipe(written(GOOD))
    assert recipe == Recipe(
        name="mine",
        source="a test",
        model="some/model",
        adapter="time-r1",
        rewards=((Choice("iou"), 1.0), (Choice("cendist_exp", {"kappa": 0.2}), 0.5)),
        trainer={"learning_rate": 1e-6, "beta": 0.04},
    )


def test_changes_reach_any_depth(written):
    changes = ["trainer.beta=1e-3", "rewards.iou=2", "beta_time=0", "data=rows.jsonl", "lora.r=8"]
    recipe = read_recipe(written(GOOD), changes)
    assert recipe.trainer["beta"] == 0.001
    assert recipe.rewards[0] == (Choice("iou"), 2.0)
    assert (recipe.beta_time, recipe.data, recipe.lora) == (0, "rows.jsonl", {"r": 8})


def test_one_frozen_part_needs_no_list(written):
    assert read_recipe(written(GOOD), ["frozen=visual"]).frozen == ("visual",)
    assert read_recipe(written(GOOD), ["frozen=[visual, model]"]).frozen == ("visual", "model")
    assert read_recipe(written(GOOD), ["frozen="]).frozen == ()


def test_words_that_old_yaml_takes_for_truth_values_stay_words(written):
    words = ["trainer.save_strategy=no", "trainer.bf16=false", "trainer.run_name=on"]
    assert read_recipe(written(GOOD), words).trainer == {
        "learning_rate": 1e-6,
        "beta": 0.04,
        "save_strategy": "no",
        "bf16": False,
        "run_name": "on",
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("batch: 3", r"mine\.yaml: 'batch' is no recipe key"),
        ("beta_tme: 0", "Did you mean 'beta_time'"),
        ("beta_time: low", "beta_time is 'low'; it must be a number"),
        ("kl_mask: digits", "kl_mask is 'digits'; choose from: vocab"),
        ("adapter: time-r2", "No adapter is called 'time-r2'"),
        ("model: 3", "model is 3; it must be text"),
        ("model:", "model must be given"),
        ("rewards: [iou]", "write `name: weight`"),
        ("rewards: {uio: 1}", "No reward is called 'uio'"),
        ("rewards: {iou: much}", "The weight of the reward 'iou' is 'much'"),
        ("rewards: {iou: {weight: 1, kappa: 2}}", "The reward 'iou' has no setting 'kappa'"),
        ("keep: gaussian", "it needs a name"),
        ("keep: {name: gauss}", "No filter is called 'gauss'"),
        (
            "keep: {name: gaussian, count: many}",
            "The setting 'count' of the filter 'gaussian' is 'many'",
        ),
        ("keep: {name: gaussian, seed: 3}", "The filter 'gaussian' has no setting 'seed'"),
        ("curriculum: {rounds: 2}", "it needs keep"),
        ("curriculum: {rounds: 0, keep: {name: between}}", r"curriculum\.rounds is 0"),
        ("curriculum: {rounds: 1, keep: {name: between}, epoch: 1}", "Did you mean 'epochs'"),
        ("trainer: {learning_rat: 1e-6}", "Did you mean 'learning_rate'"),
        (
            "trainer: {learning_rate: small}",
            r"trainer\.learning_rate is 'small'; it must be a number",
        ),
        (
            "trainer: {log_completions: 1}",
            r"trainer\.log_completions is 1; it must be true or false",
        ),
        ("trainer: {reward_weights: [1]}", "write the weights under rewards"),
        ("trainer: 3", "trainer is 3"),
        ("frozen: {", "is no YAML"),
        ("frozen: 3", r"frozen is 3; it must be a list of words, such as \[visual\.blocks\]"),
        ("frozen: [visual, 3]", r"frozen is \['visual', 3\]"),
        ("beta_time: -1", "beta_time is -1; it must be a number of 0 or more"),
        ("beta_time: .nan", "beta_time is nan"),
        ("trainer: {beta: -1}", r"trainer\.beta is -1; it must be a number of 0 or more"),
        ("trainer: {learning_rate: .inf}", r"trainer\.learning_rate is inf; it must be a number"),
        ("rewards: {iou: .nan}", "The weight of the reward 'iou' is nan"),
        ("rewards: {boundary: {weight: 1, kappa: 0}}", "'kappa' .* is 0; it must be above 0"),
        ("rewards: {format: {weight: 1, pattern: '('}}", "no regular expression"),
        ("keep: {name: [a]}", "it needs a name, one of"),
        ("keep: {name: gaussian, width: 0}", "'width' .* is 0; it must be above 0"),
        ("keep: {name: gaussian, count: -5}", "'count' .* is -5; it must be above 0"),
        ("keep: {name: variance_aware, power: -1}", "'power' .* is -1; it must be 0 or above"),
        ("windows: {seconds: .inf}", r"windows\.seconds is inf"),
    ],
)
def test_what_cannot_be_right_is_named(written, line, said):
    with pytest.raises(SpecError, match=said):
        read_recipe(written(f"{GOOD}{line}\n"))  # a key given twice: the last counts


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("beta_time", "write key=value"),
        ("=3", "write key=value"),
        ("model.name=x", "model is 'some/model', which holds no 'name'"),
        ("trainer.beta=[", "is no YAML"),
        ("trainer.betta=1", "Did you mean 'beta'"),
    ],
)
def test_changes_that_cannot_be_made_are_named(written, change, said):
    with pytest.raises(SpecError, match=said):
        read_recipe(written(GOOD), [change])


def test_unknown_recipes_and_empty_files_are_named(written):
    with pytest.raises(SpecError, match=r"no recipe 'time-r9'.*time-r1"):
        read_recipe("time-r9")
    with pytest.raises(SpecError, match="holds NoneType"):
        read_recipe(written(""))


def test_settings_that_trl_refuses_are_errors(written, tmp_path):
    recipe = read_recipe(written(GOOD), ["trainer.num_generations=1"])
    with pytest.raises(SpecError, match="The trainer settings of mine cannot be used"):
        grpo_config(recipe, tmp_path)

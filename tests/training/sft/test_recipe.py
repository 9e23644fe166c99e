import pytest

from grounder.errors import SpecError
from scenetg.world import Wanted
from training.choice import Choice
from training.recipe import read_recipe as read_grpo
from training.recipe_file import recipe_names
from training.sft.recipe import SftRecipe, read_recipe, sft_config
from training.sft.rendered import Rendered

GOOD = """\
method: sft
source: a test
model: some/model
adapter: qwen3-vl
data: rows.jsonl
trainer: {learning_rate: 1e-5}
"""


@pytest.fixture
def written(tmp_path):
    """From YAML to the name of a file of it."""

    def write(text):
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.mark.parametrize("name", recipe_names("sft"))
def test_every_recipe_can_be_used(name, tmp_path):
    changes = ["trainer.use_cpu=true", "trainer.bf16=false"]
    recipe = read_recipe(name, changes)
    assert recipe.source
    assert sft_config(recipe, tmp_path).learning_rate > 0


def test_presets_hold_what_was_published():
    tvg, time_r1, lens = (
        read_recipe(f"{name}-sft") for name in ("tvg-r1", "time-r1-3b", "timelens")
    )
    assert (tvg.targets, tvg.trainer["learning_rate"]) == ("thought", 1e-6)
    assert tvg.trainer["num_train_epochs"] == 1
    assert tvg.keep == Choice("between", {"above": 0.8})
    assert {tvg.longer, time_r1.longer, lens.longer} == {"spread"}
    assert time_r1.lora is not None
    assert lens.trainer["learning_rate"] == 1e-5


def test_a_file_becomes_a_recipe(written):
    assert read_recipe(written(GOOD)) == SftRecipe(
        name="mine",
        source="a test",
        model="some/model",
        adapter="qwen3-vl",
        data="rows.jsonl",
        trainer={"learning_rate": 1e-5},
    )


def test_one_task_or_frozen_part_needs_no_list(written):
    recipe = read_recipe(written(GOOD), ["tasks=qa", "frozen=visual"])
    assert (recipe.tasks, recipe.frozen) == (("qa",), ("visual",))


def test_worlds_are_named_by_their_dials(written):
    line = "data: {world: {seconds: [6, 9], wanted: {ground: 2, qa: 1}, offset: 600}}\ntasks: [qa, ground]\n"
    recipe = read_recipe(written(GOOD.replace("data: rows.jsonl\n", line)), ["data.world.rows=50"])
    assert recipe.data == Rendered(
        seconds=(6.0, 9.0),
        rows=50,
        offset=600,
        subjects=("ground", "qa"),
        wanted=Wanted(ground=2, refuse=2, caption=4, verify=4, qa=1, shots=False),
    )


def test_validation_is_looked_at_every_epoch_unless_told_otherwise(written, tmp_path):
    use_cpu = ["trainer.use_cpu=true", "trainer.bf16=false", "validation=held.jsonl"]
    recipe = read_recipe(written(GOOD), use_cpu)
    assert sft_config(recipe, tmp_path).eval_strategy == "epoch"
    recipe = read_recipe(written(GOOD), [*use_cpu, "trainer.eval_strategy=no"])
    assert sft_config(recipe, tmp_path).eval_strategy == "no"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("rewards: {iou: 1}", "'rewards' is no key of an sft recipe"),
        ("target: plain", "Did you mean 'targets'"),
        ("targets: long", "targets is 'long'; choose from: plain, thought"),
        ("tasks: [grond]", "tasks has 'grond'; choose from: ground"),
        ("tasks: 3", r"tasks is 3; it must be a list of words, such as \[ground\]"),
        ("tasks: [[ground]]", r"tasks is \[\['ground'\]\]"),
        ("frozen: 3", r"frozen is 3; it must be a list of words, such as \[visual\.blocks\]"),
        ("scored: many", "scored is 'many'"),
        ("stretch: -1", "stretch is -1"),
        ("adapter: nano\npacked: true", "packed: the adapter 'nano' asks before"),
        ("data: {world: {ramp: [0.5, 0.2]}}", "write where in the epoch it begins and ends"),
        ("quantize: int4", "quantize is 'int4'; choose from: nf4"),
        ("data: [a, b]", "name a JSONL file"),
        ("data: {world: {levl: nano}}", "Did you mean 'level'"),
        ("data: {world: {questions: [taste]}}", r"data\.world\.questions .*list some of: colour"),
        ("pictures: {answr: 8}", "Did you mean 'answer'"),
        ("pictures: {spacing: -1}", r"pictures\.spacing is -1; it must be seconds, 0 or more"),
        ("pictures: {answer: 0}", r"pictures\.answer is 0; it must be a whole number above 0"),
        ("data: {world: {level: tiny}}", r"data\.world\.level is 'tiny'; choose from: nano"),
        ("data: {world: {seconds: 30}}", r"write the shortest and the longest"),
        ("data: {world: {level: [nano]}}", r"data\.world\.level is \['nano'\]; choose from"),
        ("data: {world: {kinds: [[action]]}}", r"data\.world\.kinds .*list some of"),
        ("data: {world: {wanted: {grund: 2}}}", "Did you mean 'ground'"),
        ("data: {world: {wanted: {ground: -1}}}", r"wanted\.ground is -1; it must be a whole numb"),
        ("data: {world: {offset: .inf}}", r"data\.world\.offset is inf"),
        ("data: {world: {rows: -3}}", r"data\.world\.rows is -3"),
        ("rope_theta: 1", "rope_theta is 1; it must be a number above 1"),
        ("rope_theta: high", "rope_theta is 'high'"),
        ("stretch: -1", "stretch is -1; it must be a whole number"),
        ("stretch: 1.5", "stretch is 1.5"),
        ("trainer: {packing: true}", "packing has no place in a recipe"),
        ("trainer: {label_smoothing_factor: 0.1}", "those of replies alone are computed"),
        ("trainer: {num_generations: 2}", "no field of TRL's SFTConfig"),
    ],
)
def test_what_cannot_be_right_is_named(written, line, said):
    with pytest.raises(SpecError, match=said):
        read_recipe(written(f"{GOOD}{line}\n"))  # a key given twice: the last counts


def test_a_recipe_is_for_one_method(written):
    with pytest.raises(SpecError, match=r"is a recipe for grpo, not for sft.*whenwhat train grpo"):
        read_recipe("time-r1")
    with pytest.raises(SpecError, match="is a recipe for sft, not for grpo"):
        read_grpo(written(GOOD))
    with pytest.raises(SpecError, match="method must be given, one of: sft, grpo"):
        read_recipe(written(GOOD.replace("method: sft\n", "")))
    with pytest.raises(SpecError, match="method is 'dpo'"):
        read_recipe(written(GOOD), ["method=dpo"])

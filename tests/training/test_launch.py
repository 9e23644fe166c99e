from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "training" / "launch"
FILES = sorted(FOLDER.glob("*.yaml"))
SETS = {"fsdp_config", "deepspeed_config"}


def test_every_way_of_sharing_weights_has_a_file():
    names = {path.stem for path in FILES}
    assert names == {"fsdp", "fsdp-two-machines", "zero2", "zero3", "zero3-offload"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_accelerate_reads_every_file(path):
    """Its own reader refuses unknown keys, but only those of the outermost level."""
    from accelerate.commands.config.config_args import load_config_from_file
    from accelerate.commands.launch import launch_command_parser

    config = load_config_from_file(str(path))
    assert config.mixed_precision == "bf16"
    known = vars(launch_command_parser().parse_args(["script.py"]))
    inner = {key for name in SETS for key in getattr(config, name, None) or {}}
    assert inner
    assert inner <= known.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_tells_the_command_it_is_for(path):
    """The command names the file itself, and options that accelerate has."""
    from accelerate.commands.launch import launch_command_parser

    lines = [line for line in path.read_text().splitlines() if line.startswith("#   ")]
    words = " ".join(line.strip("# \\") for line in lines)
    assert words.startswith("accelerate launch --config_file ")
    said = words.replace("RANK", "1", 1).split()[2:]
    told = launch_command_parser().parse_args(said)
    assert Path(told.config_file).name == path.name
    assert told.module
    assert told.training_script == "grounder.cli.main"
    assert told.training_script_args[:2] == ["train", "grpo"]

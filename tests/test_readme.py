"""README says what is there: its file tree, its commands, and no name of a machine anywhere."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer

from grounder.cli.main import installed_commands, load_command, main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)
SHELL = "\n".join(text for language, text in BLOCKS if language in {"bash", "sh", "console"})


def commands(program: str) -> list[str]:
    """Return the command lines of README that run `program`, `$ `, `.venv/bin/` and `uv run` taken off."""
    parts = [part.strip() for line in SHELL.splitlines() for part in line.split("&&")]
    lines = [
        part.removeprefix("$ ").removeprefix(".venv/bin/").removeprefix("uv run ") for part in parts
    ]
    return sorted({line for line in lines if line.startswith(program + " ")})


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.mark.parametrize("line", commands("whenwhat"))
def test_a_whenwhat_line_of_the_readme_uses_options_that_exist(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(line.partition("#")[0])
    assert words[1] in installed_commands() or words[1].startswith("--")
    offers = installed_commands().get(words[1])
    has_more = offers and isinstance(load_command(words[1], offers), typer.Typer)
    inner = words[2:3] if has_more else []
    with pytest.raises(SystemExit) as stop:
        main([words[1], *inner, "--help"])
    assert not stop.value.code
    told = capsys.readouterr().out
    for word in words[2:]:
        if word.startswith("-"):
            assert re.search(rf"(?<![\w-]){re.escape(word.partition('=')[0])}\b", told), word


@pytest.mark.parametrize("line", commands("python -m"))
def test_a_python_line_of_the_readme_names_a_module_that_explains_itself(line: str) -> None:
    import sys

    module = shlex.split(line)[2]
    result = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "usage" in result.stdout.lower()


def tree_of_readme() -> set[str]:
    """Return what README's tree lists: files, and folders (with a `/`) that it does not open up."""
    listed: set[str] = set()
    folders: list[str] = []
    for _, block in BLOCKS:
        if not re.match(r"\w+/\s", block):
            continue
        for line in filter(str.strip, block.splitlines()):
            name = line.split()[0]
            del folders[(len(line) - len(line.lstrip())) // 2 :]
            listed.discard("".join(folders))
            listed.add("".join([*folders, name]))
            if name.endswith("/"):
                folders.append(name)
    return listed


def test_the_file_tree_of_the_readme_is_the_one_on_disk() -> None:
    packages = ("agent/", "grounder/", "scenetg/", "training/")
    modules = {name for name in tracked() if name.startswith(packages) and name.endswith(".py")}
    on_disk = {name for name in modules if not name.endswith("/__init__.py")}
    listed = {name for name in tree_of_readme() if name.startswith(packages)}
    files = [name for name in tracked() if name.startswith(packages)]
    gone = [name for name in listed if not any(file.startswith(name) for file in files)]
    whole = tuple(name for name in listed if name.endswith("/"))
    missing = [name for name in on_disk if name not in listed and not name.startswith(whole)]
    assert sorted(gone) == [], "README lists what is not there"
    assert sorted(missing) == [], "README's tree lacks files"


# Split, so that this file does not hold what it looks for.
FORBIDDEN = re.compile(
    "|".join(
        ["python" + r"hosted\.", r"pypi\." + "org", "npm" + r"js\.", "/wo" + "rk/", "/r" + "oot/"]
    )
)


def test_no_file_names_a_registry_or_a_path_of_some_machine() -> None:
    found = {}
    for name in tracked():
        text = (ROOT / name).read_text(encoding="utf-8", errors="ignore")
        if hits := FORBIDDEN.findall(text):
            found[name] = sorted(set(hits))
    assert found == {}

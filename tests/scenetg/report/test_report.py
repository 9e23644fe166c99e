"""A dataset as a page: the numbers add up, foreign text is only shown, and it fits a phone in a real browser."""

import itertools
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from grounder.cli.main import main
from grounder.errors import DatasetError
from grounder.sample import read_samples, write_samples
from scenetg.report.build import build_report, report_page
from scenetg.report.sheet import drawn_evenly
from scenetg.report.written import read_written
from tests.headless import opened, width_needed
from tests.scenetg.line.asking import make
from tests.scenetg.line.films import build_films
from tests.scenetg.queries.stage import Seer
from tests.video_factory import colour_video

EVIL = '</title><script>document.body.innerHTML = "owned"</script><img src=x onerror="alert(1)">'
FILMS = {"a<b>&": ("red", "blue", "yellow", "black", "red"), "b": ("magenta", "cyan", "black", "white", "lime")}  # fmt: skip


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two films built with a model, in which one row and one rejection hold what a page must not run."""
    folder = tmp_path_factory.mktemp("dataset")
    (folder / "videos").mkdir()
    for name, colours in FILMS.items():
        scenes = [(colour, 4.0) for colour in colours]
        colour_video(folder / "videos" / f"{name}.mp4", scenes, size=(64, 48), rate=8)
    out = folder / "out"
    make(folder / "videos", out, Seer())
    file = next(path for path in sorted(out.glob("t*.jsonl")) if path.stat().st_size)
    first, *rest = read_samples(file)
    write_samples(file, [replace(first, query=EVIL), *rest])
    rejected = [json.loads(line) for line in (out / "rejected.jsonl").read_text().splitlines()]
    rejected[0] |= {"detail": EVIL, "value": 0.05, "limit": 0.15}
    (out / "rejected.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rejected))
    return out


def test_every_stage_adds_up_and_hands_on_what_it_kept(dataset: Path) -> None:
    stages = json.loads((dataset / "manifest.json").read_text())["stages"]
    for one in stages:
        turned_away = sum(one["rejected"].values())
        assert one["entered"] + one["added"] == one["kept"] + turned_away + one["dropped"], one
    for before, after in itertools.pairwise(stages[2:]):
        assert after["entered"] == before["kept"]
    assert sum(one["added"] for one in stages) > 0
    assert stages[-1]["kept"] == len(read_written(dataset).rows or ())


def test_a_stage_that_a_run_did_without_is_told_from_one_that_turned_nothing_away(
    dataset: Path,
) -> None:
    written = read_written(dataset)
    assert "left out" not in report_page(written)
    manifest = json.loads(json.dumps(written.manifest))
    del manifest["models"]["grounder"]
    manifest["settings"]["questions"]["share"] = 0.0
    page = report_page(replace(written, manifest=manifest))
    assert "left out: no grounder was named" in page
    assert "left out: questions.share is 0" in page


def test_the_page_in_a_browser_shows_the_numbers_and_asks_for_nothing(
    dataset: Path, tmp_path: Path
) -> None:
    seen = opened(build_report(dataset, out=tmp_path / "page.html"))
    assert (
        seen.console == []
    )  # no error, and nothing that the policy or the missing network refused
    assert "<script" not in seen.dom
    assert "&lt;script&gt;" in seen.dom
    assert "a&lt;b&gt;&amp;.mp4" in seen.dom
    assert seen.dom.count("data:image/jpeg;base64,") > 20
    words = re.sub(r"<[^>]+>", "", seen.dom)
    for one in json.loads((dataset / "manifest.json").read_text())["stages"]:
        left = sum(one["rejected"].values())
        told = f"{one['entered']}" + (f" + {one['added']}" if one["added"] else "")
        told += f" \N{MINUS SIGN} {left}" if left else ""
        assert (f"{told} = {one['kept']}" if told != str(one["entered"]) else told) in words
        for reason, count in one["rejected"].items():
            assert f"{reason} {count}" in words
    assert "0.05 against a limit of 0.15" in words


@pytest.mark.parametrize("width", [420, 1280])
def test_the_page_is_no_wider_than_the_window(dataset: Path, tmp_path: Path, width: int) -> None:
    page = build_report(dataset, out=tmp_path / "page.html")
    assert width_needed(page, width=width) <= width


def test_a_page_refers_to_nothing_outside_itself(dataset: Path, tmp_path: Path) -> None:
    text = build_report(dataset, out=tmp_path / "page.html").read_text(encoding="utf-8")
    assert re.findall(r'(?:src|href|url\()\s*=?\s*"?(?!data:)\w+:', text) == []
    assert EVIL not in text


def test_without_a_model_the_page_shows_candidates(tmp_path: Path) -> None:
    video = tmp_path / "film.mp4"
    colour_video(video, [("red", 12.0), ("blue", 12.0), ("green", 12.0)], size=(64, 48), rate=4)
    build_films([video], tmp_path / "out", "scenes.share=0.5")
    video.unlink()
    text = report_page(read_written(tmp_path / "out"))
    assert "Candidates to look at" in text
    assert "No pictures: " in text
    assert "no model was named" in text


def test_one_of_each_group_is_drawn_before_a_second_and_by_the_seed_alone() -> None:
    things = [f"{kind}{number}" for kind in "abc" for number in range(20)]
    chosen = drawn_evenly(things, 7, 0, lambda thing: thing[0])
    assert [thing[0] for thing in chosen] == list("abcabca")
    assert chosen == drawn_evenly(things, 7, 0, lambda thing: thing[0])
    assert chosen != drawn_evenly(things, 7, 1, lambda thing: thing[0])


def test_whenwhat_report_tells_a_dataset_from_a_run(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["report", str(dataset), "--out", str(tmp_path / "page.html"), "--json"])
    assert stop.value.code == 0
    told = json.loads(capsys.readouterr().out)
    assert told["page"] == str(tmp_path / "page.html")
    assert told["stages"][0]["stage"] == "probe"


def test_a_folder_that_holds_no_dataset_or_a_damaged_one_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no dataset"):
        build_report(tmp_path)
    for name in ("rejected.jsonl", "candidates.jsonl"):
        (tmp_path / name).write_text("")
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(DatasetError, match="not those of one dataset"):
        build_report(tmp_path)

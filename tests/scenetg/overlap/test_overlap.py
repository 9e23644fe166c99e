"""Copies are found however re-encoded, resized and cut; other footage, plain pictures and logos are not."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.cli.main import main
from grounder.errors import DatasetError
from scenetg.overlap.hashing import RATE, SIZE, Fingerprint, fingerprint, hash_picture, moments
from scenetg.overlap.listing import EvaluationSet, packed, read_list, unpacked, write_list
from scenetg.overlap.matching import find_matches
from scenetg.settings import Overlap
from tests.film.render import Shot, render_film
from tests.scenetg.line.films import build_films
from tests.video_factory import colour_video

THINGS = ("balloon", "honeycomb", "umbrella", "spider web", "wall clock")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two films with nothing in common, and a copy of a part of one: smaller, worse, at another rate."""
    folder = tmp_path_factory.mktemp("films")
    render_film([Shot(4.0, thing) for thing in THINGS], folder / "film.mp4", seed=1, rate=6)
    render_film([Shot(4.0, "crossword puzzle"), Shot(8.0)], folder / "other.mp4", seed=2, rate=6)  # fmt: skip
    encode_again(folder / "film.mp4", folder / "copy.mp4", start=5.3, end=17.1)
    return folder


def encode_again(source: Path, copy: Path, *, start: float, end: float) -> None:
    import av

    with av.open(str(source)) as video, av.open(str(copy), "w") as output:
        stream = output.add_stream("libx264", rate=3, options={"crf": "36"})
        stream.width, stream.height, stream.pix_fmt = 200, 152, "yuv420p"
        kept = (frame for frame in video.decode(video=0) if start <= frame.time < end)
        for number, frame in enumerate(frame for at, frame in enumerate(kept) if at % 2 == 0):
            small = frame.reformat(200, 152, "yuv420p")
            small.pts, small.time_base = number, Fraction(1, 3)
            output.mux(stream.encode(small))
        output.mux(stream.encode(None))


def test_a_smaller_worse_copy_of_a_part_is_found_with_its_place(films: Path) -> None:
    evaluation = EvaluationSet("test", [fingerprint(films / "film.mp4"), fingerprint(films / "other.mp4")])  # fmt: skip
    [match] = find_matches([fingerprint(films / "copy.mp4")], evaluation, Overlap())
    assert (match.video, match.other) == ("copy.mp4", "film.mp4")
    assert match.seconds == pytest.approx(17.1 - 5.3, abs=1.5)
    assert match.other_start - match.start == pytest.approx(5.3, abs=1.0)


def test_other_footage_is_not_found(films: Path) -> None:
    ours = [fingerprint(films / "other.mp4")]
    assert find_matches(ours, EvaluationSet("test", [fingerprint(films / "film.mp4")]), Overlap()) == []  # fmt: skip


def test_less_than_the_least_is_a_logo(films: Path) -> None:
    evaluation = EvaluationSet("test", [fingerprint(films / "film.mp4")])
    assert find_matches([fingerprint(films / "copy.mp4")], evaluation, Overlap(least=20.0)) == []


def test_plain_pictures_are_like_nothing(tmp_path: Path) -> None:
    for name in ("a", "b"):
        colour_video(tmp_path / f"{name}.mp4", [("black", 5.0), ("white", 5.0)], size=(64, 48), rate=4)  # fmt: skip
    one, other = (fingerprint(tmp_path / f"{name}.mp4") for name in "ab")
    assert not one.hashes.any()
    assert find_matches([one], EvaluationSet("test", [other]), Overlap()) == []


def made(name: str, hashes: np.ndarray) -> Fingerprint:
    return Fingerprint(name, len(hashes) / RATE, hashes)


@given(
    seed=st.integers(0, 10_000),
    start=st.integers(0, 30),
    length=st.integers(12, 40),
    flips=st.integers(0, 8),
)
def test_a_part_with_a_few_bits_flipped_is_found_where_it_was_cut(
    seed: int, start: int, length: int, flips: int
) -> None:
    random = np.random.default_rng(seed)
    whole = random.integers(0, 256, (80, SIZE), np.uint8)
    part = whole[start : start + length].copy()
    for row in part:
        for bit in random.choice(8 * SIZE, flips, replace=False):
            row[bit // 8] ^= np.uint8(1 << (bit % 8))
    foreign = random.integers(0, 256, (80, SIZE), np.uint8)
    evaluation = EvaluationSet("test", [made("foreign", foreign), made("whole", whole)])
    [match] = find_matches([made("part", part)], evaluation, Overlap())
    assert match.other == "whole"
    assert (match.seconds, match.start, match.other_start) == (length / RATE, 0.0, start / RATE)


@given(st.lists(st.binary(min_size=SIZE, max_size=SIZE), max_size=5))
def test_hashes_come_back_from_text(rows: list[bytes]) -> None:
    hashes = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, SIZE)
    assert np.array_equal(unpacked(packed(hashes)), hashes)


def test_a_hash_tells_a_picture_from_its_mirror_image() -> None:
    ramp = np.repeat(np.linspace(0, 255, 90, dtype=np.uint8)[None, :, None], 90, 0).repeat(3, 2)
    both = hash_picture(ramp), hash_picture(ramp[:, ::-1])
    assert int(np.unpackbits(both[0] ^ both[1]).sum()) == 64  # all bits across, none down


def test_the_last_moment_lies_inside_the_video() -> None:
    assert moments(0.4) == []
    assert moments(1.9) == [0.25, 0.75, 1.25]


def test_a_list_stands_for_the_videos_and_a_build_tells_what_it_finds(
    films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["fingerprint", str(films / "film.mp4"), "--out", str(tmp_path / "set.jsonl"), "--json"])  # fmt: skip
    assert stop.value.code == 0
    assert json.loads(capsys.readouterr().out)["videos"] == 1
    videos = tmp_path / "videos"
    videos.mkdir()
    (videos / "copy.mp4").symlink_to(films / "copy.mp4")
    heldout = tmp_path / "heldout"
    heldout.mkdir()
    (heldout / "other.mp4").symlink_to(films / "other.mp4")
    against = (tmp_path / "set.jsonl", heldout)
    dataset = build_films([videos], tmp_path / "out", "probe.shortest=5", against=against)
    assert [(one.name, len(one.matches)) for one in dataset.compared] == [("set", 1), ("heldout", 0)]  # fmt: skip
    told = json.loads((tmp_path / "out" / "overlap.json").read_text())
    assert told["sets"][0]["matches"][0]["other"] == "film.mp4"
    again = build_films([videos], tmp_path / "out", "probe.shortest=5", against=against)
    hashed = [work for work in again.throughput.stages if work.stage == "fingerprint"]
    assert sum(work.videos for work in hashed) == 0  # hashes are kept
    build_films([videos], tmp_path / "out", "probe.shortest=5")
    assert not (tmp_path / "out" / "overlap.json").exists()


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"format": "whenwhat fingerprints", "version": 1, "rate": 1.0, "bits": 128, "name": "x"}'],
)  # fmt: skip
def test_a_file_of_other_hashes_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.jsonl").write_text(text)
    with pytest.raises(DatasetError, match="does not begin as a list of fingerprints"):
        read_list(tmp_path / "list.jsonl")


def test_hashes_cut_short_are_refused_by_line(tmp_path: Path) -> None:
    write_list(tmp_path / "list.jsonl", "x", [made("a", np.ones((2, SIZE), np.uint8))])
    text = (tmp_path / "list.jsonl").read_text().replace('01"', '0"')
    (tmp_path / "list.jsonl").write_text(text)
    with pytest.raises(DatasetError, match=r"list\.jsonl:2: `hashes`"):
        read_list(tmp_path / "list.jsonl")

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.errors import TranscriptError
from grounder.span import Span
from grounder.transcript import Line, read_embedded, read_subtitles, sidecars
from grounder.video import Limits
from grounder.video.probe import probe
from tests.video_factory import colour_video

SRT = "1\n00:00:01,000 --> 00:00:02,500\nHello <i>you</i>\nthere\n\n2\n00:01:00,000 --> 00:01:01,000\n{\\an8}Next &amp; last\n"
EXPECTED = (Line(Span(1, 2.5), "Hello you there"), Line(Span(60, 61), "Next & last"))


def write(folder, text, *, name="film.srt", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def cues(*rows):
    return "\n\n".join(f"{start} --> {end}\n{text}" for start, end, text in rows) + "\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_subrip_in_any_stated_encoding(tmp_path, encoding, newline):
    found = read_subtitles(write(tmp_path, SRT.replace("\n", newline), encoding=encoding))
    assert found.lines == EXPECTED
    assert found.warnings == ()


def test_webvtt_without_its_notes_names_styles_and_voices(tmp_path):
    text = (
        "WEBVTT - a title\n\nSTYLE\n::cue { color: red }\n\nintro\n00:01.000 --> 00:02.500 align:start\n"
        "<v Ann>Hello <c.loud>you</c></v>\nthere\n\nNOTE not said\n\n2\n"
        "01:00.000 --> 01:01.000\nNext &amp; last\n"
    )
    assert read_subtitles(write(tmp_path, text, name="film.vtt")).lines == EXPECTED


def test_rolling_captions_are_told_once(tmp_path):
    text = "WEBVTT\n\n" + cues(
        ("00:01.000", "00:02.990", "one<00:00:01.500><c> two</c><00:00:02.000><c> three</c>"),
        ("00:02.990", "00:03.000", "one two three"),
        ("00:03.000", "00:04.990", "one two three\nfour<00:00:04.000><c> five</c>"),
        ("00:04.990", "00:05.000", "four five"),
    )
    lines = read_subtitles(write(tmp_path, text, name="film.vtt")).lines
    assert lines == (Line(Span(1, 3), "one two three"), Line(Span(3, 5), "four five"))


def test_the_same_words_later_are_said_again(tmp_path):
    text = cues(("00:00:01,000", "00:00:02,000", "No."), ("00:00:09,000", "00:00:10,000", "No."))
    assert len(read_subtitles(write(tmp_path, text)).lines) == 2


def test_other_encodings_are_read_with_a_warning(tmp_path):
    found = read_subtitles(write(tmp_path, SRT.replace("you", "déjà"), encoding="cp1252"))
    assert found.lines[0].text == "Hello déjà there"
    assert "Windows-1252" in found.warnings[0]


def test_reversed_empty_and_negative_times_are_repaired_or_left_out_with_a_warning(tmp_path):
    text = cues(
        ("00:00:05,000", "00:00:03,000", "reversed"),
        ("00:00:06,000", "00:00:06,000", "no time"),
        ("-00:00:02,000", "00:00:01,000", "early"),
        ("00:00:07,000", "00:00:08,000", "fine"),
    )
    found = read_subtitles(write(tmp_path, text))
    assert [line.text for line in found.lines] == ["early", "fine"]
    assert found.lines[0].span == Span(0, 1)
    assert "2 subtitles" in found.warnings[0]
    assert "1 times before the start" in found.warnings[1]


def test_an_empty_file_has_no_lines_and_says_so(tmp_path):
    found = read_subtitles(write(tmp_path, " \n"))
    assert found.lines == ()
    assert "empty" in found.warnings[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Just some prose.", "no subtitles"),
        (b"\x00\x01\x02\x03", "binary"),
        (b"1\n00:00:01,000 --> 00:00:02,000\n\x81\xff\n", "UTF-8"),
        (b"\xff\xfea", "no subtitles"),
        (b" " * (16 * 1024**2 + 1), "limit"),
    ],
)
def test_a_malformed_file_is_named_with_what_is_wrong(tmp_path, content, said):
    path = tmp_path / "film.srt"
    path.write_bytes(content)
    with pytest.raises(TranscriptError, match=said) as caught:
        read_subtitles(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["absent.srt", "."])
def test_what_is_no_file_is_an_error(tmp_path, name):
    with pytest.raises(TranscriptError, match="is no file"):
        read_subtitles(tmp_path / name)


@pytest.mark.parametrize("evil", ["<a" * 400_000, "{\\" * 400_000, "\n " * 400_000, "&" * 400_000])
def test_hostile_text_costs_no_more_than_its_length(tmp_path, evil):
    before = time.process_time()
    read_subtitles(write(tmp_path, cues(("00:00:01,000", "00:00:02,000", evil + "x"))))
    assert time.process_time() - before < 5


def test_sidecars_are_those_of_this_video(tmp_path):
    mine = ["film [1].srt", "film [1].en.vtt", "film [1].pt-BR.forced.SRT", "film [1].cc.srt"]
    others = ["film [1].part2.srt", "film [1].txt", "film.srt", "film [1]b.srt", "other.srt"]
    for name in mine + others:
        (tmp_path / name).touch()
    (tmp_path / "film [1].de.srt").mkdir()
    found = [path.name for path in sidecars(tmp_path / "film [1].mp4")]
    assert found == sorted(mine)


def started_at(seconds, source, destination):
    """Copy a file so that its clocks begin later, as those of a recorded broadcast do."""
    import av

    with av.open(source) as film, av.open(destination, "w") as output:
        copies = [output.add_stream_from_template(stream) for stream in film.streams]
        for packet in film.demux():
            if packet.pts is not None:
                shift = int(seconds / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = copies[packet.stream.index]
                output.mux(packet)
    return destination


def test_embedded_subtitles_of_a_video_that_starts_late_have_the_videos_times(tmp_path):
    said = [(Span(0.5, 1.5), "hello"), (Span(2, 3), "again")]
    film = colour_video(tmp_path / "film.mkv", [("red", 2), ("blue", 2)], subtitles=said)
    late = started_at(10, film, tmp_path / "late.mkv")
    assert probe(late, Limits()).clock.origin == 10
    starts = [line.span.start for line in read_embedded(late, 1).lines]
    assert starts == pytest.approx([0.5, 2], abs=0.05)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_embedded_subtitles_have_the_videos_times(tmp_path, suffix):
    said = [(Span(0.5, 1.5), "Hello <i>you</i>"), (Span(2, 3), "two\nrows")]
    path = colour_video(tmp_path / f"film.{suffix}", [("red", 2), ("blue", 2)], subtitles=said)
    found = read_embedded(path, 1)
    assert found.lines == (Line(Span(0.5, 1.5), "Hello you"), Line(Span(2, 3), "two rows"))
    assert found.warnings == ()


def test_a_stream_that_is_no_text_is_an_error(tmp_path):
    path = colour_video(tmp_path / "film.mp4", [("red", 1)])
    with pytest.raises(TranscriptError, match="no text subtitles in stream 0"):
        read_embedded(path, 0)


@given(st.binary(max_size=300))
def test_any_bytes_give_lines_or_a_clear_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "film.srt"
    path.write_bytes(content)
    try:
        found = read_subtitles(path)
    except TranscriptError:
        return
    assert all(line.text for line in found.lines)


texts = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12).map(
    lambda t: f"said {t}"
)


@given(
    st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 9000), texts), min_size=1, max_size=9)
)
def test_lines_come_in_order_of_time(tmp_path_factory, rows):
    def stamp(ms):
        return f"{ms // 3600000:02d}:{ms // 60000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"

    text = cues(*((stamp(a), stamp(a + d), said) for a, d, said in rows))
    path = write(tmp_path_factory.mktemp("order"), text)
    starts = [line.span.start for line in read_subtitles(path).lines]
    assert starts == sorted(starts)

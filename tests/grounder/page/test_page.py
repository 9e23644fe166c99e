"""Pages: what is foreign is escaped, what is drawn is told, nothing is fetched."""

from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grounder.page import (
    Bar,
    Cell,
    Lane,
    Markup,
    Part,
    bars,
    curve,
    element,
    figure,
    histogram,
    page,
    section,
    share_bar,
    strip,
    table,
    timeline,
)
from grounder.span import Span
from grounder.video import Video
from tests.headless import opened
from tests.video_factory import colour_video


class Texts(HTMLParser):
    """Collects what a reader sees, and all elements."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def tree(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<root>{markup}</root>")


@given(st.text(), st.text())
def test_text_comes_out_as_it_went_in_and_never_as_an_element(text: str, value: str) -> None:
    read = Texts(element("p", {"title": value}, text))
    shown = "".join(
        c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text
    )
    assert read.names == ["p"]
    assert "".join(read.texts) == shown
    assert [name for name, _ in read.attributes] == ["title"]


def test_every_part_escapes_what_is_given_to_it() -> None:
    evil = '<script>alert("x")</script>'
    parts = [
        section(evil, evil, note=evil),
        figure(evil, Markup(""), note=evil),
        table([evil], [[Cell(evil, evil), evil]]),
        bars([Bar(evil, 0.5, (0.1, 0.9), evil)], title=evil, value=evil),
        histogram([1], [0, 1], title=evil, across=evil, up=evil),
        curve([(0, 0), (1, 1)], title=evil, across=evil, up=evil, level=0.5),
        share_bar([Part(evil, 1.0, "red", evil)], title=evil),
        timeline([Lane(evil, (Span(0, 1),), "true")], 2.0, title=evil),
    ]
    whole = page(evil, eyebrow=evil, lead=evil, parts=parts)
    assert "script" not in Texts(whole).names
    assert "<script" not in whole
    assert whole.count("&lt;script&gt;") > 15


def test_a_page_may_fetch_and_run_nothing() -> None:
    read = Texts(page("t", eyebrow="e", lead="l", parts=[]))
    policy = dict(read.attributes)["content"]
    assert ("http-equiv", "Content-Security-Policy") in read.attributes
    assert (
        "content",
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'",
    ) in read.attributes
    assert policy is not None
    assert not {"script", "link", "iframe"} & set(read.names)


def test_every_drawing_names_itself_and_tells_its_numbers() -> None:
    drawn = {
        "bars": bars([Bar("night", 0.25, (0.1, 0.5), "n = 4")], title="By type", value="mean IoU"),
        "histogram": histogram([3, 1], [0, 0.5, 1], title="IoUs", across="IoU", up="queries"),
        "curve": curve([(0.5, 0.1), (1, 0.4)], title="Risk", across="x", up="y", level=None),
        "shares": share_bar([Part("right", 0.75, "green")], title="Verdicts"),
    }
    told = {
        "bars": ("By type", "night 0.25 (0.10 to 0.50), n = 4"),
        "histogram": ("IoUs", "0 to 0.5: 3; 0.5 to 1: 1"),
        "curve": ("Risk", "from (0.50, 0.10) to (1.00, 0.40), 2 points"),
        "shares": ("Verdicts", "right 75%"),
    }
    for name, markup in drawn.items():
        svg = tree(markup).find("svg")
        assert svg is not None
        assert svg.get("role") == "img"
        assert (svg.findtext("title"), svg.findtext("desc")) == told[name]


def test_a_bar_is_as_long_as_its_value() -> None:
    boxes = tree(bars([Bar("a", 0.5), Bar("b", 1.0), Bar("c", 0.0)], title="t", value="v")).findall(
        ".//rect"
    )
    lengths = [float(box.get("width", "")) for box in boxes]
    assert lengths[1] == pytest.approx(2 * lengths[0])
    assert lengths[2] <= 0.5  # a hairline, so that nothing is not invisible


def test_the_highest_bar_of_a_histogram_is_the_fullest_and_empty_ones_are_flat() -> None:
    boxes = tree(histogram([0, 4, 2], [0, 1, 2, 3], title="t", across="x", up="y")).findall(
        ".//rect"
    )
    heights = [float(box.get("height", "")) for box in boxes]
    assert heights[0] == 0
    assert heights[1] == pytest.approx(2 * heights[2], abs=0.02)


def test_a_short_span_of_a_long_film_can_be_seen_and_stays_inside() -> None:
    spans = (Span(0, 1), Span(35_999, 36_000))
    boxes = tree(timeline([Lane("true", spans, "true")], 36_000, title="t")).findall(".//rect")
    assert [float(box.get("width", "")) for box in boxes] == [3, 3]
    assert float(boxes[1].get("x", "")) + 3 <= 1000


def test_a_timeline_places_spans_by_their_seconds_and_tells_the_clock() -> None:
    markup = timeline(
        [Lane("found", (Span(30, 60),), "found"), Lane("true", (), "true")], 120, title="q"
    )
    [box] = tree(markup).findall(".//rect")
    assert (box.get("x"), box.get("width"), box.get("class")) == ("250", "250", "found")
    assert [d.text for d in tree(markup).iter("desc")] == ["0:30.0-1:00.0", "nothing"]
    assert "2:00.0" in markup


def test_thumbnails_are_small_pictures_inside_the_page(tmp_path: Path) -> None:
    film = colour_video(
        tmp_path / "film.mp4", [("red", 2.0), ("blue", 2.0)], size=(320, 180), rate=5
    )
    with Video.open(film) as video:
        markup = strip(video, [0.5, 3.0, 99.0], alt="found")
    images = tree(markup).findall(".//img")
    assert [image.get("alt") for image in images] == [
        "found at 0:00.4",
        "found at 0:03.0",
        "found at 0:03.8",
    ]
    for image in images:
        source = image.get("src", "")
        assert source.startswith("data:image/jpeg;base64,")
        assert len(source) < 8000
        assert (image.get("width"), image.get("height")) == ("176", "100")


@pytest.mark.parametrize(
    "foreign", ['<img src="http://127.0.0.1:9/x.png">', "<script>document.title = 1</script>"]
)
def test_what_would_be_fetched_or_run_is_refused_and_the_browser_tells(
    foreign: str, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_text(page("t", eyebrow="e", lead="l", parts=[Markup(foreign)]), encoding="utf-8")
    seen = opened(path)
    assert any("Content Security Policy" in line for line in seen.console)
    assert "<title>t - e</title>" in seen.dom

"""Curves drawn: a file that a browser reads, every point at its place."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.nano.curve_chart import chart, rounded_up

SVG = "{http://www.w3.org/2000/svg}"


@given(st.floats(1e-6, 1e6))
def test_an_axis_ends_at_a_round_number_not_far_above(value):
    top = rounded_up(value)
    assert value <= top <= 2.5 * value * (1 + 1e-9)
    assert float(f"{top:e}"[:8]) in (1, 2, 5)


def test_without_height_an_axis_ends_at_one():
    assert rounded_up(0) == 1


def test_each_line_goes_from_its_first_to_its_last_value_in_its_colour():
    drawn = ElementTree.fromstring(
        chart(
            {
                "KL": {"a": [(0, 0.0), (50, 1.0)], "b": [(0, 2.0), (100, 2.0)]},
                "loss": {"b": [(10, 0.5)]},
            }
        )
    )
    first, second, other = [path.attrib for path in drawn.iter(f"{SVG}path")]
    (x0, y0), (x1, y1) = points(first["d"])
    (x2, y2), (x3, y3) = points(second["d"])
    assert x0 == x2 < x1 == pytest.approx((x2 + x3) / 2, abs=0.1)
    assert y0 > y1 > y2 == y3
    assert y1 == pytest.approx((y0 + y2) / 2, abs=0.1)
    assert first["stroke"] != second["stroke"] == other["stroke"]
    words = [text.text for text in drawn.iter(f"{SVG}text")]
    assert {"KL", "loss", "a", "b"} <= set(words)


def points(path):
    return [tuple(map(float, pair.split())) for pair in path[1:].split(" L")]

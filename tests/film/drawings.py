"""Pictures drawn from lines and fills that an ImageNet classifier takes for the real thing.

Each is checked by a test against EfficientNet-Lite2; a drawing it cannot name has no place here.
"""

import math
import random
from collections.abc import Callable, Iterator

from PIL import Image, ImageDraw, ImageFilter

SIZE = (640, 480)
WIDTH, HEIGHT = SIZE
CENTRE = (WIDTH / 2, HEIGHT / 2)

Point = tuple[float, float]
Colour = tuple[int, int, int]

INK: Colour = (15, 15, 15)
PAPER: Colour = (250, 250, 245)


def traffic_light() -> Image.Image:
    """Draw a traffic light at red against the sky."""
    image, draw = _sky()
    draw.rectangle((305, 330, 335, HEIGHT), fill=(60, 60, 60))
    draw.rounded_rectangle(
        (250, 60, 390, 350), 20, fill=(25, 25, 25), outline=(10, 10, 10), width=6
    )
    for top, colour in ((80, (240, 40, 30)), (170, (70, 60, 20)), (260, (20, 60, 30))):
        draw.ellipse((280, top, 360, top + 80), fill=colour)
    return image


def wall_clock() -> Image.Image:
    """Draw a round clock on a wall; it says a quarter to four."""
    image, draw = _canvas((200, 180, 150))
    _disc(draw, CENTRE, 180, (40, 30, 20))
    _disc(draw, CENTRE, 160, PAPER)
    for hour in range(1, 13):
        place = _polar(CENTRE, 135, hour / 12 - 0.25)
        draw.text(place, str(hour), fill=INK, anchor="mm", font_size=30)
    draw.line((CENTRE, _polar(CENTRE, 75, 3.75 / 12 - 0.25)), fill=INK, width=10)
    draw.line((CENTRE, _polar(CENTRE, 122, 9 / 12 - 0.25)), fill=INK, width=6)
    return image


def crossword() -> Image.Image:
    """Draw a crossword puzzle, half solved."""
    image, draw = _canvas(PAPER)
    dice, cell, number = random.Random(1), 30, 1
    for row in range(15):
        for column in range(15):
            x, y = 95 + column * cell, 15 + row * cell
            fill = INK if dice.random() < 0.2 else (255, 255, 255)
            draw.rectangle((x, y, x + cell, y + cell), fill=fill, outline=INK)
            if dice.random() < 0.3:
                draw.text((x + 2, y + 1), str(number), fill=INK, font_size=9)
                number += 1
            if dice.random() < 0.3:
                letter = dice.choice("ABCDEFGHIJKLMN")
                draw.text((x + 15, y + 17), letter, fill=(30, 30, 120), anchor="mm", font_size=18)
    return image


def honeycomb() -> Image.Image:
    """Draw the cells of a honeycomb, close up."""
    image, draw = _canvas((120, 70, 10))
    dice, side = random.Random(2), 34
    for row in range(12):
        for column in range(14):
            centre = (column * side * 1.75 + row % 2 * side * 0.87, row * side * 1.5)
            shade = dice.randint(-20, 20)
            wall, honey = (235 + shade // 2, 165 + shade, 40), (180 + shade, 110 + shade, 20)
            draw.polygon(list(_corners(centre, side * 0.92)), fill=wall)
            draw.polygon(list(_corners(centre, side * 0.6)), fill=honey)
    return image.filter(ImageFilter.GaussianBlur(1.5))


def spider_web() -> Image.Image:
    """Draw a spider's web against leaves."""
    image, draw = _canvas((40, 70, 40))
    spokes, thread = 20, (220, 225, 220)
    for spoke in range(spokes):
        draw.line((CENTRE, _polar(CENTRE, 420, spoke / spokes)), fill=thread, width=2)
    for radius in range(20, 400, 18):
        ring = [_polar(CENTRE, radius, spoke / spokes) for spoke in range(spokes + 1)]
        draw.line(ring, fill=thread, width=2)
    return image


def balloon() -> Image.Image:
    """Draw a hot-air balloon in the sky."""
    image, draw = _sky()
    stripes: tuple[Colour, ...] = (
        (230, 40, 40),
        (250, 200, 40),
        (40, 90, 220),
        PAPER,
        (230, 40, 40),
    )
    for half_width, colour in zip((150, 117, 84, 51, 18), stripes, strict=True):
        draw.ellipse((320 - half_width, 50, 320 + half_width, 330), fill=colour)
    draw.polygon([(215, 290), (425, 290), (345, 375), (295, 375)], fill=(230, 40, 40))
    draw.rectangle((295, 390, 345, 430), fill=(120, 80, 40))
    for x in (298, 342):
        draw.line((x, 370, x, 392), fill=INK, width=2)
    return image


def umbrella() -> Image.Image:
    """Draw a red umbrella under a grey sky."""
    grey = (180, 190, 200)
    image, draw = _canvas(grey)
    draw.pieslice((120, 90, 520, 490), 180, 360, fill=(200, 30, 50))
    for rib in range(4):
        draw.ellipse((120 + rib * 100, 265, 220 + rib * 100, 315), fill=grey)
    draw.line((320, 80, 320, 420), fill=(50, 40, 30), width=8)
    draw.arc((270, 390, 328, 450), 0, 180, fill=(50, 40, 30), width=8)
    return image


DRAWINGS: dict[str, Callable[[], Image.Image]] = {
    "balloon": balloon,
    "crossword puzzle": crossword,
    "honeycomb": honeycomb,
    "spider web": spider_web,
    "traffic light": traffic_light,
    "umbrella": umbrella,
    "wall clock": wall_clock,
}
"""What can be drawn, each a 640x480 RGB picture, the same on every call."""


def _canvas(colour: Colour) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", SIZE, colour)
    return image, ImageDraw.Draw(image)


def _sky() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image, draw = _canvas((90, 150, 230))
    for y in range(HEIGHT):
        part = y / HEIGHT
        colour = (round(90 + 100 * part), round(150 + 70 * part), round(230 + 20 * part))
        draw.line((0, y, WIDTH, y), fill=colour)
    return image, draw


def _disc(draw: ImageDraw.ImageDraw, centre: Point, radius: float, colour: Colour) -> None:
    x, y = centre
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _polar(centre: Point, radius: float, turn: float) -> Point:
    """Return the point `turn` of a full circle clockwise from the right of `centre`."""
    angle = 2 * math.pi * turn
    return centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)


def _corners(centre: Point, radius: float) -> Iterator[Point]:
    return (_polar(centre, radius, corner / 6 + 1 / 12) for corner in range(6))

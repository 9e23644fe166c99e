"""Rendering: a script and times in, pictures out; nothing but the script decides a pixel."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grounder.video.decoder import Size
from grounder.video.frames import Frames
from scenetg.world.letters import paint_letters
from scenetg.world.motion import drawn_at
from scenetg.world.outline import stamp
from scenetg.world.script import Actor, Scene, World
from scenetg.world.texture import texture
from scenetg.world.vocabulary import COLOURS

DEFAULT_SIDE = 64
RIM = 0.012
"""Width of the dark rim of shapes, in units of the short side."""
RIM_OPACITY = 0.65

Picture = NDArray[np.uint8]


def frames(world: World, times: Sequence[float], *, size: Size | None = None) -> Frames:
    """Draw the pictures at `times` (rising seconds), 64 pixels on the short side unless told.

    Raises:
        ValueError: a time outside the world, or a size of another shape than the world's.
    """
    size = size or size_of(world)
    check_size(world, size)
    if len(times) and not (times[0] >= 0 and times[-1] <= world.duration):
        raise ValueError(
            f"Times {times[0]}..{times[-1]} leave the world, which lasts {world.duration} s from 0."
        )
    images = np.empty((len(times), size.height, size.width, 3), np.uint8)
    for image, time in zip(images, times, strict=True):
        image[:] = picture(world, time, size)
    return Frames(images, np.asarray(times, np.float64))


def size_of(world: World, *, short_side: int = DEFAULT_SIDE) -> Size:
    """Return the size of pictures with `short_side` pixels on the shorter side; both sides even."""
    long_side = round(short_side * max(world.aspect, 1 / world.aspect) / 2) * 2
    return Size(long_side, short_side) if world.aspect >= 1 else Size(short_side, long_side)


def check_size(world: World, size: Size) -> None:
    """Refuse a size whose shape is not the world's: shapes would be cut off or squeezed."""
    if abs(size.width / size.height / world.aspect - 1) > 0.05:
        raise ValueError(
            f"{size.width}x{size.height} has not the aspect {world.aspect:.3f} of the world. "
            "Make the world with aspect=width / height."
        )


def picture(world: World, time: float, size: Size) -> Picture:
    """Draw the one picture at `time`."""
    number = world.scene_number(time)
    fading = _fading(world, number, time)
    if fading is None:
        return _scene_picture(world.scenes[number], time, size)
    later, part = fading
    before = _scene_picture(world.scenes[later - 1], time, size).astype(np.float32)
    after = _scene_picture(world.scenes[later], time, size)
    return np.rint(before + (after - before) * part).astype(np.uint8)


def _fading(world: World, number: int, time: float) -> tuple[int, float] | None:
    """Return which scene is fading in at `time` and how far it is, in (0, 1)."""
    for later in (number, number + 1):
        if not 0 < later < len(world.scenes) or not world.scenes[later].dissolve:
            continue
        scene = world.scenes[later]
        part = 0.5 + (time - scene.span.start) / scene.dissolve
        if 0 < part < 1:
            return later, part
    return None


def _scene_picture(scene: Scene, time: float, size: Size) -> Picture:
    """Draw a scene alone; outside its span it stands as at its nearest end."""
    inside = min(max(time, scene.span.start), float(np.nextafter(scene.span.end, 0)))
    image = texture(scene.background, size.width, size.height).copy()
    for actor in scene.actors:
        if actor.span.contains(inside):
            _paint(image, actor, inside)
    for lettering in scene.letterings:
        if lettering.span.contains(inside):
            paint_letters(image, lettering.text)
    return image


def _paint(image: Picture, actor: Actor, time: float) -> None:
    height, width = image.shape[:2]
    unit = min(height, width)
    phase = next(phase for phase in actor.phases if phase.span.contains(time))
    drawn = drawn_at(phase, time)
    mark = stamp(
        actor.thing.shape,
        (drawn.x * unit, drawn.y * unit),
        drawn.radius * unit,
        drawn.angle,
        RIM * unit,
        (width, height),
    )
    if mark is None:
        return
    part = image[mark.rows, mark.columns].astype(np.float32)
    part *= 1 - mark.rim * (RIM_OPACITY * drawn.opacity)
    colour = np.asarray(COLOURS[actor.thing.colour], np.float32)
    part += (colour - part) * (mark.fill * drawn.opacity)
    image[mark.rows, mark.columns] = np.rint(part).astype(np.uint8)

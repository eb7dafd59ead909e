"""Draws pictures anew, so that nothing of a file that a student made travels but what is seen.

It is asked for before any code of the student's has run in the process.
"""

from __future__ import annotations

import io
from contextlib import suppress

from PIL import Image

MOST_PIXELS = 4_000_000  # a plot of 40 by 25 cm in print
LARGEST = 1600  # pixels of a side that is shown
COLOURS = 128  # of a PNG: enough for a plot
MOST_DRAWN = 6_000_000  # bytes of all that is drawn: a reply holds little more
QUICKLY = 3  # in half of the usual time, for a fifth more bytes


def drawn_anew(raw: bytes) -> tuple[str, bytes]:
    """Return the picture's kind, and its bytes; raises whatever Pillow does, or ValueError."""
    with Image.open(io.BytesIO(raw), formats=("PNG", "JPEG")) as image:
        if image.width * image.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        kind = str(image.format)
        mode = "RGBA" if image.mode in ("RGBA", "LA", "P", "PA") and kind == "PNG" else "RGB"
        image.load()
        if image.mode == "P" and kind == "PNG" and max(image.size) <= LARGEST:
            few = with_own_colours(image)
            file = io.BytesIO()
            few.save(file, "PNG", compress_level=QUICKLY)
            return kind, file.getvalue()
        seen = image if image.mode == mode else image.convert(mode)
    seen.thumbnail((LARGEST, LARGEST))
    seen.info.clear()  # the file's remarks, some of which would be written again
    file = io.BytesIO()
    if kind == "PNG":
        few = seen.quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
        few.save(file, "PNG", compress_level=QUICKLY)
    else:
        seen.save(file, "JPEG", quality=80)
    return kind, file.getvalue()


def with_own_colours(image: Image.Image) -> Image.Image:
    """Return a picture that has a palette with no colour in it that is not seen, or twice."""
    image.apply_transparency()
    given = bytes(image.getpalette("RGBA") or ())
    seen = []
    for index, count in enumerate(image.histogram()):
        colour = given[4 * index : 4 * index + 4]
        there = count and len(colour) == 4 and colour[3]
        seen.append(colour if there else bytes(4))  # what is not there, or not to be seen
    colours = sorted(set(seen))  # in an order that says nothing
    numbers = {colour: number for number, colour in enumerate(colours)}
    places = [numbers[colour] for colour in seen]
    fresh = Image.frombytes("L", image.size, image.tobytes()).point(places)
    fresh.putpalette(b"".join(colours), "RGBA")
    return fresh


def all_drawn(pictures: list[bytes]) -> list[tuple[str, bytes] | None]:
    """Return what came of each of them; None of one that cannot be read, or finds no room."""
    drawn: list[tuple[str, bytes] | None] = []
    room = MOST_DRAWN
    for raw in pictures:
        picture = None
        with suppress(Exception):  # whatever a hostile file makes Pillow raise
            kind, data = drawn_anew(raw)
            if len(data) <= room:
                picture = kind, data
                room -= len(data)
        drawn.append(picture)
    return drawn

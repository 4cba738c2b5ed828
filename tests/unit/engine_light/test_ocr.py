"""The recogniser on real rendered text (its networks come in its own wheel)."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.geometry import Rect
from assistant.core.media import Picture, Window
from assistant.engine.light.ink import word_columns
from assistant.engine.light.ocr import Ocr
from assistant.engine.light.regions import regions
from assistant.engine.light.screen_text import ScreenReader
from assistant.engine.light.strips import strips, tidy

Pixels = NDArray[np.uint8]
_FONTS = [
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/Library/Fonts/Arial.ttf",
    "C:/Windows/Fonts/arial.ttf",
]


def font(size: int) -> ImageFont.FreeTypeFont:
    path = next((path for path in _FONTS if Path(path).exists()), None)
    if path is not None:
        return ImageFont.truetype(path, size)
    default = ImageFont.load_default(size)
    assert isinstance(default, ImageFont.FreeTypeFont)
    return default


def drawn(
    texts: list[tuple[int, int, str]], size: tuple[int, int] = (640, 240), *, points: int = 18, dark: bool = False
) -> Pixels:
    image = Image.new("RGB", size, "#1e1e1e" if dark else "white")
    draw = ImageDraw.Draw(image)
    for x, y, text in texts:
        draw.text((x, y), text, fill="#d8d8d8" if dark else "black", font=font(points))
    return np.asarray(image)


@pytest.fixture(scope="module")
def ocr() -> Iterator[Ocr]:
    found = Ocr(2)
    found.load()
    yield found
    found.unload()


def texts(ocr: Ocr, pixels: Pixels) -> list[str]:
    return [box.text for box in ocr.read(pixels, CancelToken())]


@pytest.mark.parametrize("dark", [False, True])
def test_lines_come_in_order(ocr: Ocr, dark: bool) -> None:
    lines = ["Meeting at half past nine", "Invoice 20431 is due", "Call Anna about it"]
    assert texts(ocr, drawn([(20, 30 + 50 * at, line) for at, line in enumerate(lines)], dark=dark)) == lines


def test_boxes_lie_on_their_text(ocr: Ocr) -> None:
    (box,) = ocr.read(drawn([(200, 100, "Hamburg")]), CancelToken())
    assert abs(box.x - 202) < 4 and abs(box.right - (200 + font(18).getlength("Hamburg"))) < 5
    assert 90 < box.y < 112 < box.bottom < 135


def test_single_digits_in_a_column_are_found(ocr: Ocr) -> None:
    pixels = drawn(
        [
            (20 + 120 * c, 20 + 40 * r, text)
            for r, row in enumerate([["Item", "Count"], ["Apples", "3"], ["Pears", "7"], ["Plums", "2"]])
            for c, text in enumerate(row)
        ]
    )
    assert {"3", "7", "2"} <= set(texts(ocr, pixels))


def test_tiny_text_is_enlarged(ocr: Ocr) -> None:
    pixels = drawn([(20, 20, "the deposit is 250 euros"), (20, 40, "each day of delay costs 35")], points=9)
    assert texts(ocr, pixels) == ["the deposit is 250 euros", "each day of delay costs 35"]


def test_a_large_screen_keeps_its_small_text(ocr: Ocr) -> None:
    """4K: shrunk for the first look, in strips at full size for the second."""
    lines = [(100, 100, "top left side"), (3300, 1100, "right edge"), (1500, 2080, "bottom middle")]
    assert set(texts(ocr, drawn(lines, (3840, 2160), points=14))) == {"top left side", "right edge", "bottom middle"}


@pytest.mark.parametrize("size", [(1, 1), (1, 200), (200, 1), (7, 5)])
def test_the_smallest_pictures_hold_nothing(ocr: Ocr, size: tuple[int, int]) -> None:
    assert texts(ocr, np.zeros((size[1], size[0], 3), np.uint8)) == []


def test_an_empty_screen_holds_nothing(ocr: Ocr) -> None:
    assert texts(ocr, np.full((1080, 1920, 3), 200, np.uint8)) == []


def test_equal_pieces_are_recognised_once(ocr: Ocr, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = drawn([(20, 10 + 40 * at, "1,200") for at in range(5)])
    seen: list[int] = []
    real = ocr._rapid.recognize_txt
    monkeypatch.setattr(ocr._rapid, "recognize_txt", lambda batch: seen.append(len(batch)) or real(batch))
    assert texts(ocr, pixels) == ["1,200"] * 5
    assert sum(seen) < 5


def test_a_set_token_stops_before_anything_is_done(ocr: Ocr) -> None:
    cancel = CancelToken()
    cancel.set()
    with pytest.raises(Cancelled):
        ocr.read(drawn([(20, 20, "hello")]), cancel)


def test_stop_ends_the_reading_of_a_full_screen(ocr: Ocr) -> None:
    """Set in mid-work, the token ends it long before the screen is read; the reader is usable afterwards."""
    rows = [(20 + 300 * c, 10 + 24 * r, f"row {r} column {c} {r * 37 + c * 11}") for r in range(40) for c in range(6)]
    pixels, cancel = drawn(rows, (1920, 1080), points=14), CancelToken()
    timer = threading.Timer(0.3, cancel.set)
    timer.start()
    with pytest.raises(Cancelled):
        ocr.read(pixels, cancel)
    timer.join()
    assert texts(ocr, drawn([(20, 20, "still here")])) == ["still here"]


def test_the_reader_remembers_a_picture(ocr: Ocr) -> None:
    reader = ScreenReader(2)
    reader._ocr = ocr
    windows = (Window("Notes", Rect(0, 0, 640, 240), active=True),)
    picture = Picture(drawn([(20, 100, "Call Anna"), (20, 150, "room 3")]), windows=windows, is_screen=True)
    first = reader.read(picture, CancelToken(), characters=1000)
    assert first.text == '[Active window "Notes"]\nCall Anna\nroom 3'
    assert (first.flat, first.boxes, first.dropped) == ("Call Anna\nroom 3", 2, 0)
    started = time.perf_counter()
    short = reader.read(picture, CancelToken(), characters=20)
    assert time.perf_counter() - started < 0.5, "remembered: the networks take longer than that for any picture"
    assert len(short.text) <= 20 and short.dropped > 0


def test_words_are_found_by_their_gaps() -> None:
    pixels = drawn([(10, 4, "one two")], (120, 30))
    first, second = word_columns(pixels, 2)
    gap = font(18).getlength(" ")
    assert second[0] - first[1] >= gap - 1
    assert word_columns(np.full((20, 40, 3), 9, np.uint8), 2) == []


def test_strips_are_cut_between_lines_and_plain_ones_left_out() -> None:
    picture = np.zeros((4000, 2000, 3), np.uint8)
    picture[100:140, 100:200] = picture[1010:1080, 100:900] = 255
    quads = np.array([[[100, 1010], [900, 1010], [900, 1080], [100, 1080]]], np.float32)
    found = strips(picture, quads, 1.0)
    assert not any(top < 1079 < bottom and top > 1010 for top, bottom in found)
    assert found[0][0] == 0 and found[-1][1] < 4000, "the lower half is one colour"
    assert all(bottom == top for (_, bottom), (top, _) in itertools.pairwise(found))


def test_regions_part_what_lies_far_apart_and_leave_the_plain_out() -> None:
    picture = np.full((1000, 1600, 3), 40, np.uint8)
    assert regions(picture) == []
    picture[100:120, 100:300] = picture[800:820, 1300:1500] = 255
    first, second = regions(picture)
    assert first[0] < 100 and first[1] < 100 and 300 < first[2] < 400 and 120 < first[3] < 200
    assert second[0] < 1300 and second[1] < 800 and second[2] > 1500 and second[3] > 820
    picture[::7, ::5] = 255
    assert regions(picture) == [(0, 0, 1600, 1000)]


def test_overlapping_lines_are_pulled_apart() -> None:
    upper = [[0, 0], [100, 0], [100, 26], [0, 26]]
    lower = [[0, 18], [100, 18], [100, 44], [0, 44]]
    a, b = tidy(np.array([upper, lower], np.float32))
    assert a[:, 1].max() == b[:, 1].min() == 22


class _StopAfter(CancelToken):
    """Set once it was asked so many times."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._left = looks

    def check(self) -> None:
        self._left -= 1
        if self._left < 0:
            self.set()
        super().check()


def test_a_stopped_reading_goes_on_where_it_was(ocr: Ocr) -> None:
    pixels = drawn([(20, 12 * at + 8, f"Line {at} of the letter {at * 37}") for at in range(18)])
    whole = ocr.read(pixels, CancelToken())
    looks = itertools.count(1)
    stops = 0
    for allowed in looks:
        token = _StopAfter(1)
        try:
            again = ocr.read(pixels, token)
            break
        except Cancelled:
            stops += 1
        assert allowed < 100
    assert stops >= 3
    assert again == whole

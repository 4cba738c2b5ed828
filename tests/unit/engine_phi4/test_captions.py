"""What is said about pictures in words: quoted, on one line, and nothing that closes the quotation."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.geometry import Rect
from assistant.core.media import Picture, Window
from assistant.engine.phi4.captions import caption

PIXELS = np.zeros((9, 9, 3), np.uint8)


def screen(*windows: Window, name: str = "Screen 1") -> Picture:
    return Picture(PIXELS, name, windows, is_screen=True)


def window(title: str, *, active: bool = False, program: str = "") -> Window:
    return Window(title, Rect(0, 0, 9, 9), active, program)


def test_the_windows_of_a_screen() -> None:
    one = screen(window("Departures", active=True), window("Terminal"))
    assert caption([one]) == 'Titles of the windows on this screen: "Departures" (active), "Terminal".\n'


def test_hearsights_own_windows_and_nameless_ones_are_left_out() -> None:
    assert caption([screen(window("Hearsight", program="Hearsight"), window(" "))]) == ""


def test_at_most_six_windows() -> None:
    assert caption([screen(*(window(str(number)) for number in range(20)))]).count('"') == 12


def test_several_pictures_are_named() -> None:
    pictures = [Picture(PIXELS, "a.png"), Picture(PIXELS), screen(window("Mail"))]
    assert caption(pictures) == (
        'The pictures in order: "a.png", "picture", "Screen 1".\nTitles of the windows on "Screen 1": "Mail".\n'
    )


def test_nothing_to_say() -> None:
    assert caption([]) == caption([Picture(PIXELS, "a.png")]) == caption([Picture(PIXELS), Picture(PIXELS)]) == ""


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_title_leaves_its_quotation(title: str, name: str) -> None:
    said = caption([screen(window(title + "x"), name=name + "x"), Picture(PIXELS, name + "y")])
    assert said.count('"') == 8 and len(said.splitlines()) == 2
    assert all(len(part) <= 81 for part in said.split('"')[1::2])

"""A picture's text as it enters the prompt: laid out, tables as cells, the active window first, cut to a budget."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.core.cancel import CancelToken
from assistant.core.media import Picture
from assistant.engine.light.boxes import Box
from assistant.engine.light.layout import lay_out
from assistant.engine.light.layout_text import section_text
from assistant.engine.light.ocr import Ocr
from assistant.engine.light.own_windows import without_own

_MARK = "\n[{} more characters did not fit]"

_KEPT = 8
"""Pictures whose boxes are remembered: those of one conversation's last turns."""


@dataclass(frozen=True)
class ScreenText:
    """What was read.

    Attributes:
        text: plain text, not escaped; begins with the active window.
        dropped: characters that the budget left out.
        flat: the recogniser's own order, one box a line: the baseline that the layout is measured against.
        boxes: pieces of text found.
    """

    text: str
    dropped: int
    flat: str
    boxes: int


class ScreenReader:
    """Reads pictures; remembers the last ones by their pixels. One caller at a time.

    Args:
        threads: for the recogniser.
    """

    def __init__(self, threads: int) -> None:
        self._ocr = Ocr(threads)
        self._known: OrderedDict[str, list[Box]] = OrderedDict()
        self._begun = ""

    def load(self) -> None:
        self._ocr.load()

    def load_beside(self, cancel: CancelToken) -> None:
        """As `load`, but a stop doesn't wait for it.

        Raises:
            Cancelled: the token was set; loading goes on.
        """
        self._ocr.load_beside(cancel)

    def unload(self) -> None:
        self._ocr.unload()
        self._known.clear()

    def forget(self) -> None:
        """Drops what was read before."""
        self._known.clear()
        self._ocr.forget()

    def read(self, picture: Picture, cancel: CancelToken, *, characters: int) -> ScreenText:
        """Reads a picture, but for Hearsight's own windows on it.

        Args:
            characters: the most that `text` may hold; see `cut` for what goes first.

        Raises:
            Cancelled: the token was set.
        """
        picture = without_own(picture)
        boxes = self._boxes(picture, cancel)
        sections = lay_out(boxes, picture.windows)
        text, dropped = cut([section_text(section, len(sections)) for section in sections], characters)
        flat = "\n".join(box.text for box in boxes)
        return ScreenText(text, dropped, flat, len(boxes))

    def _boxes(self, picture: Picture, cancel: CancelToken) -> list[Box]:
        key = picture.sha256
        if key not in self._known:
            if key != self._begun:
                # What was read of a picture that nobody asks for any more: megabytes of pixels.
                self._ocr.forget()
                self._begun = key
            self._known[key] = self._ocr.read(picture.pixels, cancel)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]


def cut(texts: Sequence[str], characters: int) -> tuple[str, int]:
    """Cuts sections to a budget by a rule that needs no question.

    The active window's section stands first, so the end goes first: what lies outside the active window, then the
    active window's own end. Cuts fall between lines; a mark says how much is missing.

    Args:
        texts: of the sections, the active window's first.
        characters: at most, the mark included.

    Returns:
        The text, and how many characters were left out.
    """
    whole = "\n\n".join(texts)
    if len(whole) <= characters:
        return whole, 0
    kept = whole[: max(0, characters - len(_MARK.format(len(whole))))]
    if "\n" in kept:
        kept = kept[: kept.rindex("\n")]
    kept = kept.rstrip()
    dropped = len(whole) - len(kept)
    return (kept + _MARK.format(dropped))[: max(0, characters)], dropped

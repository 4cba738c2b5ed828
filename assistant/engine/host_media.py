"""Prompts on their way to the engine's process: the pixels and samples beside them, a picture only once."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from assistant.core.media import Clip, Picture
from assistant.core.prompt import Prompt, Turn
from assistant.engine import shared_arrays
from assistant.engine.host_messages import ClipReference, PackedPrompt, PackedTurn, PictureReference
from assistant.engine.shared_arrays import Channel

_KEPT_BYTES = 128 * 1024**2
"""Pixels that the engine's process keeps: five screens in 4K."""


class Sender:
    """The window's side. Knows what the other side has.

    Args:
        channel: carries arrays and nothing else.
        process: id of the engine's process.
        history_pictures: whether the engine sees pictures of past turns; else they stay behind.
    """

    def __init__(self, channel: Channel, process: int, *, history_pictures: bool) -> None:
        self._channel = channel
        self._process = process
        self._history_pictures = history_pictures
        self._there: OrderedDict[str, int] = OrderedDict()
        self._held: list[object] = []

    def pack(self, prompt: Prompt) -> tuple[PackedPrompt, list[Picture | Clip]]:
        """The prompt without its arrays, and what must be attached to it, in order."""
        attached: list[Picture | Clip] = []
        history = tuple(self._pack_turn(turn, attached) for turn in prompt.history)
        pictures = tuple(self._refer(picture, attached) for picture in prompt.pictures)
        clip = None if prompt.clip is None else pack_clip(prompt.clip, attached)
        return PackedPrompt(history, pictures, clip, prompt.text, prompt.task), attached

    def surplus(self) -> tuple[str, ...]:
        """Takes note that the oldest pictures beyond the limit are dropped, and names them. To be asked before
        `pack`, so that no picture of the prompt under way is among them."""
        dropped = []
        while len(self._there) > 1 and sum(self._there.values()) > _KEPT_BYTES:
            dropped.append(self._there.popitem(last=False)[0])
        return tuple(dropped)

    def attach(self, media: list[Picture | Clip]) -> None:
        """Sends the arrays. They are held until `release`."""
        for item in media:
            array = item.pixels if isinstance(item, Picture) else item.samples
            self._held.append(shared_arrays.send(self._channel, array, self._process))

    def release(self) -> None:
        self._held.clear()

    def _pack_turn(self, turn: Turn, attached: list[Picture | Clip]) -> PackedTurn:
        pictures = turn.pictures if self._history_pictures else ()
        references = tuple(self._refer(picture, attached) for picture in pictures)
        return PackedTurn(turn.role, turn.text, turn.screen_text, references)

    def _refer(self, picture: Picture, attached: list[Picture | Clip]) -> PictureReference:
        key = picture.sha256
        new = key not in self._there
        if new:
            self._there[key] = picture.pixels.nbytes
            attached.append(picture)
        self._there.move_to_end(key)
        return PictureReference(key, picture.name, picture.windows, picture.is_screen, new)


def pack_clip(clip: Clip, attached: list[Picture | Clip]) -> ClipReference:
    attached.append(clip)
    return ClipReference(clip.name)


def pack_picture(picture: Picture, attached: list[Picture | Clip]) -> PictureReference:
    """One that goes over alone, and that the other side doesn't keep."""
    attached.append(picture)
    return PictureReference(picture.sha256, picture.name, picture.windows, picture.is_screen, attached=True)


class Receiver:
    """The engine's side."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._pictures: dict[str, Picture] = {}

    def drop(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            self._pictures.pop(key, None)

    def unpack(self, packed: PackedPrompt) -> Prompt:
        """Puts the arrays back in. They come in the order in which they were attached."""
        history = tuple(
            Turn(turn.role, turn.text, turn.screen_text, tuple(self._picture(ref) for ref in turn.pictures))
            for turn in packed.history
        )
        pictures = tuple(self._picture(reference) for reference in packed.pictures)
        clip = None if packed.clip is None else self.clip(packed.clip)
        return Prompt(history, pictures, clip, packed.text, packed.task)

    def clip(self, reference: ClipReference) -> Clip:
        return Clip(shared_arrays.receive(self._channel), reference.name)

    def picture(self, reference: PictureReference) -> Picture:
        """What `pack_picture` packed."""
        pixels = shared_arrays.receive(self._channel)
        return _made(pixels, reference)

    def _picture(self, reference: PictureReference) -> Picture:
        pixels = shared_arrays.receive(self._channel) if reference.attached else self._pictures[reference.sha256].pixels
        known = self._pictures.get(reference.sha256)
        same = known is not None and (known.name, known.windows) == (reference.name, reference.windows)
        if known is None or not same:
            self._pictures[reference.sha256] = known = _made(pixels, reference)
        return known


def _made(pixels: NDArray[np.uint8], reference: PictureReference) -> Picture:
    picture = Picture(pixels, reference.name, reference.windows, reference.is_screen)
    picture.__dict__["sha256"] = reference.sha256
    return picture

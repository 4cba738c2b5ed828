"""What one prefill is asked for: a row of text tokens, pictures and sounds, and the adapter that reads it.

The keys of a request say which positions of a KV cache still hold: two requests that begin with equal keys begin with
equal keys and values, if they were computed with the same adapter and on the same side of the long-rope switch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from assistant.engine.phi4.pictures import PicturePatches
from assistant.engine.phi4.sound import LogMel

Adapter = Literal["vision", "speech"] | None
"""The LoRA that is on: vision for pictures and pictures with sound, speech for sound, none for text."""

Projection = Literal["vision", "speech"]
"""Which projection follows the audio encoder: vision where the conversation has a picture anywhere, else speech."""

Side = Literal["short", "long"]
"""Which rope factors: short up to `original_max_position_embeddings` positions in all, long for all beyond."""

Element = int | PicturePatches | LogMel
"""A text token's id, or a medium that stands for its `tokens` placeholders."""

IMAGE_TOKEN = 200010
AUDIO_TOKEN = 200011

REACH = 7
"""Frames after a clip's end that its last token can see: the subsampling's last output covers inputs 8t−7 … 8t+7."""


@dataclass(frozen=True)
class Company:
    """What the author's code lets the other clips of a conversation change in one clip.

    Clips go through it as one batch, the shorter ones padded with log-mel 0 to the longest: the last token then sees
    up to `REACH` frames of padding. And only a batch has a padding mask: a clip that is alone and cut into windows
    also attends to the padding of its last window.

    Attributes:
        alone: the only clip of the conversation.
        padding: frames of log-mel 0 after the clip that its tokens can see, at most `REACH`.
    """

    alone: bool = True
    padding: int = 0


Key = int | tuple[str, Projection | None, Company | None, int]
"""A token id, or (sha256 of the prepared medium, projection and company for a sound, place in it)."""


@dataclass(frozen=True, eq=False)
class Placed:
    """A medium in its request: it takes the positions `start` to `start + medium.tokens`."""

    start: int
    medium: PicturePatches | LogMel
    company: Company | None


@dataclass(frozen=True, eq=False)
class Request:
    """A prompt ready to be embedded.

    Attributes:
        elements: one int per text token; a picture or a sound once, for all its placeholders.
        adapter: by the whole conversation's media.
        projection: of sounds, by the whole conversation.
    """

    elements: tuple[Element, ...]
    adapter: Adapter
    projection: Projection

    def __len__(self) -> int:
        """Positions in all, placeholders included."""
        return len(self.ids)

    @cached_property
    def ids(self) -> tuple[int, ...]:
        """The input ids as the author's processor makes them: one placeholder per position of a medium."""
        return tuple(id for element in self.elements for id in _ids(element))

    @cached_property
    def media(self) -> tuple[Placed, ...]:
        return tuple(self._placed())

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """One key per position. Adapter and side are not in it: they hold for all positions at once."""
        keys: list[Key] = list(self.ids)
        for placed in self.media:
            medium, company = placed.medium, placed.company
            projection = self.projection if company else None
            for place in range(medium.tokens):
                keys[placed.start + place] = (medium.sha256, projection, company, place)
        return tuple(keys)

    def followed_by(self, tokens: list[int]) -> Request:
        """The same with text tokens after it."""
        return Request((*self.elements, *tokens), self.adapter, self.projection)

    def _placed(self) -> Iterator[Placed]:
        clips = [element for element in self.elements if isinstance(element, LogMel)]
        longest = max((len(clip.features) for clip in clips), default=0)
        start = 0
        for element in self.elements:
            if isinstance(element, LogMel):
                padding = min(longest - len(element.features), REACH)
                yield Placed(start, element, Company(len(clips) == 1, padding))
            elif isinstance(element, PicturePatches):
                yield Placed(start, element, None)
            start += 1 if isinstance(element, int) else element.tokens


def _ids(element: Element) -> list[int]:
    if isinstance(element, int):
        return [element]
    return [IMAGE_TOKEN if isinstance(element, PicturePatches) else AUDIO_TOKEN] * element.tokens

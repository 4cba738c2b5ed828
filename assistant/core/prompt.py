"""What is asked of an engine: the conversation so far and the turn that waits for its answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from assistant.core.media import Clip, Picture

Role = Literal["user", "assistant"]


class Task(StrEnum):
    """What the answer is for; the engine chooses its prompt and temperature by it."""

    CHAT = "chat"
    SCREEN = "screen"
    """A question about what a picture shows: decoded greedily."""


@dataclass(frozen=True)
class Turn:
    """One past message of the conversation.

    Attributes:
        text: what was typed, said (its transcript) or answered.
        screen_text: what was read on the turn's pictures, so that a follow-up can still speak of them on an
            engine that reads screens as text.
        pictures: the turn's pictures, for engines that see; may be empty where only the text was kept.
    """

    role: Role
    text: str
    screen_text: str = ""
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class Prompt:
    """The whole question. `warm` gets it as far as it is known; `generate` gets it complete.

    Attributes:
        history: past turns, oldest first.
        pictures: of the turn in question, in order; a captured screen first.
        clip: what was said; while the user still speaks, what was said so far.
        text: what was typed.
        task: see `Task`.
    """

    history: tuple[Turn, ...] = ()
    pictures: tuple[Picture, ...] = ()
    clip: Clip | None = None
    text: str = ""
    task: Task = Task.CHAT

    def with_clip(self, clip: Clip | None) -> Prompt:
        return replace(self, clip=clip)


@dataclass(frozen=True)
class Options:
    """How to decode.

    Attributes:
        temperature: 0 decodes greedily.
        max_tokens: of the answer.
        language: spoken language as an ISO 639-1 code, or "" to detect it.
        screen_characters: the most characters of screen text that enter the prompt; 0 takes the engine's default.
        hints: names and terms that the speech may hold, most likely first, for engines that can be biased.
    """

    temperature: float = 0.0
    max_tokens: int = 512
    language: str = ""
    screen_characters: int = 0
    hints: tuple[str, ...] = ()

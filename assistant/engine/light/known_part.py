"""All of a prompt that is known before the question: read, cut to the budget, and in tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.core.cancel import CancelToken
from assistant.core.media import Picture
from assistant.core.prompt import Prompt
from assistant.engine.light import budget
from assistant.engine.light import prompt as template
from assistant.engine.light.language_model import LanguageModel
from assistant.engine.light.screen_text import ScreenReader

_NOTHING_READ = "(no text was found in the picture)"


@dataclass(frozen=True)
class KnownPart:
    """The beginning of the prompt.

    Attributes:
        tokens: up to where the question begins.
        screen_text: what was read on the pictures, as it enters the prompt.
        notices: what was left out, in words for the user.
    """

    tokens: list[int]
    screen_text: str
    notices: tuple[str, ...]


def known_part(
    prompt: Prompt, characters: int, context: int, model: LanguageModel, reader: ScreenReader, cancel: CancelToken
) -> KnownPart:
    """Depends on nothing but its arguments: the same for a warm-up and for the request.

    Args:
        prompt: its clip and its text are not looked at.
        characters: the most characters of screen text.
        context: tokens of prompt and answer together.
        model: counts the tokens.
        reader: reads the pictures, or remembers them.
        cancel: seen while reading.
    """

    def read(limit: int) -> tuple[str, int]:
        return _read(prompt.pictures, limit, reader, cancel)

    def screen_tokens(limit: int) -> int:
        return len(model.tokens(template.screen(read(limit)[0]))) if prompt.pictures else 0

    turns = [template.past(turn, characters) for turn in prompt.history]
    fixed = len(model.tokens([*template.opening(), *template.before_question()]))
    counts = [len(model.tokens(turn)) for turn in turns]
    cut = budget.cut(counts, fixed, characters, screen_tokens, budget.room(context))
    text, dropped = read(cut.characters)
    pieces = template.opening()
    for turn in turns[cut.dropped_turns :]:
        pieces += turn
    pieces += template.before_question()
    pieces += template.screen(text) if prompt.pictures else []
    return KnownPart(model.tokens(pieces), text, _notices(cut.dropped_turns, dropped))


def _read(pictures: Sequence[Picture], limit: int, reader: ScreenReader, cancel: CancelToken) -> tuple[str, int]:
    """The text of all pictures, within `limit` characters, and how many were left out."""
    whole = [len(reader.read(picture, cancel, characters=limit).text) for picture in pictures]
    texts, dropped = [], 0
    for picture, share in zip(pictures, budget.shares(whole, limit), strict=True):
        found = reader.read(picture, cancel, characters=share)
        dropped += found.dropped
        texts.append(_titled(picture, found.text or _NOTHING_READ, alone=len(pictures) == 1))
    return "\n\n".join(texts), dropped


def _titled(picture: Picture, text: str, *, alone: bool) -> str:
    return text if alone else f"{picture.name or 'Picture'}:\n{text}"


def _notices(turns: int, characters: int) -> tuple[str, ...]:
    notices = []
    if turns:
        notices.append(f"The oldest {turns} messages of this conversation were left out: there was no room for them.")
    if characters:
        notices.append(
            f"{characters} characters of the picture's text were left out, those outside the active window first."
        )
    return tuple(notices)

"""The text rules as data: what the user may edit, each value with its default and what it does.

An unknown key is an error here: a misspelt rule that does nothing would never be found.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""Something said: one or more words."""
Typed = Annotated[str, StringConstraints(max_length=20_000)]
"""Something typed in its place; may be empty."""
Program = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=200)]

Kind = Literal["plain", "terminal", "code"]
"""Of program that the text goes into."""
Attach = Literal["none", "left", "right", "both"]
"""On which side no space stands: a comma is attached to its left."""
Action = Literal["type", "scratch", "capital", "upper", "upper on", "upper off", "no space"]
Trailing = Literal["space", "none"]


class Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Word(Rule):
    """A name or term that recognisers get wrong.

    Attributes:
        text: as it is spelled.
        sounds_like: what the recogniser makes of it; replaced always.
    """

    text: Phrase
    sounds_like: tuple[Phrase, ...] = ()


class Replacement(Rule):
    """Whole words, in any case, become other words."""

    heard: Phrase
    typed: Typed


class Snippet(Rule):
    """A phrase becomes a text, letter for letter: no other rule touches it."""

    say: Phrase
    text: Typed


class Command(Rule):
    """A spoken command.

    Attributes:
        say: phrases, any of which stands for it.
        does: `type` puts `text`; `scratch` takes back the sentence before; `capital` and `upper` change the next word;
            `upper on` and `upper off` all words between them; `no space` joins its neighbours.
        text: what `type` puts.
        attach: where no space stands around `text`.
        set_apart: the phrase is an ordinary one too, so that it counts only where the recogniser's punctuation, another
            command or an end of the text stands `behind` it, `before` it or on `both` sides.
        not_after, not_before: words beside which the phrase is ordinary speech.
    """

    say: tuple[Phrase, ...] = Field(min_length=1)
    does: Action = "type"
    text: Annotated[str, StringConstraints(max_length=20)] = ""
    attach: Attach = "none"
    set_apart: Literal["no", "before", "behind", "both"] = "no"
    not_after: tuple[Phrase, ...] = ()
    not_before: tuple[Phrase, ...] = ()


class Numbers(Rule):
    """How numbers and dates are written. The defaults leave them as the recogniser wrote them."""

    digits_from: int | None = Field(
        default=None, ge=0, le=1_000_000, description="Number words become digits from this number on; empty never"
    )
    decimal: Literal["as heard", ".", ","] = Field(default="as heard", description="Decimal sign")
    thousands: Literal["as heard", "none", ",", ".", " ", "'"] = Field(
        default="as heard", description="Between groups of three digits, where the recogniser wrote groups"
    )
    date: Literal[
        "as heard", "year-month-day", "day.month.year", "day/month/year", "month/day/year", "day month year"
    ] = Field(default="as heard", description="Dates with day, month and year")


class Profile(Rule):
    """How text enters programs of a kind.

    Attributes:
        programs: names or window classes, any case; a profile without them holds for its whole `kind`.
        newlines, tabs: whether these may go out; a space stands for them otherwise.
        capitals: whether sentences begin with a capital.
        full_stop: whether the one that the recogniser puts at the end stays.
        after: what follows the text, so that the next dictation fits on.
        commands: whether spoken commands count.
    """

    programs: tuple[Program, ...] = ()
    kind: Kind = "plain"
    newlines: bool = True
    tabs: bool = True
    capitals: bool = True
    full_stop: bool = True
    after: Trailing = "space"
    commands: bool = True


PROFILES = (
    Profile(kind="terminal", newlines=False, tabs=False, capitals=False, full_stop=False, after="none"),
    Profile(kind="code", capitals=False, full_stop=False, after="none"),
    Profile(kind="plain"),
)


class TextRules(Rule):
    """Everything between recognised words and typed text.

    Attributes:
        words: names and terms: they bias the recogniser where it can be, and correct it by sound and spelling.
        commands: the user's own, before those of the language.
        spoken_punctuation: whether the language's own commands count ("comma", "new line", "scratch that").
        capitals_at_cursor: the first letter fits what stands before the cursor, where that is known.
        screen_spelling: names on the screen correct the recogniser.
        profiles: the first that fits the program holds, those that name it before those of its kind.
    """

    version: Literal[1] = 1
    words: tuple[Word, ...] = Field(default=(), max_length=2000)
    replacements: tuple[Replacement, ...] = Field(default=(), max_length=2000)
    snippets: tuple[Snippet, ...] = Field(default=(), max_length=1000)
    spoken_punctuation: bool = True
    commands: tuple[Command, ...] = Field(default=(), max_length=500)
    numbers: Numbers = Numbers()
    capitals_at_cursor: bool = True
    screen_spelling: bool = True
    profiles: tuple[Profile, ...] = PROFILES


class Context(Rule):
    """Where the text goes.

    Attributes:
        before: the text before the cursor, as much as is known; None when nothing is known ("" is an empty field).
        kind: of the program.
        program: its name or window class.
        language: of the speech, ISO 639-1; "" is taken for English.
        terms: names and terms that stood on the screen at key-down (see `spelling.terms`).
    """

    before: str | None = None
    kind: Kind = "plain"
    program: str = ""
    language: str = ""
    terms: tuple[str, ...] = ()

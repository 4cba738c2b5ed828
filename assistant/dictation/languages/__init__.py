"""What each language brings to the text rules: spoken commands, months, its commonest words. One file a language."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Annotated, Any

from pydantic import BeforeValidator

from assistant.dictation.models import Command, Rule

Words = Annotated[frozenset[str], BeforeValidator(lambda text: frozenset(text.split()))]
"""Written in one string with spaces between them."""

DEFAULT = "en"


class Language(Rule):
    """One file of this folder.

    Attributes:
        function_words: words with which no name begins; lower case.
        not_after, not_before: words beside which any command's phrase is ordinary speech.
        months: their twelve names.
        decimal_words: said between the digits of a number, where they are no command.
        grouping, decimal: the signs in numbers as a recogniser writes them.
        fillers: words that say nothing.
        negations: small words that turn the meaning round.
        commands: see `Command`.
    """

    function_words: Words = frozenset()
    not_after: Words = frozenset()
    not_before: Words = frozenset()
    months: tuple[str, ...] = ()
    decimal_words: Words = frozenset()
    grouping: str = ""
    decimal: str = ""
    fillers: Words = frozenset()
    negations: Words = frozenset()
    commands: tuple[Command, ...] = ()


def names() -> tuple[str, ...]:
    """The languages that there is a file for."""
    folder = resources.files(__package__)
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


@cache
def language(code: str) -> Language:
    """The language with the ISO 639-1 `code` ("" is English); an empty one where there is no file for it."""
    if (code or DEFAULT) not in names():
        return Language()
    text = (resources.files(__package__) / f"{code or DEFAULT}.toml").read_text("utf-8")
    values: dict[str, Any] = tomllib.loads(text)
    return Language.model_validate(values | {"commands": values.pop("command", [])})

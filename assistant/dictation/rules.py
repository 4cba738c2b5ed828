"""From recognised words to typed text: the text rules one after the other, and a preview of what each one does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assistant.dictation import characters
from assistant.dictation.models import Context, Profile, TextRules

__all__ = ["Context", "Step", "TextRules", "apply", "preview", "profile_of"]


@dataclass(frozen=True)
class Step:
    """What one rule made of the text.

    Attributes:
        name: of the rule, for people.
        text: after it.
        changed: whether it did anything.
    """

    name: str
    text: str
    changed: bool


def apply(text: str, rules: TextRules, context: Context) -> str:
    """The text to type for what was recognised. Speech that sounds like an instruction is text like any other."""
    return preview(text, rules, context)[-1].text


def preview(text: str, rules: TextRules, context: Context) -> list[Step]:
    """The text after each rule, in order; the last one's is what `apply` gives."""
    profile = profile_of(rules, context)
    steps: list[Step] = []
    for name, rule in _pipeline(profile):
        new = rule(text)
        steps.append(Step(name, new, new != text))
        text = new
    return steps


def profile_of(rules: TextRules, context: Context) -> Profile:
    """The profile for the program: one that names it, else one of its kind, else the plain default."""
    program = context.program.casefold()
    named = [p for p in rules.profiles if program and program in p.programs]
    of_kind = [p for p in rules.profiles if not p.programs and p.kind == context.kind]
    return (named + of_kind or [Profile(kind=context.kind)])[0]


def _pipeline(profile: Profile) -> list[tuple[str, Callable[[str], str]]]:
    return [
        ("Allowed characters", lambda text: characters.clean(text).strip()),
        ("Line breaks", lambda text: characters.without(text, newlines=profile.newlines, tabs=profile.tabs)),
    ]

"""From recognised words to typed text: the text rules one after the other, and a preview of what each one does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assistant.dictation import capitals, characters, exact, languages, spacing, spelling
from assistant.dictation.capitals import without_full_stop
from assistant.dictation.commands import carry_out
from assistant.dictation.models import Context, Profile, TextRules
from assistant.dictation.numbers import formatted

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
    before = text
    for name, rule in _pipeline(rules, context, profile):
        text = rule(text)
        shown = exact.filled_in(text, rules.snippets)
        steps.append(Step(name, shown, shown != before))
        before = shown
    return steps


def profile_of(rules: TextRules, context: Context) -> Profile:
    """The profile for the program: one that names it, else one of its kind, else the plain default."""
    program = context.program.casefold()
    named = [p for p in rules.profiles if program and program in p.programs]
    of_kind = [p for p in rules.profiles if not p.programs and p.kind == context.kind]
    return (named + of_kind or [Profile(kind=context.kind)])[0]


def _pipeline(rules: TextRules, context: Context, profile: Profile) -> list[tuple[str, Callable[[str], str]]]:
    """The rules in order: first what was said is put right, then what it stands for, then how it enters the program."""
    language = languages.language(context.language)
    terms = context.terms if rules.screen_spelling else ()
    commands = (*rules.commands, *(language.commands if rules.spoken_punctuation else ()))
    names = frozenset((*(word.text for word in rules.words), *terms))
    # In a terminal a newline runs what was typed: no profile can allow it there.
    newlines, tabs = profile.newlines and context.kind != "terminal", profile.tabs and context.kind != "terminal"
    return [
        ("Allowed characters", characters.heard),
        ("Names and terms", lambda text: spelling.corrected(text, rules.words, terms, context.language)),
        ("Replacements", lambda text: exact.replaced(text, rules.replacements)),
        ("Snippets", lambda text: exact.with_places(text, rules.snippets)),
        ("Final full stop", lambda text: text if profile.full_stop else without_full_stop(text)),
        ("Spoken commands", lambda text: carry_out(text, commands, language) if profile.commands else text),
        ("Numbers and dates", lambda text: formatted(text, rules.numbers, language, context.language)),
        ("Capitals", lambda text: _capitals(text, rules, context, profile, names)),
        ("Snippets' text", lambda text: characters.clean(exact.filled_in(text, rules.snippets))),
        ("Line breaks and tabs", lambda text: characters.without(text, newlines=newlines, tabs=tabs)),
        ("Spaces around", lambda text: spacing.fitted(text, context.before, profile.after)),
    ]


def _capitals(text: str, rules: TextRules, context: Context, profile: Profile, names: frozenset[str]) -> str:
    if not profile.capitals:
        return capitals.without_sentence_capitals(text, names)
    before = context.before if rules.capitals_at_cursor else None
    return capitals.at_cursor(text, before, languages.language(context.language))

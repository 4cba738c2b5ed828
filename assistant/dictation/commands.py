"""Spoken punctuation and commands: "comma", "new line", "scratch that".

When a phrase is a command and when it is ordinary speech (the data of a language says which holds for which phrase):

1. Never directly behind a word that makes it a thing spoken of ("a comma", "the new line", "this period", "the word
   comma"), nor before one ("comma separated"). So a command's name can always be typed by saying "the word" before it.
2. Phrases of everyday speech ("period", "colon", "scratch that") count only where the speaker set them apart: where the
   recogniser put punctuation, another command stands, or the text ends.
3. A decimal word between two numbers is part of the number.

The recogniser's own punctuation around a command goes: it heard the pause, and the command says what was meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.dictation.command_writer import Writer
from assistant.dictation.languages import Language
from assistant.dictation.models import Command

_PUNCTUATION = ",.;:!?…。，"
_BEFORE = re.compile(rf"[\s{_PUNCTUATION}]*$")
_BEHIND = re.compile(rf"[{_PUNCTUATION}]*")
_LAST_WORD = re.compile(r"([\w'’]+)[^\S\n]*$")
_NEXT_WORD = re.compile(r"[^\S\n]*([\w'’]+)")


@dataclass(frozen=True)
class Found:
    """A command's phrase at `text[start:end]`."""

    start: int
    end: int
    command: Command
    phrase: str


def carry_out(text: str, commands: Sequence[Command], language: Language) -> str:
    """The text with its spoken commands done."""
    found = list(_active(text, commands, language))
    if not found:
        return text
    writer, position = Writer(language.function_words), 0
    for one in found:
        writer.words(_without_pause(text[position : one.start], one.command))
        position = one.end + _length(_BEHIND, text[one.end :])
        writer.command(one.command, paused=text[one.end : position])
    writer.words(text[position:])
    return writer.text


def _active(text: str, commands: Sequence[Command], language: Language) -> Iterator[Found]:
    """The phrases that count as commands, in order."""
    candidates = list(_phrases(text, commands))
    for index, one in enumerate(candidates):
        others = candidates[:index], candidates[index + 1 :]
        if _is_meant(text, one, language) and _is_set_apart(text, one, *others):
            yield one


def _phrases(text: str, commands: Sequence[Command]) -> Iterator[Found]:
    """Wherever a phrase stands; of those that begin at one place the longest, and of equals the first command's."""
    by_phrase: dict[str, Command] = {}
    for command in commands:
        for phrase in command.say:
            by_phrase.setdefault(_normal(phrase), command)
    if not by_phrase:
        return
    longest_first = sorted(by_phrase, key=len, reverse=True)
    either = "|".join(r"[\s-]+".join(map(re.escape, phrase.split())) for phrase in longest_first)
    for match in re.finditer(rf"(?<![\w'’-])(?:{either})(?![\w'’]|-\w)", text.replace("’", "'"), re.IGNORECASE):
        phrase = _normal(match.group())
        if phrase in by_phrase:  # "ſ" matches "s" without being its small letter
            yield Found(*match.span(), by_phrase[phrase], phrase)


def _normal(phrase: str) -> str:
    return " ".join(phrase.lower().replace("’", "'").replace("-", " ").split())


def _is_meant(text: str, found: Found, language: Language) -> bool:
    """Whether the neighbours let it be a command (rules 1 and 3), and it has a word to act on where it needs one."""
    before, behind = _LAST_WORD.search(text[: found.start]), _NEXT_WORD.match(text[found.end :])
    last, following = before.group(1).casefold() if before else "", behind.group(1).casefold() if behind else ""
    command = found.command
    if last in language.not_after or last in command.not_after:
        return False
    if following in language.not_before or following in command.not_before:
        return False
    if found.phrase in language.decimal_words and last[-1:].isdigit() and following[:1].isdigit():
        return False
    return command.does not in ("capital", "upper") or bool(following)


def _is_set_apart(text: str, found: Found, before: Sequence[Found], behind: Sequence[Found]) -> bool:
    """Rule 2."""
    apart = found.command.set_apart
    head, tail = text[: found.start].rstrip(" "), text[found.end :].lstrip(" ")
    is_before = not head or head[-1] in _PUNCTUATION + "\n" or any(f.end == len(head) for f in before)
    is_behind = not tail or tail[0] in _PUNCTUATION + "\n" or any(f.start == len(text) - len(tail) for f in behind)
    return (apart not in ("before", "both") or is_before) and (apart not in ("behind", "both") or is_behind)


def _without_pause(text: str, command: Command) -> str:
    """The words before a command without the recogniser's punctuation at their end.

    Before a line break, and where something is taken back, the end of a sentence stays: only the pause goes.
    """
    if command.does == "type" and "\n" not in command.text and command.attach in ("left", "both"):
        return text[: len(text) - _length(_BEFORE, text)]
    return re.sub(r"[\s,]*$", "", text) if command.does in ("type", "scratch") else text


def _length(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.search(text)
    return len(match.group()) if match else 0

"""Writes words and what commands put between them: spaces, capitals, and what is taken back."""

from __future__ import annotations

import re

from assistant.dictation.models import Command

_SENTENCE_END = ".!?…。"
_WORD = re.compile(r"\w[\w'’-]*")
_LAST_SENTENCE = re.compile(rf"[^{_SENTENCE_END}\n]*[{_SENTENCE_END}\s]*\Z")


class Writer:
    """Takes stretches of words and commands in turn.

    Args:
        function_words: those that lose the capital which the recogniser gave them after a pause.

    Attributes:
        text: what was written so far.
    """

    def __init__(self, function_words: frozenset[str]) -> None:
        self.text = ""
        self._function_words = function_words
        self._tight = True
        self._first = ""
        self._upper = False

    def words(self, text: str) -> None:
        """Appends words as they are, but for their first one's case."""
        text = text.strip(" ")
        if not text:
            return
        text = text.upper() if self._upper else self._first_word(text)
        tight = self._tight or text[0] in ",.;:!?…)]}\n"
        self._append(text, tight)
        self._first, self._tight = "", False

    def command(self, command: Command, *, paused: str) -> None:
        """Does what the command says.

        Args:
            paused: the recogniser's punctuation behind it, which is left out.
        """
        match command.does:
            case "type":
                self._type(command, paused)
            case "scratch":
                self.text = _LAST_SENTENCE.sub("", self.text.rstrip(" "))
                self._tight = not self.text or self.text.endswith("\n")
            case "no space":
                self._tight = True
            case "capital" | "upper":
                self._first = command.does
            case "upper on" | "upper off":
                self._upper = command.does == "upper on"

    def _type(self, command: Command, paused: str) -> None:
        text = command.text[1:] if command.text.startswith(".") and self.text.endswith(("?", "!")) else command.text
        self._append(text, self._tight or command.attach in ("left", "both"))
        self._tight = command.attach in ("right", "both") or command.text.endswith("\n")
        if command.text.endswith((*_SENTENCE_END, "\n\n", ".\n")):
            self._first = "capital"
        elif any(sign in _SENTENCE_END for sign in paused):
            self._first = "lower"

    def _append(self, text: str, tight: bool) -> None:
        if text.startswith(("\n", "\t")):
            self.text = self.text.rstrip(" ")
        self.text += text if tight or not self.text or self.text[-1].isspace() else " " + text

    def _first_word(self, text: str) -> str:
        match = _WORD.search(text)
        if not match or not self._first:
            return text
        word = match.group()
        if self._first == "lower" and (word.casefold() not in self._function_words or word[1:] != word[1:].lower()):
            return text
        changed = {"capital": word[0].upper() + word[1:], "upper": word.upper(), "lower": word.lower()}
        return text[: match.start()] + changed[self._first] + text[match.end() :]

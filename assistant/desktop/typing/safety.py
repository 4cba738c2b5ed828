"""What is never typed, whatever the handler."""

from __future__ import annotations

import unicodedata

from assistant.desktop.typing.models import Target

_ALLOWED = "\t\n"
_MARK = "\ufeff"
_BREAKS = "\t\n\u2028\u2029"


def danger(text: str, target: Target) -> str:
    """Why this text must not go to this target, in one plain sentence; empty when it may.

    Control characters (Unicode's category Cc) press keys in many programs, and escape sequences steer terminals.
    """
    if target.is_password:
        return "A password is asked for there, and Hearsight does not type into password fields."
    if any(unicodedata.category(c) == "Cc" and c not in _ALLOWED for c in text):
        return "The text holds a control character, which programs take for a command."
    if any(unicodedata.category(c) == "Cs" for c in text):
        return "The text holds half a character, which no program can show."
    if text.startswith(_MARK):
        return "The text begins with a byte order mark, which programs leave out."
    if target.kind == "terminal" and any(c in _BREAKS for c in text):
        return "The text holds a line break or a tab, which a terminal takes for a command."
    return ""

"""Everything that can go wrong, as one tree.

    HearsightError                  a person reads it: what happened, what was kept, what to do now
    ├── BadInput                    what the user gave can't be used (missing, empty, truncated, wrong type)
    ├── NothingHeard                the recording holds no speech: nothing is sent
    ├── NoMicrophone                no device, or it can't be opened
    ├── MicrophoneLost              the device went away or stalled in mid-speech; what was heard is kept
    ├── NoScreen                    no way to take a picture of the screen here
    ├── HotkeyTaken                 another program holds the key
    ├── TargetLost                  the window that dictation was meant for is gone: nothing was typed
    ├── FocusMoved                  another window has the focus now: nothing was typed
    ├── InsertRefused               the text can't or must not be typed there (password field, locked screen, …)
    ├── NotRead                     the window didn't take the text in time: it is left in the clipboard
    ├── AlreadyRunning              a second instance, or none to talk to
    ├── StorageError                disk full, read-only profile, database or settings that can't be used
    ├── ModelMissing                a model file isn't on this machine (yet)
    ├── ModelBroken                 a model file is not what its hash says
    ├── DownloadFailed              the network, the server or `--offline` stopped a download
    ├── EngineUnavailable           this engine can't run here; says why and what can
    ├── EngineCrashed               the engine's process ended in mid-work; the turn is kept
    └── EngineOutOfMemory           the engine ran out of memory; the turn is kept

Anything else that escapes is a bug of ours: it reaches a user as one calm sentence, and its traceback only under
`--debug`. *Cancelled* is not an error: see `core.cancel`.
"""

from __future__ import annotations


class HearsightError(Exception):
    """An error meant for a person.

    Args:
        message: what happened, in one plain sentence without content of the user's.
        action: what to do now; empty when nothing can be done.
        kept: what was kept safe, where something was at risk; empty when nothing was.
    """

    def __init__(self, message: str, *, action: str = "", kept: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.action = action
        self.kept = kept

    def __str__(self) -> str:
        return " ".join(part for part in (self.message, self.kept, self.action) if part)

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross from the engine's child process by pickle, which would lose keyword-only arguments.
        return (_rebuild, (type(self), self.message, self.action, self.kept))


def _rebuild(kind: type[HearsightError], message: str, action: str, kept: str) -> HearsightError:
    return kind(message, action=action, kept=kept)


class BadInput(HearsightError):
    """What the user gave can't be used."""


class NothingHeard(HearsightError):
    """The recording holds no speech."""


class NoMicrophone(HearsightError):
    """No input device, or it can't be opened."""


class MicrophoneLost(HearsightError):
    """The input device went away or stalled while recording."""


class NoScreen(HearsightError):
    """No handler can take a picture of the screen on this system."""


class HotkeyTaken(HearsightError):
    """Another program holds the key."""


class TargetLost(HearsightError):
    """The window that dictation was meant for is gone, or there was none."""


class FocusMoved(HearsightError):
    """Another window than the one that dictation was meant for has the focus."""


class InsertRefused(HearsightError):
    """The text can't be typed exactly there, or must not be."""


class NotRead(HearsightError):
    """The window didn't take the text in time; it is left in the clipboard."""


class AlreadyRunning(HearsightError):
    """A second instance was started, or a command found none to talk to."""


class StorageError(HearsightError):
    """The disk, the profile folder, the database or the settings can't be used."""


class ModelMissing(HearsightError):
    """A model file isn't on this machine."""


class ModelBroken(HearsightError):
    """A model file is not what its hash says."""


class DownloadFailed(HearsightError):
    """A download was stopped by the network, the server or `--offline`."""


class EngineUnavailable(HearsightError):
    """The engine can't run on this machine."""


class EngineCrashed(HearsightError):
    """The engine's process ended in mid-work."""


class EngineOutOfMemory(HearsightError):
    """The engine ran out of memory."""

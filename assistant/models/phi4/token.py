"""The user's token for the model hub, kept in the system's keyring. Public models need none."""

from __future__ import annotations

import logging

from assistant.core.errors import StorageError

log = logging.getLogger(__name__)

_SERVICE, _NAME = "hearsight", "huggingface"


def read() -> str | None:
    """The token; None where none is stored or there is no keyring: then the hub's own settings count (`HF_TOKEN`)."""
    try:
        import keyring
        import keyring.errors
    except ImportError:
        return None
    try:
        return keyring.get_password(_SERVICE, _NAME) or None
    except keyring.errors.KeyringError as error:
        log.debug("No keyring: %s", type(error).__name__)
        return None


def store(token: str) -> None:
    """Keeps it, or with "" forgets it.

    Raises:
        StorageError: this system has no keyring, or it is locked.
    """
    try:
        import keyring
        import keyring.errors
    except ImportError as error:
        raise _unusable("what it needs isn't installed") from error
    try:
        if token:
            keyring.set_password(_SERVICE, _NAME, token)
        elif keyring.get_password(_SERVICE, _NAME):
            keyring.delete_password(_SERVICE, _NAME)
    except keyring.errors.KeyringError as error:
        raise _unusable("this system has none, or it is locked") from error


def _unusable(reason: str) -> StorageError:
    return StorageError(
        f"The token can't be kept in the system's keyring: {reason}.",
        action="Set the environment variable HF_TOKEN instead.",
    )

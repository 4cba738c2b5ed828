"""What stands between this machine and the model hub, in plain words."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from assistant.core.errors import DownloadFailed


def require_library() -> None:
    """Raises `DownloadFailed` where huggingface_hub, a part of the extra `phi4`, isn't installed."""
    try:
        import huggingface_hub  # noqa: F401
    except ImportError as error:
        raise DownloadFailed(
            "The model “phi4” can't be fetched: what its engine needs isn't installed.",
            action="Install it with: python3 packaging/run.py --with phi4 models pull phi4",
        ) from error


@contextmanager
def in_words(repository: str, revision: str) -> Iterator[None]:
    """The library's refusals, for people.

    Raises:
        DownloadFailed: instead of whatever the library or the transfer raised.
    """
    from huggingface_hub import errors

    try:
        yield
    except errors.GatedRepoError as error:
        raise _failed("the hub wants an account that accepted the model's conditions.", _TOKEN) from error
    except errors.RevisionNotFoundError as error:
        raise _failed(f"the hub doesn't have the revision {revision[:12]} (any more).", _FOLDER) from error
    except errors.RepositoryNotFoundError as error:
        raise _failed(f"the hub doesn't show {repository}, or not without a token.", _TOKEN) from error
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled) as error:
        raise _failed(_reason(error), _RETRY) from error
    except DownloadFailed as error:
        raise _failed(error.message, error.action or _RETRY) from error
    except _transport_errors() as error:
        raise _failed("the model hub can't be reached.", _RETRY) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        # The library's own HTTP errors and its size check come as OSError too.
        raise _failed("the connection to the model hub broke.", _RETRY) from error


_RETRY = (
    "Check the connection and try again: it goes on where it stopped. Or fetch it from a folder with: "
    "hearsight models pull phi4 --from FOLDER"
)
_TOKEN = "Store a token of the hub with: hearsight models token"
_FOLDER = "Fetch it from a folder with: hearsight models pull phi4 --from FOLDER"


def _transport_errors() -> tuple[type[Exception], ...]:
    """Of our HTTP client and of the library's, which is another one, and changed its name between versions."""
    from huggingface_hub import errors

    bases = [kind for kind in errors.HfHubHTTPError.__mro__ if issubclass(kind, Exception)]
    return (httpx.HTTPError, *(kind for kind in bases if kind.__name__ == "HTTPError"))


def _reason(error: Exception) -> str:
    response = getattr(error, "response", None)
    if response is None:
        return "the model hub can't be reached."
    if response.status_code in (401, 403):
        return f"the hub refused ({response.status_code})."
    return f"the hub answered {response.status_code}."


def _failed(reason: str, action: str) -> DownloadFailed:
    return DownloadFailed(
        f"The model “phi4” couldn't be fetched: {reason}", kept="What was fetched so far is kept.", action=action
    )

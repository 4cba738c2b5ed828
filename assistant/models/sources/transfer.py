"""Downloads over HTTP that survive a bad line: they resume, notice a stall, try again, and stop at once on request.

asyncio serves here because a task that waits for bytes can be cancelled; a thread blocked in a socket cannot.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from assistant.core.cancel import CancelToken
from assistant.core.errors import DownloadFailed
from assistant.models.disk import sha256_of

T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """How patient a download is.

    Attributes:
        connect: seconds until a server counts as out of reach.
        stall: seconds without a byte until a connection counts as dead.
        attempts: tries in a row that bring nothing, before giving up.
        pause: seconds before the second try; doubled for each further one.
        parallel: connections at once.
    """

    connect: float = 8.0
    stall: float = 30.0
    attempts: int = 4
    pause: float = 0.5
    parallel: int = 4

    def timeout(self) -> httpx.Timeout:
        return httpx.Timeout(self.stall, connect=self.connect, pool=None)


@dataclass(frozen=True)
class Transfer:
    """One file to fetch.

    Attributes:
        path: where it lies when it is complete and verified; until then it grows beside it as `<name>.part`.
        size: in bytes; more is never written.
        sha256: of the file.
    """

    url: str
    path: Path
    size: int
    sha256: str

    @property
    def part(self) -> Path:
        return self.path.with_name(self.path.name + ".part")


Advance = Callable[[str, int], None]
"""Called with a file's name and the bytes of it that are on the disk."""


class _Retry(Exception):
    """This try ended early; the next one may do better."""


def run(work: Coroutine[Any, Any, T], cancel: CancelToken) -> T:
    """Runs a coroutine to its end in this thread.

    Raises:
        Cancelled: `cancel` was set meanwhile; open connections are closed.
    """
    return asyncio.run(_until_cancelled(work, cancel))


async def _until_cancelled(work: Coroutine[Any, Any, T], cancel: CancelToken) -> T:
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)

    def stop() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has just ended: nothing is left to stop
            loop.call_soon_threadsafe(task.cancel)

    forget = cancel.on_set(stop)
    try:
        return await task
    except asyncio.CancelledError:
        cancel.check()
        raise
    finally:
        forget()


async def fetch_all(
    client: httpx.AsyncClient, transfers: Sequence[Transfer], limits: Limits, advance: Advance, cancel: CancelToken
) -> None:
    """Fetches files side by side. The first failure stops the others; what they have stays for the next try.

    Raises:
        DownloadFailed: a file can't be had from its server.
        OSError: the disk refused.
    """
    slots = asyncio.Semaphore(limits.parallel)

    async def one(transfer: Transfer) -> None:
        async with slots:
            await fetch(client, transfer, limits, advance, cancel)

    try:
        async with asyncio.TaskGroup() as group:
            for transfer in transfers:
                group.create_task(one(transfer))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None  # the first one says it; the group only wraps it


async def fetch(
    client: httpx.AsyncClient, transfer: Transfer, limits: Limits, advance: Advance, cancel: CancelToken
) -> None:
    """Fetches one file, going on where an earlier try stopped, and checks its hash.

    A wrong hash after a resumed download may come from a stale piece, so that file is fetched once more as a whole.

    Raises:
        DownloadFailed: the server is out of reach, refuses, stalls again and again, or sends something else.
    """
    for resumed in (_size(transfer.part) > 0, False):
        try:
            await _complete(client, transfer, limits, advance)
        except httpx.InvalidURL as error:
            raise DownloadFailed("the address isn't one.") from error
        if sha256_of(transfer.part, cancel) == transfer.sha256:
            transfer.part.replace(transfer.path)
            return
        transfer.part.unlink()
        if not resumed:
            break
    raise DownloadFailed(f"what {host(transfer.url)} sent isn't what its SHA-256 says; it was refused and removed.")


async def _complete(client: httpx.AsyncClient, transfer: Transfer, limits: Limits, advance: Advance) -> None:
    """Appends to the piece until it has its full size. Only tries that bring nothing count against the limit."""
    if _size(transfer.part) > transfer.size:
        transfer.part.unlink()
    advance(transfer.path.name, _size(transfer.part))
    fruitless = 0
    while (before := _size(transfer.part)) < transfer.size:
        try:
            await _append(client, transfer, before, advance)
        except (httpx.RequestError, _Retry) as error:
            fruitless = 0 if _size(transfer.part) > before else fruitless + 1
            if fruitless >= limits.attempts:
                raise unreachable(transfer.url, error, limits) from error
            await asyncio.sleep(limits.pause * 2 ** max(0, fruitless - 1))


async def _append(client: httpx.AsyncClient, transfer: Transfer, start: int, advance: Advance) -> None:
    """One request for what is missing; a server without ranges makes it start again."""
    headers = {"Range": f"bytes={start}-", "Accept-Encoding": "identity"} if start else {"Accept-Encoding": "identity"}
    async with client.stream("GET", transfer.url, headers=headers) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            transfer.part.unlink()
            raise _Retry("the server doesn't have the rest of the file")
        require_success(response)
        goes_on = response.status_code == httpx.codes.PARTIAL_CONTENT
        if goes_on and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            raise _Retry("the server answered with another range")
        await _write(response, transfer, start if goes_on else 0, advance)


async def _write(response: httpx.Response, transfer: Transfer, done: int, advance: Advance) -> None:
    with transfer.part.open("ab" if done else "wb") as file:
        transfer.part.chmod(0o600)
        async for chunk in response.aiter_bytes():
            done += len(chunk)
            if done > transfer.size:
                raise DownloadFailed(f"{host(transfer.url)} sends more than the {transfer.size} bytes expected.")
            file.write(chunk)
            advance(transfer.path.name, done)
    if done < transfer.size:
        raise _Retry("the server ended the file early")


def require_success(response: httpx.Response) -> None:
    """Sorts a refusal into "may pass" and "will stay".

    Raises:
        _Retry: the server is overloaded or in trouble.
        DownloadFailed: it refuses.
    """
    if response.is_success:
        return
    reason = f"{host(str(response.url))} answered {response.status_code} {response.reason_phrase}."
    if response.status_code in (408, 425, 429) or response.is_server_error:
        raise _Retry(reason)
    raise DownloadFailed(reason)


async def get(client: httpx.AsyncClient, url: str, headers: dict[str, str], limits: Limits) -> httpx.Response:
    """A small page, with the same patience as a download.

    Raises:
        DownloadFailed: it can't be had.
    """
    for attempt in range(1, limits.attempts + 1):
        try:
            response = await client.get(url, headers=headers)
            require_success(response)
            return response
        except httpx.InvalidURL as error:
            raise DownloadFailed("the address isn't one.") from error
        except (httpx.RequestError, _Retry) as error:
            out_of_reach = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            if attempt == limits.attempts or (out_of_reach and attempt >= 2):
                raise unreachable(url, error, limits) from error
            await asyncio.sleep(limits.pause * 2 ** (attempt - 1))
    raise AssertionError("the loop returns or raises")


def unreachable(url: str, error: Exception, limits: Limits) -> DownloadFailed:
    """Why a server gave nothing, in plain words. Never holds the address's user name and password."""
    if _caused_by(error, ssl.SSLCertVerificationError):
        return DownloadFailed(f"the certificate of {host(url)} isn't one that this system trusts.")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        return DownloadFailed(f"{host(url)} can't be reached.")
    if isinstance(error, httpx.TimeoutException):
        return DownloadFailed(f"{host(url)} sent nothing for {limits.stall:g} seconds, again and again.")
    return DownloadFailed(f"the connection to {host(url)} broke again and again ({type(error).__name__}).")


def _caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error is not None


def host(url: str) -> str:
    return urlsplit(url).hostname or url


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0

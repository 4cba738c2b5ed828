"""One HTTP client: proxies from the environment, the system's certificates, clear about who asks."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

from assistant import __version__
from assistant.core.errors import DownloadFailed
from assistant.models.sources.pip_settings import PipSettings
from assistant.models.sources.transfer import Limits


def client(limits: Limits, pip: PipSettings | None = None) -> httpx.AsyncClient:
    """A client for downloads.

    Args:
        pip: pip's own proxy, certificates and trusted hosts, for its indexes.

    Raises:
        DownloadFailed: pip's certificates can't be read, or a proxy's address isn't one.
    """
    pip = pip or PipSettings(())
    try:
        return httpx.AsyncClient(
            timeout=limits.timeout(),
            follow_redirects=True,
            verify=_trust(pip.certificates),
            proxy=_proxy(pip.proxy),
            # As pip does: for hosts that the user named, the certificate isn't asked for. The hash decides anyway.
            mounts={f"https://{host}": httpx.AsyncHTTPTransport(verify=False) for host in pip.trusted_hosts},
            headers={"User-Agent": f"hearsight/{__version__}"},
        )
    except (ValueError, httpx.InvalidURL) as error:
        raise DownloadFailed("the proxy that is set isn't an address that can be used.") from error


def _proxy(address: str) -> str | None:
    """pip takes `host:port` for a proxy too."""
    if not address:
        return None
    return address if "://" in address else f"http://{address}"


def _trust(extra: str) -> ssl.SSLContext:
    """The list that comes with the library (or `SSL_CERT_FILE`), the system's own authorities, and pip's `cert`."""
    context = httpx.create_ssl_context()
    context.load_default_certs()
    if extra:
        is_folder = Path(extra).is_dir()
        try:
            context.load_verify_locations(capath=extra) if is_folder else context.load_verify_locations(cafile=extra)
        except OSError as error:  # ssl.SSLError is one too
            raise DownloadFailed(f"pip's certificate file {extra} can't be read.") from error
    return context

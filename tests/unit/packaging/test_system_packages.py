"""Finding out what the system lacks, and saying so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from types import ModuleType

import pytest

Load = Callable[[str], ModuleType]

needs_dpkg = pytest.mark.skipif(not shutil.which("dpkg-query"), reason="dpkg is Debian's")


@needs_dpkg
def test_the_database_tells_missing_from_installed(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = load("system_packages")
    monkeypatch.setattr(packages, "manager", lambda: "apt")
    monkeypatch.setattr(packages, "RUN_TIME", {"apt": ("dpkg no-such-package-as-this libc-bin",)})
    found = packages.missing(tests=False, for_python=("no-such-venv",))
    assert found.packages == ("no-such-package-as-this", "no-such-venv")
    monkeypatch.setattr(packages, "RUN_TIME", {"apt": ("dpkg", "libc-bin")})
    assert packages.missing(tests=False) is None


def test_renamed_packages_count(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian 13 and Ubuntu 24.04 call it libglib2.0-0t64."""
    packages = load("system_packages")
    answer = "libglib2.0-0t64 installed\nlibegl1 config-files\n"
    monkeypatch.setattr(packages, "manager", lambda: "apt")
    monkeypatch.setattr(packages, "_QUERIES", {"apt": ("printf", answer)})
    monkeypatch.setattr(packages, "RUN_TIME", {"apt": ("libglib2.0-0 libegl1",)})
    assert packages.missing(tests=False).packages == ("libegl1",)


def test_the_tests_need_more_than_the_app(load: Load) -> None:
    packages = load("system_packages")
    app, tests = packages.wanted("apt", tests=False), packages.wanted("apt", tests=True)
    assert "libportaudio2" in app
    assert set(app) < set(tests)
    assert {"xvfb", "openbox", "pulseaudio", "espeak-ng"} <= set(tests) - set(app)
    assert len(set(tests)) == len(tests), "each once"


@pytest.mark.parametrize("name", ["apt", "dnf", "pacman", "zypper", "brew"])
def test_each_manager_has_a_line(load: Load, name: str) -> None:
    packages = load("system_packages")
    line = packages.Missing(name, ("portaudio",)).line()
    assert line.endswith(" portaudio")
    assert "install" in line or "-S" in line


def test_without_rights_the_line_is_printed(
    load: Load, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    packages = load("system_packages")
    monkeypatch.setattr(packages, "_is_root", lambda: False)
    monkeypatch.setattr(packages.shutil, "which", lambda _: None)
    assert not packages.install(packages.Missing("apt", ("libportaudio2",)))
    said = capsys.readouterr().err
    assert "System packages missing: libportaudio2" in said
    assert "sudo apt-get update && sudo apt-get install -y --no-install-recommends libportaudio2" in said


def test_a_failed_installation_is_said(
    load: Load, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    packages = load("system_packages")
    monkeypatch.setattr(packages, "_privilege", lambda _: [])
    monkeypatch.setattr(packages, "_INSTALLS", {"brew": ("false",)})
    assert not packages.install(packages.Missing("brew", ("portaudio",)))
    assert "That didn't work" in capfd.readouterr().err

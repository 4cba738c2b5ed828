"""What `run.py` makes of its arguments, and that the second time is quick."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from tests.unit.packaging.conftest import SCRIPTS

Load = Callable[[str], ModuleType]


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        ("", True),
        ("--engine light", True),
        ("ask what is this", True),
        ("ask --image history what is this", True),
        ("transcribe a.wav", True),
        ("demo", True),
        ("bench turn", True),
        ("bench history --json", False),
        ("ask --engine fake hello", False),
        ("ask --engine=fake hello", False),
        ("--help", False),
        ("ask --help", False),
        ("--version", False),
        ("models list", False),
        ("models pull", False),
        ("history search demo", False),
        ("doctor", False),
        ("trigger ask", False),
        ("--offline demo", False),
    ],
)
def test_which_arguments_need_models(load: Load, words: str, needed: bool) -> None:
    assert load("run").needs_models(words.split()) is needed


@pytest.mark.parametrize(
    ("words", "extras", "rest"),
    [
        (["--with", "phi4", "ask", "--with", "x"], ["phi4"], ["ask", "--with", "x"]),
        (["--with=phi4", "--with", "flash"], ["phi4", "flash"], []),
        (["ask", "hello"], [], ["ask", "hello"]),
        ([], [], []),
    ],
)
def test_extras_come_first_and_the_rest_is_hearsights(
    load: Load, words: list[str], extras: list[str], rest: list[str]
) -> None:
    assert load("run").split_extras(words) == (extras, rest)


@pytest.mark.parametrize("words", [["--with"], ["--with", "everything"], ["--with="]])
def test_an_unknown_extra_is_refused(words: list[str]) -> None:
    done = subprocess.run([sys.executable, SCRIPTS / "run.py", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("run.py: --with wants one of light, phi4")


@pytest.fixture
def started(load: Load, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Runs `main` up to where it would become Hearsight; notes its arguments."""
    run = load("run")
    noted: list[list[str]] = []
    monkeypatch.setattr(run, "prepare", lambda *_, **__: None)
    monkeypatch.setattr(run, "pull_models", lambda *_: True)
    monkeypatch.setattr(run, "hand_over", lambda words: noted.append(words) or 0)
    return noted


def test_without_a_display_the_demo_runs(
    load: Load, started: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = load("run")
    monkeypatch.setattr(run.sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert run.main([]) == 0
    assert "no display" in capsys.readouterr().err
    run.main(["--engine", "fake"])
    monkeypatch.setenv("DISPLAY", ":7")
    run.main([])
    assert started == [["demo"], ["--engine", "fake"], []]


def test_without_models_the_window_opens_but_the_demo_does_not(
    load: Load, started: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = load("run")
    monkeypatch.setenv("DISPLAY", ":7")
    monkeypatch.setattr(run, "pull_models", lambda *_: False)
    assert run.main([]) == 0
    assert run.main(["demo"]) == 1
    assert started == [[]]


def test_an_installed_checkout_is_left_alone(load: Load) -> None:
    environment, packages = load("environment"), load("system_packages")
    stamp = environment._read_stamp()
    if stamp != {**environment._fingerprint(), "extras": stamp.get("extras")} or packages.missing(tests=False):
        pytest.skip("this checkout wasn't installed with packaging/run.py or packaging/test.py, or has changed since")
    before = environment._STAMP.stat().st_mtime_ns
    done = subprocess.run(
        [sys.executable, SCRIPTS / "run.py", "models", "list", "--json"], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["models"], "nothing but Hearsight's own output reaches stdout"
    assert environment._STAMP.stat().st_mtime_ns == before
    assert "Installing" not in done.stderr

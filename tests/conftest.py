"""For every test: a fresh profile, and the shared model folder. Never the user's own files."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest_plugins = ["tests.helpers.display", "tests.helpers.golden", "tests.helpers.kwin", "tests.helpers.sound"]

# Windows of the test process itself never show up on a display; programs that a test starts get one of their own.
os.environ["QT_QPA_PLATFORM"] = "offscreen"

_MODELS = os.environ.get("HEARSIGHT_MODELS", "")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What a test with windows left is collected here: Python's collector may run in any thread, Qt's objects end
    with a warning or a crash in any but their own."""
    if "qtbot" in getattr(item, "fixturenames", ()):
        gc.collect()


@pytest.fixture(autouse=True)
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A profile of its own for each test; model files come from the shared folder, which tests never change."""
    from assistant.settings.paths import Paths

    models = _MODELS or str(Paths.of_user().models)
    monkeypatch.setenv("HEARSIGHT_MODELS", models)
    monkeypatch.setenv("HEARSIGHT_HOME", str(tmp_path / "profile"))
    yield tmp_path / "profile"


@pytest.fixture
def models() -> Path:
    """The folder of verified model files."""
    from assistant.settings.paths import Paths

    return Paths.of_user().models

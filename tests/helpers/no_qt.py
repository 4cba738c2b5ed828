"""A pytest plugin (`-p tests.helpers.no_qt`) that makes Qt look uninstalled: core and flows must not need it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

_QT = ("PySide6", "shiboken6", "pytestqt")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Takes the settings of the plugin that isn't there, which pytest would not know."""
    for name in ("qt_api", "qt_log_level_fail", "qt_log_ignore"):
        parser.addini(name, "of pytest-qt; without meaning here", type="linelist")


class _NoQt(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname.partition(".")[0] in _QT:
            raise ModuleNotFoundError(f"No module named {fullname!r} (Qt is blocked in this run)", name=fullname)
        return None


sys.meta_path.insert(0, _NoQt())

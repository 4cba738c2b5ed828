"""Connections to the X server from several threads, and the one place that makes them."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import assistant

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11's library is installed on Linux only")

_SOURCES = Path(assistant.__file__).parent
_MODULES = sorted(_SOURCES.rglob("*.py"))


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("xcffib.")}
    return found


def test_every_extension_is_imported_where_connections_are_made() -> None:
    used = set().union(*(_imported(path) for path in _MODULES))
    extensions = {name for name in used if _adds_an_extension(name)}
    assert {"xcffib.randr", "xcffib.xkb", "xcffib.xtest"} <= extensions
    assert extensions <= _imported(_SOURCES / "core" / "x11.py")


def _adds_an_extension(name: str) -> bool:
    return "_add_ext(" in inspect.getsource(importlib.import_module(name))


def test_nothing_else_connects() -> None:
    calls = [path for path in _MODULES if "xcffib.connect(" in path.read_text(encoding="utf-8")]
    assert calls == [_SOURCES / "core" / "x11.py"]


def test_an_import_during_a_connection_still_breaks_xcffib() -> None:
    """The reason for the workaround: once this fails, `core/x11.py` may go."""
    program = """
import xcffib, xcffib.xproto, xcffib.randr
real = xcffib.lib.xcb_get_extension_data
class Lib:
    def __getattr__(self, name): return getattr(real_lib, name)
    def xcb_get_extension_data(self, *a):
        import xcffib.xkb
        class Reply: first_event = first_error = major_opcode = 0
        return Reply
real_lib, xcffib.lib = xcffib.lib, Lib()
connection = xcffib.Connection.__new__(xcffib.Connection)
connection._conn = None
connection._event_offsets = connection._error_offsets = xcffib.OffsetMap({})
connection._setup_extensions()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "dictionary changed size during iteration" in done.stderr

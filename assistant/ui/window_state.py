"""Where the window stood: kept between runs, in the user's state folder."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow, QSplitter

from assistant.core.errors import HearsightError
from assistant.core.files import write_atomic

log = logging.getLogger(__name__)


def restore_place(path: Path, window: QMainWindow) -> bool:
    """Puts the window where it was; False where nothing usable is kept."""
    return window.restoreGeometry(_kept(path, "geometry"))


def restore_panes(path: Path, splitter: QSplitter) -> bool:
    return splitter.restoreState(_kept(path, "splitter"))


def _kept(path: Path, key: str) -> QByteArray:
    """A kept value, empty where there is none: Qt refuses that like anything else it can't use."""
    try:
        return QByteArray.fromHex(json.loads(path.read_text(encoding="ascii"))[key].encode())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return QByteArray()


def keep(path: Path, window: QMainWindow, splitter: QSplitter) -> None:
    kept = {
        "geometry": bytes(window.saveGeometry().toHex().data()).decode(),
        "splitter": bytes(splitter.saveState().toHex().data()).decode(),
    }
    try:
        write_atomic(path, json.dumps(kept).encode())
    except (OSError, HearsightError) as error:
        # The window will stand in the middle next time: not worth a word to the user.
        log.info("window state not kept: %s", type(error).__name__)

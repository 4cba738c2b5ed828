"""The window's downloads: `--offline` holds whatever the settings say, and says why nothing came."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from assistant.workers.downloads import Downloads


@pytest.mark.parametrize(("whole_run", "this_start"), [(True, False), (False, True)])
def test_offline_never_touches_the_network(tmp_path: Path, qtbot: QtBot, whole_run: bool, this_start: bool) -> None:
    downloads = Downloads(tmp_path, offline=whole_run)
    assert downloads.missing(("whisper-base",)) == ["whisper-base"]
    with qtbot.waitSignal(downloads.finished, timeout=20_000) as told:
        downloads.start(("whisper-base",), offline=this_start)
    assert "offline" in told.args[0]
    downloads.stop()

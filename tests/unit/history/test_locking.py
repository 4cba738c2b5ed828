"""The lock between processes that open the history."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from assistant.core.errors import StorageError
from assistant.history.locking import process_lock
from tests.unit.history.conftest import open_in

OPEN = """
import sys
from pathlib import Path
from assistant.history.store import History
folder = Path(sys.argv[1])
history = History(folder / "history.db", folder / "media")
print("opening", flush=True)
history.open()
print("open", flush=True)
history.close()
"""


def test_opening_waits_while_another_process_opens(folder: Path) -> None:
    open_in(folder).close()
    with process_lock(folder / "history.db.lock"):
        process = subprocess.Popen([sys.executable, "-c", OPEN, str(folder)], stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "opening\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
    assert process.communicate(timeout=60) == ("open\n", None)


def test_a_lock_that_is_never_freed_is_an_error(folder: Path) -> None:
    folder.mkdir()
    with (
        process_lock(folder / "lock"),
        pytest.raises(StorageError, match="Another Hearsight"),
        process_lock(folder / "lock", seconds=0.1),
    ):
        pass
    with process_lock(folder / "lock", seconds=0.1):
        pass


def test_a_lock_that_cannot_be_made_says_so(folder: Path) -> None:
    with pytest.raises(StorageError, match="can't be written"), process_lock(folder / "none" / "lock"):
        pass

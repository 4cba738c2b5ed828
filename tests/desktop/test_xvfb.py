"""The X server that benches and tests start themselves."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from assistant.bench.capture import HEIGHT, WIDTH, measure_screen
from assistant.bench.xvfb import XServer
from assistant.core.errors import NoScreen
from assistant.core.geometry import Rect

pytestmark = pytest.mark.desktop


def children() -> set[str]:
    found = psutil.Process().children(recursive=True)
    return {child.name() for child in found if child.is_running() and child.status() != psutil.STATUS_ZOMBIE}


def test_nothing_is_left_behind() -> None:
    before = children()
    with XServer(640, 480) as server:
        assert {"Xvfb", "openbox"} <= children() | before
        number = server.display.removeprefix(":")
        assert Path(f"/tmp/.X11-unix/X{number}").exists()
    assert children() <= before
    assert not Path(f"/tmp/.X11-unix/X{number}").exists()


def test_two_may_run_at_once_with_the_monitors_that_were_asked_for() -> None:
    halves = [Rect(0, 0, 400, 480), Rect(400, 0, 240, 480)]
    with XServer(640, 480, window_manager=False) as one, XServer(640, 480, monitors=halves) as two:
        assert one.display != two.display
        assert "Monitors: 1" in one.run("xrandr", "--listmonitors")
        assert "Monitors: 2" in two.run("xrandr", "--listmonitors")


def test_a_program_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoScreen, match="Xvfb is not installed"), XServer():
        pass


def test_a_server_that_fails_to_start_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "Xvfb"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    before = children()
    with pytest.raises(NoScreen, match="doesn't start"), XServer():
        pass
    assert children() <= before


def test_the_capture_bench_s_screen_part_measures_what_its_goal_names() -> None:
    """That the numbers come, not how good they are: other work shares this machine."""
    report = measure_screen(2)
    assert [(goal.key, goal.op, goal.goal) for goal in report.goals] == [("screen_ratio", "<=", 1.5)]
    assert report.metrics["screen_ratio"] == report.metrics["key_to_frame_ms"] / report.metrics["bare_grab_ms"] > 0
    assert f"{WIDTH}×{HEIGHT}" in report.notes[0]
    assert len(report.rows) == 2

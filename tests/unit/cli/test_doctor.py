"""`hearsight doctor`: says what is, whatever is."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from assistant.cli import checks, checks_desktop, doctor
from assistant.cli.check_rows import Check, Row
from assistant.cli.main import run
from assistant.core.errors import NoMicrophone
from assistant.desktop.typing.models import Availability
from assistant.settings.paths import Paths


def test_all_parts_are_told_as_json(capsys: pytest.CaptureFixture[str], profile: Path) -> None:
    assert run(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    parts = {row["part"]: row for row in report["parts"]}
    assert set(parts) == {check.part for check in checks.CHECKS}
    assert all({"part", "found", "works", "detail", "mend"} <= set(row) for row in report["parts"])
    assert all(row["works"] or row["mend"] for row in report["parts"]), "what doesn't work says how to mend it"
    for part in ("Python", "Qt", "light engine", "disk", "profile folder"):
        assert parts[part]["works"], parts[part]
    assert not profile.exists(), "looking leaves nothing behind"


def test_the_table_names_what_to_mend(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HEARSIGHT_MODELS", str(tmp_path / "none"))
    monkeypatch.setattr(doctor, "CHECKS", tuple(check for check in checks.CHECKS if check.part in ("models", "disk")))
    assert run(["doctor"]) == 0
    shown = capsys.readouterr().out
    assert "!!  models" in shown
    assert "hearsight models pull whisper-base qwen2.5-coder-1.5b" in shown
    assert shown.endswith("Needs mending: models.\n")


def test_a_check_that_fails_is_a_finding() -> None:
    def breaks() -> Row:
        raise RuntimeError("secret words")

    def refuses() -> Row:
        raise NoMicrophone("PortAudio is missing.", action="Install libportaudio2.")

    broken = doctor.guarded(Check("x", breaks, True))
    assert (broken.works, broken.essential) == (False, True)
    assert "secret" not in broken.detail
    refused = doctor.guarded(Check("microphone", refuses))
    assert (refused.detail, refused.mend) == ("PortAudio is missing.", "Install libportaudio2.")


def test_a_broken_history_is_seen_and_left_alone() -> None:
    database = Paths.of_user().database
    database.parent.mkdir(parents=True)
    database.write_bytes(b"not a database" * 100)
    row = checks.history()
    assert not row.works
    assert database.read_bytes() == b"not a database" * 100


def test_a_good_history_is_counted() -> None:
    database = Paths.of_user().database
    database.parent.mkdir(parents=True)
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE conversations(id INTEGER)")
        connection.execute("INSERT INTO conversations VALUES (1)")
    connection.close()
    assert checks.history().detail == "1 conversations"


def test_corrupt_settings_are_told() -> None:
    path = Paths.of_user().settings_file
    path.parent.mkdir(parents=True)
    path.write_text("{")
    row = checks.settings()
    assert not row.works
    assert "kept" in row.detail


def test_a_library_that_does_not_load_says_why() -> None:
    assert "no_such_module" in checks._try("import no_such_module", {})
    assert "ended the process" in checks._try("import os; os.kill(os.getpid(), 4)", {})
    assert checks._try("import json", {}) == ""


def test_summaries() -> None:
    good, lesser = Row("a", True, True, ""), Row("b", False, False, "")
    assert doctor.summary([good]) == "Everything works."
    assert doctor.summary([good, lesser]) == "Everything that Hearsight needs works. Done without: b."
    assert doctor.summary([lesser, Row("c", False, False, "", essential=True)]) == "Needs mending: c."


@pytest.mark.parametrize(
    ("ways", "works", "told"),
    [
        ([Availability("wtype", True), Availability("clipboard only", True)], True, "wtype, clipboard only"),
        (
            [Availability("paste", False, "Install x."), Availability("keys", True)],
            True,
            "keys. Better: paste: Install x.",
        ),
        (
            [Availability("wtype", False, "Install wtype."), Availability("clipboard only", True)],
            False,
            "Install wtype.",
        ),
        ([Availability("SendInput", False, "made for another kind of session")], False, "Log in to a desktop."),
    ],
)
def test_how_text_is_typed_is_told_and_what_is_missing(
    ways: list[Availability], works: bool, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.desktop.typing.main.status", lambda: ways)
    row = checks_desktop.typing()
    assert row.works == works
    assert told in (row.detail if works else row.mend)


def test_a_hud_that_nothing_shows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    row = checks_desktop.hud()
    assert not row.works and "no session bus" in row.mend
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    assert checks_desktop.hud().works

"""The settings file: what is saved comes back, and what can't be used is never lost."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assistant.core.errors import StorageError
from assistant.settings import store as store_module
from assistant.settings.migrations import MIGRATIONS, migrate
from assistant.settings.models import Settings
from assistant.settings.store import SettingsStore


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


def write(file: Path, content: bytes | str | dict[str, Any]) -> None:
    file.parent.mkdir(exist_ok=True)
    text = json.dumps(content) if isinstance(content, dict) else content
    file.write_bytes(text.encode() if isinstance(text, str) else text)


def test_a_first_start_has_the_defaults_and_writes_nothing(file: Path) -> None:
    store = SettingsStore(file)
    assert (store.load(), store.notice) == (Settings(), "")
    assert not file.exists()


def test_what_is_saved_comes_back(file: Path) -> None:
    chosen = Settings().changed("general", "theme", "dark").changed("voice", "device", "Mikrofon 🎤")
    SettingsStore(file).save(chosen)
    store = SettingsStore(file)
    assert (store.load(), store.notice) == (chosen, "")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_only_what_was_chosen_is_written(file: Path) -> None:
    SettingsStore(file).save(Settings().changed("voice", "mode", "toggle"))
    assert json.loads(file.read_text()) == {"schema_version": len(MIGRATIONS), "voice": {"mode": "toggle"}}


def test_choosing_the_default_again_is_written_over_the_choice(file: Path) -> None:
    store = SettingsStore(file)
    store.save(Settings().changed("voice", "mode", "toggle"))
    store.save(store.load().changed("voice", "mode", "hold"))
    assert SettingsStore(file).load() == Settings()


def test_keys_of_a_newer_version_are_kept(file: Path) -> None:
    write(file, {"schema_version": 99, "general": {"font_size": 20, "density": "high"}, "dictation": {"words": ["a"]}})
    store = SettingsStore(file)
    settings = store.load()
    assert (settings.general.font_size, store.notice) == (20, "")
    store.save(settings.changed("general", "theme", "light"))
    assert json.loads(file.read_text()) == {
        "schema_version": 99,
        "general": {"font_size": 20, "density": "high", "theme": "light"},
        "dictation": {"words": ["a"]},
    }


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[1]", b'"x"', b"\x00\xff\xfe", b"\x89PNG", b"[" * 100_000, b" " * 2_000_000, b'{"a":1}}'],
    ids=["empty", "cut", "null", "list", "text", "bytes", "picture", "deep", "large", "tail"],
)
def test_a_file_that_is_no_settings_is_kept_aside(file: Path, content: bytes) -> None:
    write(file, content)
    store = SettingsStore(file)
    assert store.load() == Settings()
    (aside,) = file.parent.iterdir()
    assert aside.name.startswith("settings.json.broken-")
    assert aside.read_bytes() == content
    assert aside.name in store.notice
    store.save(Settings())
    assert SettingsStore(file).load() == Settings()
    assert aside.read_bytes() == content


def test_a_wrong_value_falls_back_alone_and_the_file_is_kept(file: Path) -> None:
    content = {"general": {"theme": "pink", "font_size": 20}, "voice": ["no section"], "engine": {"threads": 10**30}}
    write(file, content)
    store = SettingsStore(file)
    settings = store.load()
    assert settings == Settings().changed("general", "font_size", 20)
    assert [name in store.notice for name in ("general.theme", "voice", "engine.threads")] == [True] * 3
    assert json.loads(file.read_text()) == content
    store.save(settings)
    (kept,) = file.parent.glob("settings.json.before-*")
    assert json.loads(kept.read_text()) == content
    store.save(settings)
    assert len(list(file.parent.glob("settings.json.before-*"))) == 1
    store.load()
    assert store.notice == ""


def test_a_file_written_with_a_byte_order_mark_is_read(file: Path) -> None:
    write(file, b"\xef\xbb\xbf" + b'{"general": {"theme": "dark"}}')
    assert SettingsStore(file).load().general.theme == "dark"


def test_a_linked_file_stays_where_it_is_kept(file: Path, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles.json"
    kept.write_text("{}")
    file.parent.mkdir()
    file.symlink_to(kept)
    SettingsStore(file).save(Settings().changed("general", "theme", "dark"))
    assert file.is_symlink()
    assert "dark" in kept.read_text()


def test_a_file_that_cannot_be_read_says_so(file: Path) -> None:
    file.mkdir(parents=True)
    with pytest.raises(StorageError, match="can't be read"):
        SettingsStore(file).load()


def test_a_crash_while_writing_leaves_the_old_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SettingsStore(file)
    store.save(Settings().changed("general", "theme", "dark"))

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError, match="disk is full"):
        store.save(Settings())
    assert [path.name for path in file.parent.iterdir()] == ["settings.json"]
    assert SettingsStore(file).load().general.theme == "dark"


def test_readers_never_see_half_a_file(file: Path) -> None:
    store = SettingsStore(file)
    choices = [Settings().changed("voice", "device", "x" * n) for n in (1, 300)]
    store.save(choices[0])
    stop = threading.Event()

    def write_on() -> None:
        while not stop.is_set():
            for choice in choices:
                store.save(choice)

    thread = threading.Thread(target=write_on)
    thread.start()
    try:
        for _ in range(200):
            reader = SettingsStore(file)
            assert reader.load() in choices
            assert reader.notice == ""
    finally:
        stop.set()
        thread.join()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from([*Settings.model_fields, "theme", "font_size", "device", "threads", "schema_version", "ask"])
sections = st.dictionaries(names | st.text(max_size=8), values, max_size=6)


@hypothesis_settings(max_examples=200, deadline=None)
@given(content=st.dictionaries(names | st.text(max_size=8), sections | values, max_size=6))
def test_any_json_gives_settings_that_can_be_saved_and_loaded(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any]
) -> None:
    file = tmp_path_factory.mktemp("any") / "settings.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    store = SettingsStore(file)
    loaded = store.load()
    store.save(loaded)
    again = SettingsStore(file)
    assert again.load().model_dump_json() == loaded.model_dump_json()
    assert again.notice == ""


@hypothesis_settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_kept(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.mktemp("bytes") / "settings.json"
    file.write_bytes(content)
    SettingsStore(file).load()
    assert [path.read_bytes() for path in file.parent.iterdir()] == [content]


def test_migrations_run_once_in_order_and_by_version(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def m002_text_size(found: dict[str, Any]) -> dict[str, Any]:
        general = dict(found.get("general", {}))
        if "text_size" in general:
            general["font_size"] = general.pop("text_size")
        return found | {"general": general}

    chain = (*MIGRATIONS, m002_text_size)
    old = {"schema_version": 1, "general": {"text_size": 18}}
    assert migrate(old, chain) == {"schema_version": 2, "general": {"font_size": 18}}
    assert old["general"] == {"text_size": 18}
    assert migrate({"general": {"text_size": 18}}, chain)["general"] == {"font_size": 18}
    assert migrate({"schema_version": 2, "general": {"text_size": 18}}, chain)["general"] == {"text_size": 18}
    monkeypatch.setattr(store_module, "migrate", lambda found: migrate(found, chain))
    write(file, old)
    store = SettingsStore(file)
    store.save(store.load())
    assert json.loads(file.read_text()) == {"schema_version": 2, "general": {"font_size": 18}}


@pytest.mark.parametrize("version", ["1", None, -1, [], {}, 1.5])
def test_a_version_that_is_none_counts_as_none(version: object) -> None:
    assert migrate({"schema_version": version, "a": 1}) == {"schema_version": len(MIGRATIONS), "a": 1}

"""The native copy holds the published bytes under other names, and is made once."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import ModelBroken, ModelMissing
from assistant.models.phi4 import stored
from assistant.models.phi4.conversion import work_folder
from assistant.models.phi4.install import installed, note, prepare
from assistant.models.phi4.keys import lora_parts, native_key
from assistant.models.phi4.pull import pull
from assistant.models.phi4.record import read_record
from assistant.models.progress import Progress
from tests.helpers.golden import Golden
from tests.helpers.phi4_checkpoint import load, rewrite, save, small_config, write_checkpoint

_SPEECH = "adapters/speech/adapter_model.safetensors"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "hub", small_config(), shards=3)


def _adapter_folder(hub: Path, adapter: str, rename: Callable[[str], str]) -> Path:
    """The published adapter folder, made from the shards."""
    found = load(*hub.glob("model-*.safetensors"))
    named = {name: parts for name in found if (parts := lora_parts(name)) and parts[2] == adapter}
    folder = hub / f"{adapter}-lora"
    folder.mkdir(exist_ok=True)
    tensors = {rename(f"{module}.lora_{half}.weight"): found[name] for name, (module, half, _) in named.items()}
    save(folder / "adapter_model.safetensors", tensors)
    (folder / "adapter_config.json").write_text(json.dumps({"r": 5, "lora_alpha": 10}))
    return folder / "adapter_model.safetensors"


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_every_byte_arrives_under_its_native_name(tmp_path: Path, models: Path, shards: int) -> None:
    hub = write_checkpoint(tmp_path / "hub", small_config(), shards)
    native = prepare(hub, models)
    before = load(*hub.glob("model-*.safetensors"))
    base = load(*native.glob("model-*.safetensors"))
    assert base == {native_key(name): data for name, data in before.items() if lora_parts(name) is None}
    for adapter in ("vision", "speech"):
        held = load(native / "adapters" / adapter / "adapter_model.safetensors")
        wanted = {lora_parts(name): data for name, data in before.items() if (lora_parts(name) or " ")[-1] == adapter}
        assert {(*(lora_parts(name) or ())[:2], adapter): data for name, data in held.items()} == wanted
    index = json.loads((native / "model.safetensors.index.json").read_text())["weight_map"]
    assert {name: (native / file).name for name, file in index.items()} == index and index.keys() == base.keys()


def test_a_shard_of_nothing_but_lora(hub: Path, models: Path) -> None:
    """Other sets may deal tensors out in another order."""
    extra = "model-00009-of-00003.safetensors"
    index = json.loads((hub / "model.safetensors.index.json").read_text())
    moved = [name for name in index["weight_map"] if ".lora_" in name]
    everything = load(*hub.glob("model-*.safetensors"))
    for path in hub.glob("model-*.safetensors"):
        rewrite(path, drop=moved)
    save(hub / extra, {name: everything[name] for name in moved})
    index["weight_map"] |= dict.fromkeys(moved, extra)
    (hub / "model.safetensors.index.json").write_text(json.dumps(index))
    native = prepare(hub, models)
    index = json.loads((native / "model.safetensors.index.json").read_text())["weight_map"]
    assert extra not in index.values()
    assert len(load(native / _SPEECH)) == 2 * 4 * 3


def test_what_else_is_in_the_folder(golden: Golden, models: Path) -> None:
    native = prepare(golden.checkpoint, models)
    assert (native / "tokenizer.json").read_bytes() == (golden.checkpoint / "tokenizer.json").read_bytes()
    assert json.loads((native / "generation_config.json").read_text())["eos_token_id"] == [200020, 199999]
    assert json.loads((native / "config.json").read_text())["eos_token_id"] == [200020, 199999]
    assert json.loads((native / "preprocessor_config.json").read_text())["dynamic_hd"] == 36
    assert "auto_map" not in "".join(path.read_text() for path in native.glob("*.json")), "no code is named"
    adapter = json.loads((native / "adapters/speech/adapter_config.json").read_text())
    assert (adapter["r"], adapter["lora_alpha"]) == (10, 20)
    record = read_record(native)
    assert record["adapters"] == {"vision": "same", "speech": "same"}
    assert len(record["files"]) == 4


def test_only_the_user_can_read_it(hub: Path, models: Path) -> None:
    native = prepare(hub, models)
    for path in [native, *native.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_it_is_converted_once(hub: Path, models: Path) -> None:
    stages: list[str] = []
    first = prepare(hub, models, lambda progress: stages.append(progress.stage))
    assert stages[0] == "converting" and stages[-1] == "checking"
    del stages[:]
    assert prepare(hub, models, lambda progress: stages.append(progress.stage)) == first and stages == []


def test_other_weights_of_the_same_sizes_are_another_copy(hub: Path, models: Path, tmp_path: Path) -> None:
    other = write_checkpoint(tmp_path / "other", small_config(), shards=3, seed=2)
    for path in hub.iterdir():
        shutil.copystat(path, other / path.name)
    assert prepare(hub, models) != prepare(other, models)


def test_a_copy_that_lost_a_file_is_made_again(hub: Path, models: Path) -> None:
    native = prepare(hub, models)
    (native / _SPEECH).unlink()
    assert prepare(hub, models) == native and (native / _SPEECH).is_file()


def test_progress_reaches_all_bytes(hub: Path, models: Path) -> None:
    seen: list[Progress] = []
    prepare(hub, models, seen.append)
    converting = [progress for progress in seen if progress.stage == "converting"]
    assert converting[-1].done == converting[-1].total > 0
    assert [p.done for p in converting] == sorted(p.done for p in converting)


def test_cancelled_it_goes_on_where_it_stopped(hub: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cancel = CancelToken()
    names = sorted(path.name for path in hub.glob("model-*"))

    def stop_in_the_second(progress: Progress) -> None:
        work = next(models.glob(".phi4-*.part"))
        if (work / names[1]).exists():
            cancel.set()

    with pytest.raises(Cancelled):
        prepare(hub, models, stop_in_the_second, cancel)
    work = next(models.glob(".phi4-*.part"))
    assert (work / names[0]).exists() and not (work / names[1]).exists(), "no half shard is left"
    first = (work / names[0]).stat().st_mtime_ns
    native = prepare(hub, models)
    assert (native / names[0]).stat().st_mtime_ns == first, "the finished shard was taken over"
    assert not list(models.glob(".phi4-*.part"))
    _same_as_made_at_once(hub, native, models)


def _same_as_made_at_once(hub: Path, native: Path, models: Path) -> None:
    whole = prepare(hub, models.with_name("afresh"))
    assert read_record(whole) == read_record(native)


def test_what_was_begun_of_another_source_is_dropped(hub: Path, models: Path) -> None:
    target = prepare(hub, models)
    shutil.rmtree(target)
    work = work_folder(target)
    work.mkdir()
    (work / "progress.json").write_text(json.dumps({"fingerprint": "other", "done": {"model-00001-of-00003": 1}}))
    (work / "stray").touch()
    assert prepare(hub, models) == target and not (target / "stray").exists()


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: f"base_model.model.model.{name}",
        lambda name: f"model.{name}",
        lambda name: f"model.{name}".replace(".weight", ".speech.weight"),
    ],
)
def test_adapter_folders_in_all_their_forms_are_compared(hub: Path, models: Path, rename: Callable[[str], str]) -> None:
    _adapter_folder(hub, "speech", rename)
    assert read_record(prepare(hub, models))["adapters"] == {"vision": "absent", "speech": "same"}


def test_an_adapter_folder_with_other_numbers_is_refused(hub: Path, models: Path) -> None:
    path = _adapter_folder(hub, "speech", lambda name: f"base_model.model.model.{name}")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelBroken, match="speech adapter in the model's weights isn't the one in its folder"):
        prepare(hub, models)
    assert not list(models.glob("*phi4-*")), "nothing of it stays"


def test_an_adapter_folder_with_unknown_names_is_said(hub: Path, models: Path) -> None:
    _adapter_folder(hub, "vision", lambda name: name.replace(".", "_"))
    assert read_record(prepare(hub, models))["adapters"]["vision"] == "its tensors have unknown names"


def test_a_native_folder_is_taken_as_it_is(hub: Path, models: Path) -> None:
    native = prepare(hub, models)
    elsewhere = models.with_name("elsewhere")
    shutil.copytree(native, elsewhere)
    assert prepare(elsewhere, models.with_name("others")) == elsewhere
    assert not models.with_name("others").exists()


def test_a_native_folder_of_the_hub_keeps_its_weights(hub: Path, models: Path) -> None:
    """There the adapters lie in `speech-lora` and `vision-lora`."""
    for adapter in ("vision", "speech"):
        _adapter_folder(hub, adapter, lambda name: f"model.{name}")
    native = models.with_name("native")
    shutil.copytree(prepare(hub, models), native)
    shutil.rmtree(native / "adapters")
    (native / "hearsight.json").unlink()
    for adapter in ("vision", "speech"):
        shutil.copytree(hub / f"{adapter}-lora", native / f"{adapter}-lora")
    ready = prepare(native, models)
    assert ready.parent == models and prepare(native, models) == ready
    shard = next(native.glob("model-*.safetensors")).name
    assert (ready / shard).samefile(native / shard), "11 GB aren't copied"
    assert load(ready / _SPEECH) == load(prepare(hub, models) / _SPEECH)
    shutil.rmtree(native / "speech-lora")
    with pytest.raises(ModelMissing, match="has no speech adapter"):
        prepare(native, models)


def test_pull_from_a_folder_or_the_one_above(hub: Path, models: Path, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    shutil.copytree(hub, stick / "Phi-4-multimodal-instruct")
    ready = pull(models, folder=stick)
    assert installed(models) == ready and ready.parent == models
    assert stored.stored(models).state == "ready" and str(stick) in stored.stored(models).source
    moved = models.rename(models.with_name("moved"))
    assert installed(moved) == moved / ready.name, "the store can be moved"
    with pytest.raises(ModelMissing, match="no Phi-4-multimodal in"):
        pull(moved, folder=tmp_path)


def test_a_newer_pull_replaces_the_copy(hub: Path, models: Path, tmp_path: Path) -> None:
    first = pull(models, folder=hub)
    second = pull(models, folder=write_checkpoint(tmp_path / "newer", small_config(layers=2), shards=1))
    assert installed(models) == second and not first.exists()


def test_verifying_finds_a_flipped_bit(hub: Path, models: Path) -> None:
    ready = pull(models, folder=hub)
    assert "files are what their SHA-256 says" in stored.verify_files(ready)
    path = ready / _SPEECH
    data = bytearray(path.read_bytes())
    data[-5] ^= 4
    path.write_bytes(data)
    with pytest.raises(ModelBroken, match=r"adapter_model\.safetensors isn't what its SHA-256 says, and was removed"):
        stored.verify_files(ready)
    assert installed(models) is None, "so that the next pull makes it anew"
    assert pull(models, folder=hub) == ready and installed(models) == ready


def test_removing_frees_what_lists_show(hub: Path, models: Path) -> None:
    pull(models, folder=hub)
    size = stored.stored(models).size
    assert stored.remove(models) == size > 300_000
    assert stored.stored(models).state == "missing" and installed(models) is None
    assert hub.exists() and stored.remove(models) == 0


@pytest.mark.parametrize("text", ["", "[]", '{"folder": 1}', '{"folder": "gone", "source": "x"}'])
def test_a_damaged_note_is_no_model(models: Path, text: str) -> None:
    models.mkdir()
    (models / "phi4.json").write_text(text)
    assert installed(models) is None
    note(models, models / "phi4-x", "x")
    assert installed(models) is None


def test_a_record_that_holds_nonsense_is_no_copy(hub: Path, models: Path) -> None:
    native = prepare(hub, models)
    record: dict[str, Any] = read_record(native)
    (native / "hearsight.json").write_text(json.dumps({**record, "format": 0}))
    before = native.stat().st_ino
    assert prepare(hub, models) == native and native.stat().st_ino != before

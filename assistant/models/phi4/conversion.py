"""From the published layout to transformers' native one, on disk: shard by shard, in a few MB of memory.

    model-*.safetensors, model.safetensors.index.json   base weights under native names
    adapters/{vision,speech}/                           LoRA in PEFT's form, from the shards
    config.json, tokenizer files, generation_config.json, preprocessor_config.json, examples/
    hearsight.json                                      where it came from, and every weight file's SHA-256

The folder grows beside its place and is moved there when it is whole, so a converted folder is never half one.
A shard that is finished is noted; after a kill or a full disk the next try goes on with the one after it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from assistant.core.cancel import CancelToken
from assistant.core.errors import ModelBroken
from assistant.models.disk import require_space, sha256_of
from assistant.models.phi4 import adapters, small_files
from assistant.models.phi4.check import INDEX, Checkpoint, check_structure
from assistant.models.phi4.fingerprint import FORMAT, fingerprint
from assistant.models.phi4.keys import adapter_key, lora_parts, native_key
from assistant.models.phi4.layout import ADAPTERS
from assistant.models.phi4.record import Progressed, conversion_errors, write_record
from assistant.models.phi4.shards import Spec, Tensor, Writer, copy_tensor
from assistant.models.progress import Meter, Progress, Report, ignore

NAME = "phi4"


def convert(source: Path, target: Path, report: Report = ignore, cancel: CancelToken | None = None) -> None:
    """Converts the checkpoint in `source`, which is only read, to a new folder `target`.

    Raises:
        ModelMissing, ModelBroken: the source isn't a whole checkpoint of this model.
        StorageError: the disk is full or can't be written; finished shards are kept for the next try.
        Cancelled: `cancel` was set; likewise.
    """
    cancel = cancel or CancelToken()
    checkpoint = check_structure(source)
    work = work_folder(target)
    with conversion_errors(target):
        progressed = Progressed.open(work, fingerprint(source))
        require_space(work, max(0, checkpoint.size - progressed.size))
        conversion = _Conversion(checkpoint, work, progressed, Meter(NAME, "converting", checkpoint.size, report))
        try:
            conversion.write_weights(cancel)
            notes = conversion.compare_adapters(report, cancel)
        except ModelBroken:
            shutil.rmtree(work)
            raise
        small_files.write(checkpoint, work)
        hashes = conversion.hashes(report, cancel)
        write_record(work, {"format": FORMAT, "source": progressed.fingerprint, "adapters": notes, "files": hashes})
        progressed.forget()
        _move(work, target)


def work_folder(target: Path) -> Path:
    """Where a conversion to `target` grows."""
    return target.with_name(f".{target.name}.part")


@dataclass(frozen=True)
class _Conversion:
    """The weights' way into the folder `work`."""

    checkpoint: Checkpoint
    work: Path
    progressed: Progressed
    meter: Meter

    def write_weights(self, cancel: CancelToken) -> None:
        """Base tensors go into a shard of the same name, LoRA tensors to their places in the adapters' files."""
        lora = {adapter: self._adapter_writer(adapter, specs) for adapter, specs in self._adapter_specs().items()}
        try:
            for path, tensors in self.checkpoint.shards.items():
                if path.name not in self.progressed.done:
                    self._write_shard(path, tensors, lora, cancel)
                self.meter.set(path.name, sum(tensor.size for tensor in tensors.values()))
        finally:
            for writer in lora.values():
                writer.close()
        self._write_index()

    def _adapter_specs(self) -> dict[str, dict[str, Spec]]:
        tensors = {name: tensor.spec for shard in self.checkpoint.shards.values() for name, tensor in shard.items()}
        return adapters.specs_of(tensors)

    def adapter_file(self, adapter: str) -> Path:
        return self.work / "adapters" / adapter / adapters.WEIGHTS

    def _adapter_writer(self, adapter: str, specs: dict[str, Spec]) -> Writer:
        path = self.adapter_file(adapter)
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(exist_ok=True, mode=0o700)
        return Writer(path, specs)

    def _write_shard(
        self, path: Path, tensors: Mapping[str, Tensor], lora: Mapping[str, Writer], cancel: CancelToken
    ) -> None:
        target = self.work / path.name
        target.unlink(missing_ok=True)
        try:
            with self._base_writer(target, tensors) as base:
                self._copy_tensors(path, tensors, base, lora, cancel)
                for writer in (base, *lora.values()):
                    writer.sync()
        except BaseException:
            # Half a shard is of no use, and the disk may be full because of it.
            target.unlink(missing_ok=True)
            raise
        self.progressed.add(path.name, sum(tensor.size for tensor in tensors.values()))

    def _base_writer(self, target: Path, tensors: Mapping[str, Tensor]) -> Writer:
        return Writer(target, {native_key(name): t.spec for name, t in tensors.items() if lora_parts(name) is None})

    def _copy_tensors(
        self,
        path: Path,
        tensors: Mapping[str, Tensor],
        base: Writer,
        lora: Mapping[str, Writer],
        cancel: CancelToken,
    ) -> None:
        done = 0
        with path.open("rb") as source:
            for name, tensor in tensors.items():
                copy_tensor(source, tensor, _place(name, base, lora), cancel)
                done += tensor.size
                self.meter.set(path.name, done)

    def _write_index(self) -> None:
        """transformers finds a tensor's shard through it."""
        base = [
            (path.name, tensor)
            for path, tensors in self.checkpoint.shards.items()
            for tensor in tensors.values()
            if lora_parts(tensor.name) is None
        ]
        names = {native_key(tensor.name): file for file, tensor in base}
        size = sum(tensor.size for _, tensor in base)
        small_files.write_json(self.work / INDEX, {"metadata": {"total_size": size}, "weight_map": names})

    def compare_adapters(self, report: Report, cancel: CancelToken) -> dict[str, str]:
        report(Progress(NAME, "checking"))
        folder = self.checkpoint.folder
        return {name: adapters.compare(self.adapter_file(name), folder, name, cancel) for name in ADAPTERS}

    def hashes(self, report: Report, cancel: CancelToken) -> dict[str, dict[str, Any]]:
        """Size and SHA-256 of every weight file, read back from the disk."""
        paths = sorted(self.work.rglob("*.safetensors"))
        meter = Meter(NAME, "checking", sum(path.stat().st_size for path in paths), report)
        found = {}
        for path in paths:
            name = path.relative_to(self.work).as_posix()
            digest = sha256_of(path, cancel, lambda done, name=name: meter.set(name, done))  # type: ignore[misc]
            found[name] = {"size": path.stat().st_size, "sha256": digest}
        return found


def _place(name: str, base: Writer, lora: Mapping[str, Writer]) -> BinaryIO:
    parts = lora_parts(name)
    if parts is None:
        return base.at(native_key(name))
    module, half, adapter = parts
    return lora[adapter].at(adapter_key(module, half))


def _move(work: Path, target: Path) -> None:
    """Puts the whole folder in its place; an older one there was of another format or damaged."""
    if target.exists():
        shutil.rmtree(target)
    work.replace(target)

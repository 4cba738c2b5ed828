"""Loads transformers' own Phi-4-multimodal modules from a native folder: one tensor at a time onto the device, so that
it can be followed and stopped, and so that no second copy of the weights ever exists.

Nothing here runs code from the checkpoint: the modules are transformers', the weights are safetensors.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError, safe_open

from assistant.core.cancel import CancelToken
from assistant.core.errors import EngineUnavailable, ModelBroken, ModelMissing
from assistant.engine.base import Report
from assistant.engine.phi4 import native_patches
from assistant.engine.phi4.adapters import AdapterWeights

Attention = Literal["eager", "sdpa", "flash_attention_2"]
DeviceMap = dict[str, torch.device]
"""Module name to device, the longest name wins; "" is everything else."""

_TOWERS = "model.embed_tokens_extend."
_ADAPTERS = ("vision", "speech")
_REPAIR = "Run 'hearsight models verify phi4', and pull it again if that says so."


@dataclass(frozen=True)
class Native:
    """The loaded model.

    Attributes:
        model: `Phi4MultimodalForCausalLM` in eval mode, patched (`native_patches.py`); its adapters are beside it.
        config: `Phi4MultimodalConfig`.
        adapters: LoRA weights on `device` by name; never merged into `model`.
        device: where the embeddings are, and the whole model unless `placement` says otherwise.
        placement: where each part is, when it is on more than one device.
        has_language_model: False when only the towers were loaded, for a quantised language model beside them.
    """

    model: Any
    config: Any
    adapters: dict[str, AdapterWeights]
    device: torch.device
    dtype: torch.dtype
    folder: Path
    placement: DeviceMap
    has_language_model: bool = True


def load_native(
    folder: Path,
    device: str | torch.device | DeviceMap,
    dtype: torch.dtype,
    *,
    attention: Attention = "sdpa",
    report: Report = lambda _what, _share: None,
    cancel: CancelToken | None = None,
    language_model: bool = True,
) -> Native:
    """Loads a folder that `assistant.models.phi4.install.prepare` made.

    Args:
        device: one device, or a map of parts to devices (see `spread`).
        attention: of the language model; the towers get it too, unless it is flash attention, which they can't use.
        language_model: False loads the towers alone and no adapter, and leaves the rest without memory.

    Raises:
        ModelMissing: the folder has no model.
        ModelBroken: a file can't be read or isn't what the configuration says.
        EngineUnavailable: flash attention was asked for and isn't installed.
        Cancelled: the token was set.
    """
    cancel = cancel or CancelToken()
    config = read_config(folder, attention)
    model = _empty(config)
    placement = device if isinstance(device, dict) else {"": torch.device(device)}
    _fill(model, folder, placement, dtype, report, cancel, language_model)
    adapters = _adapters(folder, placement, dtype) if language_model else {}
    home = place_of("model.embed_tokens_extend", placement)
    return Native(model.eval(), config, adapters, home, dtype, folder, placement, language_model)


def read_config(folder: Path, attention: Attention = "sdpa") -> Any:
    """The folder's `Phi4MultimodalConfig`, ready to build modules with."""
    with _quiet():
        from transformers import Phi4MultimodalConfig
        from transformers.utils.import_utils import is_flash_attn_2_available

    if not (folder / "config.json").is_file():
        raise ModelMissing("There is no Phi-4 model in this folder.", action="Run 'hearsight models pull phi4'.")
    if attention == "flash_attention_2" and not is_flash_attn_2_available():
        raise EngineUnavailable("flash-attn isn't installed.", action="Use the attention 'sdpa'.")
    try:
        with _quiet():
            return native_patches.prepare_config(Phi4MultimodalConfig.from_pretrained(folder), attention)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelBroken("The model's config.json can't be used.", action=_REPAIR) from error


def spread(folder: Path, memory: dict[int | str, int]) -> DeviceMap:
    """Spreads the model over several devices, whole decoder layers each.

    Args:
        memory: bytes each device may hold, by its number or name, in order of preference.

    Raises:
        torch.OutOfMemoryError: it doesn't fit.
    """
    from accelerate import infer_auto_device_map

    model = _empty(read_config(folder))
    whole = [*model._no_split_modules, "Phi4MultimodalFeatureEmbedding"]
    placement = infer_auto_device_map(model, memory, whole, dtype=torch.bfloat16)
    if "disk" in placement.values():
        # Whole layers leave some of each device unused, so that it may not fit although the sum would.
        raise torch.OutOfMemoryError("out of memory: the model doesn't fit on these devices, layer by layer")
    return {
        name: torch.device("cuda", at) if isinstance(at, int) else torch.device(at) for name, at in placement.items()
    }


def place_of(name: str, placement: DeviceMap) -> torch.device:
    """Where a parameter or module goes: the entry with the longest name that contains it."""
    fitting = [part for part in placement if part in ("", name) or name.startswith(part + ".")]
    return placement[max(fitting, key=len)]


def _empty(config: Any) -> Any:
    """The modules with parameters that take no memory; buffers that no file holds (rope frequencies) are real."""
    with _quiet():
        from accelerate import init_empty_weights
        from transformers import Phi4MultimodalForCausalLM

        with init_empty_weights(include_buffers=False):
            model = Phi4MultimodalForCausalLM(config)
    model.tie_weights()
    native_patches.patch(model)
    return model


def _fill(
    model: Any,
    folder: Path,
    placement: DeviceMap,
    dtype: torch.dtype,
    report: Report,
    cancel: CancelToken,
    language_model: bool,
) -> None:
    wanted = {name: tensor.shape for name, tensor in model.state_dict().items() if name != "lm_head.weight"}
    if not language_model:
        wanted = {name: shape for name, shape in wanted.items() if name.startswith(_TOWERS)}
    missing = set(wanted)
    for done, (name, read) in enumerate(_tensors(folder)):
        cancel.check()
        if name not in wanted:
            continue
        tensor = read()
        if tensor.shape != wanted[name]:
            raise ModelBroken(f"The tensor '{name}' of the model has the wrong shape.", action=_REPAIR)
        _put(model, name, tensor.to(place_of(name, placement), dtype))
        missing.discard(name)
        report("Loading the model", min(1.0, done / len(wanted)))
    if missing:
        raise ModelBroken(f"The model's files lack {len(missing)} tensors.", action=_REPAIR)
    model.tie_weights()
    for name, buffer in model.named_buffers():
        if name.startswith("model.rotary_emb"):
            _put(model, name, buffer.to(place_of(name, placement)))


def _put(model: Any, name: str, tensor: torch.Tensor) -> None:
    """Sets a parameter or buffer. (accelerate's own function empties the device's cache after every tensor.)"""
    path, _, leaf = name.rpartition(".")
    module = model.get_submodule(path)
    is_parameter = leaf in dict(module.named_parameters(recurse=False))
    setattr(module, leaf, torch.nn.Parameter(tensor, requires_grad=False) if is_parameter else tensor)


def _tensors(folder: Path) -> Iterator[tuple[str, Callable[[], torch.Tensor]]]:
    """Every tensor's name and how to read it, file by file."""
    files = sorted(folder.glob("model*.safetensors"))
    if not files:
        raise ModelMissing("There are no model weights in this folder.", action="Run 'hearsight models pull phi4'.")
    for path in files:
        try:
            with safe_open(path, framework="pt", device="cpu") as file:
                for name in file.keys():  # noqa: SIM118 - the file handle is no mapping
                    yield name, partial(file.get_tensor, name)
        except (SafetensorError, OSError) as error:
            raise ModelBroken(f"The model file '{path.name}' can't be read.", action=_REPAIR) from error


def _adapters(folder: Path, placement: DeviceMap, dtype: torch.dtype) -> dict[str, AdapterWeights]:
    device = place_of("model.layers.0", placement)
    # WORKAROUND(transformers, 5.17-5.23; no issue known): `load_adapter` says base tensors are missing whose names
    # contain "vision" or "speech", and peft's modules cost three more kernels a linear map. The files are read as
    # they are instead, and compared with what the configuration promises by `models/phi4/check.py`.
    try:
        return {name: AdapterWeights.load(folder / "adapters" / name, device, dtype) for name in _ADAPTERS}
    except (SafetensorError, OSError, KeyError, ValueError, json.JSONDecodeError) as error:
        raise ModelBroken("An adapter of the model can't be read.", action=_REPAIR) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without advice about fields that the author published as they are, and about optional parts that aren't here."""
    loggers = [logging.getLogger(name) for name in ("transformers", "torchao", "torch.utils._pytree")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)

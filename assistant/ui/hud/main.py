"""Chooses the HUD for this session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from assistant.ui.hud.hud import Hud

if TYPE_CHECKING:
    from assistant.workers.controller import Controller


def make_hud(controller: Controller) -> Hud:
    """A window, or a notification where a window would take the focus (Qt on Wayland itself, not on its X server)."""
    if not QGuiApplication.platformName().startswith("wayland"):
        return Hud(controller)
    from assistant.ui.hud.notified import NotifiedHud

    return NotifiedHud(controller)

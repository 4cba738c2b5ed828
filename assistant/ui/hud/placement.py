"""Where the HUD stands, and how its window is made so that it never takes the focus."""

from __future__ import annotations

import sys

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QCursor, QGuiApplication, QPainterPath, QRegion
from PySide6.QtWidgets import QWidget

from assistant.ui.theme import RADIUS

_FROM_BOTTOM = 64
_FLAGS = (
    Qt.WindowType.Tool
    | Qt.WindowType.FramelessWindowHint
    | Qt.WindowType.WindowStaysOnTopHint
    | Qt.WindowType.WindowDoesNotAcceptFocus
    # Without a window manager in between it shows over full-screen programs, and goes at once when it is hidden.
    | Qt.WindowType.X11BypassWindowManagerHint
)


def prepare(window: QWidget) -> None:
    """Makes a top-level widget float: no frame, on top, never active; with clear corners where that works."""
    window.setWindowFlags(_FLAGS)
    window.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    window.setAttribute(Qt.WidgetAttribute.WA_AlwaysShowToolTips)
    window.setAttribute(Qt.WidgetAttribute.WA_MacAlwaysShowToolWindow)
    if can_be_clear():
        window.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)


def cut_corners(window: QWidget) -> None:
    """Where nothing blends windows, what is outside the rounded corners is cut off."""
    if not window.testAttribute(Qt.WidgetAttribute.WA_TranslucentBackground):
        path = QPainterPath()
        path.addRoundedRect(QRectF(window.rect()), RADIUS[2], RADIUS[2])
        window.setMask(QRegion(path.toFillPolygon().toPolygon()))


def can_be_clear() -> bool:
    """Whether windows can be see-through here: always, but on X11 without a compositor."""
    if QGuiApplication.platformName() != "xcb" or sys.platform != "linux":
        return True
    from assistant.core import x11

    connection = x11.connect()
    try:
        name = f"_NET_WM_CM_S{connection.pref_screen}"
        atom = connection.core.InternAtom(False, len(name), name).reply().atom
        return bool(connection.core.GetSelectionOwner(atom).reply().owner)
    finally:
        connection.disconnect()


def bottom_centre(size: QSize) -> QRect:
    """Near the bottom of the screen with the pointer, inside what panels leave free."""
    screen = QGuiApplication.screenAt(QCursor.pos()) or QGuiApplication.primaryScreen()
    free = screen.availableGeometry()
    top_left = QPoint(free.center().x() - size.width() // 2, free.bottom() - _FROM_BOTTOM - size.height())
    return QRect(top_left, size)


def wait_for_server() -> None:
    """Returns when the display server has done all that was asked of it so far.

    On X11, asking for the pointer is a round trip on Qt's own connection, and the server answers in order.
    `QGuiApplication.sync` would do the same but runs the event loop inside, which may begin another turn.
    """
    QCursor.pos()

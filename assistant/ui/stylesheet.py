"""The one stylesheet, made from the tokens."""

from __future__ import annotations

from string import Template

from assistant.ui.theme import META_SIZE, RADIUS, TITLE_SIZE, Tokens

_RULES = Template("""
QWidget { font-size: ${text_size}px; }
QToolTip { background: $surface; color: $text; border: 1px solid $line; padding: 4px 6px; }
QMainWindow, QDialog, #page { background: $surface; }
QSplitter::handle { background: $line; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }

#history { background: $background; }
#statusLine { background: $background; border-top: 1px solid $line; }
#title { font-size: ${title_size}px; font-weight: 600; }
#heading { font-weight: 600; }
#muted, #meta { color: $muted; }
#meta { font-size: ${meta_size}px; }
#error { color: $danger; }
#listening { color: $listening; }

QLineEdit, QComboBox, #number {
    background: $surface; color: $text; border: 1px solid $line; border-radius: ${small}px;
    padding: 4px 8px; min-height: 20px; selection-background-color: $accent; selection-color: $on_accent;
}
QAbstractSpinBox QLineEdit { border: none; padding: 0; min-height: 0; background: transparent; }
QLineEdit:hover, QComboBox:hover, #number:hover { border-color: $muted; }
QLineEdit:focus, QComboBox:focus, #number[active="true"] { border: 2px solid $accent; padding: 3px 7px; }
#number { padding: 0 6px; }
#number[active="true"] { padding: 0 5px; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: none; width: 0; height: 0; }
QComboBox QAbstractItemView {
    background: $surface; border: 1px solid $line; padding: 4px; outline: none;
    selection-background-color: $selected; selection-color: $text;
}

QPushButton {
    background: $surface; color: $text; border: 1px solid $line; border-radius: ${small}px; padding: 5px 12px;
}
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $line; }
QPushButton:disabled { color: $muted; }
QPushButton:focus { border: 2px solid $accent; padding: 4px 11px; }
QPushButton#primary { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton#primary:focus { border: 2px solid $text; }
QPushButton#quiet { background: transparent; border-color: transparent; color: $accent; padding: 5px 8px; }
QPushButton#plain { background: transparent; border-color: transparent; padding: 5px 8px; }
QPushButton#plain:hover { background: $hover; }
QPushButton#plain:focus { border: 2px solid $accent; padding: 4px 7px; }
QPushButton#quiet:hover { background: $hover; }
QPushButton#quiet:focus { border: 2px solid $accent; padding: 4px 7px; }

QToolButton {
    background: transparent; color: $text; border: 2px solid transparent; border-radius: ${small}px; padding: 3px;
}
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $line; }
QToolButton:focus { border-color: $accent; }
QToolButton::menu-indicator { image: none; width: 0; }
QToolButton#send { background: $accent; border-radius: 15px; }
QToolButton#send:disabled { background: $hover; }
QToolButton#send:focus { border-color: $text; }
QToolButton#recording { background: $listening; border-radius: 15px; }
QToolButton#status { border: 2px solid transparent; border-radius: 4px; padding: 0 6px; color: $muted;
    font-size: ${meta_size}px; }
QToolButton#status:hover { color: $text; }
QToolButton#status:focus { border-color: $accent; }
QToolButton#latest { background: $surface; border: 1px solid $line; border-radius: 14px; padding: 5px 12px; }
QToolButton#latest:hover { background: $hover; }
QToolButton#latest:focus { border: 2px solid $accent; padding: 4px 11px; }
QToolButton#pageButton { text-align: left; padding: 6px 10px; }
QToolButton#pageButton:checked { background: $selected; }

#bubble { background: $bubble; border-radius: ${medium}px; }
#card { background: $background; border: 1px solid $line; border-radius: ${medium}px; }
#chip { background: $surface; border: 1px solid $line; border-radius: ${small}px; }
#chip:hover { border-color: $muted; }
#chip:focus { border: 2px solid $accent; }
#key { background: $hover; border: 1px solid $line; border-radius: 4px; padding: 1px 6px; font-size: ${meta_size}px; }
#notice { background: $hover; border: 1px solid $line; border-radius: ${small}px; }
#drop { background: $surface; border: 2px dashed $accent; border-radius: ${medium}px; padding: 24px; }
#composer { background: $surface; border: 1px solid $line; border-radius: ${medium}px; }
#composer[active="true"] { border: 1px solid $accent; }
#line { background: $line; border: none; }
#flash { background: $selected; border-radius: ${medium}px; }

QTextEdit, QPlainTextEdit, QTextBrowser {
    background: transparent; border: none; selection-background-color: $accent; selection-color: $on_accent;
}
QTextEdit#boxed, QPlainTextEdit#boxed {
    background: $surface; border: 1px solid $line; border-radius: ${small}px; padding: 4px;
}
QTextEdit#boxed:focus, QPlainTextEdit#boxed:focus { border: 2px solid $accent; padding: 3px; }

#preview { background: $hover; border-radius: ${small}px; padding: 8px 10px; }
QTableView {
    background: $surface; border: 1px solid $line; border-radius: ${small}px; gridline-color: $line; outline: none;
    selection-background-color: $selected; selection-color: $text;
}
QHeaderView::section { background: $background; color: $muted; border: none; padding: 4px 8px; }
QTableView QLineEdit { border-radius: 0; min-height: 0; padding: 2px 6px; }
QListView::item { border-radius: ${small}px; padding: 4px 8px; }
QListView::item:selected { background: $selected; color: $text; }

QListView { background: transparent; border: none; outline: none; }
QMenu { background: $surface; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 10px; border-radius: 4px; }
QMenu::item:selected { background: $hover; color: $text; }
QMenu::separator { height: 1px; background: $line; margin: 4px 6px; }
QMenu::icon { padding-left: 6px; }

QSlider:focus { border: 2px solid $accent; border-radius: 4px; }

QProgressBar { background: $hover; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }

QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar::handle:vertical { background: $line; border-radius: 3px; min-height: 28px; margin: 2px; }
QScrollBar::handle:vertical:hover { background: $muted; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle:horizontal { background: $line; border-radius: 3px; min-width: 28px; margin: 2px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")


def stylesheet(look: Tokens, text_size: int) -> str:
    """The rules for one theme; meta text and titles keep their distance to a body size that the user changed."""
    small, medium, _ = RADIUS
    sizes = {"text_size": text_size, "meta_size": text_size - 13 + META_SIZE, "title_size": text_size - 13 + TITLE_SIZE}
    return _RULES.substitute(look._asdict(), **sizes, small=small, medium=medium)

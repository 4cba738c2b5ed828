"""The conversation follows the controller and the history."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from assistant.core.media import Clip
from assistant.history.store import History
from assistant.ui.buttons import TextButton
from assistant.ui.conversation.answer import AnswerView
from assistant.ui.conversation.chips import AudioChip, Thumbnail
from assistant.ui.conversation.question import QuestionView
from assistant.ui.conversation.view import ConversationView
from assistant.workers.background import Background
from tests.helpers.scripted_controller import ScriptedController
from tests.helpers.windows import a_clip, a_screen, ask


@pytest.fixture
def view(
    qtbot: QtBot, controller: ScriptedController, history: History, background: Background
) -> Iterator[ConversationView]:
    made = ConversationView(controller, history, background, None)
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show()
    yield made
    made.hide()


def answer_of(view: ConversationView) -> AnswerView:
    last = view.views[-1]
    assert isinstance(last, AnswerView)
    return last


def question_of(view: ConversationView) -> QuestionView:
    found = [each for each in view.views if isinstance(each, QuestionView)]
    return found[-1]


def open_turn(history: History, controller: ScriptedController, question: str) -> tuple[int, int]:
    """What the controller does when a question goes out."""
    conversation = history.new_conversation()
    asked = history.add_message(conversation, "user", question, state="sent")
    answer = history.add_message(conversation, "assistant", state="streaming")
    controller.open_conversation(conversation)
    controller.turn_opened.emit(conversation, asked, answer)
    return asked, answer


def test_a_turn_from_question_to_answer(
    qtbot: QtBot, view: ConversationView, history: History, controller: ScriptedController
) -> None:
    _, answer = open_turn(history, controller, "What is this?")
    assert question_of(view)._text.text() == "What is this?"
    assert answer_of(view).status == "Thinking…"
    controller.stage.emit("reading the screen")
    assert answer_of(view).status == "Reading the screen…"
    controller.delta.emit(answer, "It is **a")
    controller.delta.emit(answer, " test**.")
    assert answer_of(view).status == ""
    history.update(answer, text="It is **a test**.", state="done")
    controller.turn_closed.emit(answer, "done")
    qtbot.waitUntil(lambda: answer_of(view)._markdown.toPlainText() == "It is a test.")


@pytest.mark.parametrize(
    ("state", "error", "words"),
    [
        ("cancelled", "", "Stopped before the end."),
        ("failed", "The engine ran out of memory.", "The engine ran out of memory."),
        ("interrupted", "", "Hearsight was closed before this answer was complete."),
    ],
)
def test_an_answer_that_did_not_end_well_says_so(
    qtbot: QtBot, view: ConversationView, history: History, controller: ScriptedController,
    state: str, error: str, words: str,
) -> None:  # fmt: skip
    _, answer = open_turn(history, controller, "Why?")
    controller.delta.emit(answer, "Because")
    history.update(answer, text="Because", state=state, error=error)
    controller.turn_closed.emit(answer, state)
    shown = answer_of(view)
    assert shown.status == words and shown._again.isVisibleTo(view)
    with qtbot.waitSignal(view.retry_requested) as asked:
        shown._again.click()
    assert asked.args == [answer]


def test_switching_away_and_back_loses_no_word(
    qtbot: QtBot, view: ConversationView, history: History, controller: ScriptedController
) -> None:
    other = ask(history, "Earlier?", "Yes.")
    _, answer = open_turn(history, controller, "Long?")
    mine = controller.conversation
    controller.delta.emit(answer, "one ")
    controller.open_conversation(other)
    controller.delta.emit(answer, "two ")
    controller.open_conversation(mine)
    controller.delta.emit(answer, "three")
    qtbot.waitUntil(lambda: answer_of(view)._markdown.toPlainText() == "one two three")


def test_a_transcript_that_arrives_late_is_shown(
    view: ConversationView, history: History, controller: ScriptedController
) -> None:
    asked, _ = open_turn(history, controller, "")
    assert not question_of(view)._text.isVisibleTo(view)
    history.update(asked, text="What I said")
    controller.message_changed.emit(asked)
    assert question_of(view)._text.isVisibleTo(view) and question_of(view)._text.text() == "What I said"


def test_a_new_answer_takes_the_place_of_the_old_one(
    view: ConversationView, history: History, controller: ScriptedController
) -> None:
    asked, answer = open_turn(history, controller, "Why?")
    history.remove_message(answer)
    fresh = history.add_message(controller.conversation, "assistant", state="streaming")
    controller.turn_opened.emit(controller.conversation, asked, fresh)
    assert [each.message.id for each in view.views] == [asked, fresh]


def test_an_answer_is_replaced_in_its_own_place(
    qtbot: QtBot, view: ConversationView, history: History, controller: ScriptedController
) -> None:
    controller.open_conversation(ask(history, "Why?", "The old answer."))
    asked, answer = (each.message.id for each in view.views)
    history.update(answer, text="", state="streaming")
    controller.turn_opened.emit(controller.conversation, asked, answer)
    assert answer_of(view).text == "" and answer_of(view).status == "Thinking…"
    controller.delta.emit(answer, "The new one.")
    history.update(answer, text="The new one.", state="done")
    controller.turn_closed.emit(answer, "done")
    qtbot.waitUntil(lambda: answer_of(view)._markdown.toPlainText() == "The new one.")


def test_attachments_are_chips(
    qtbot: QtBot, view: ConversationView, history: History, controller: ScriptedController
) -> None:
    asked, _ = open_turn(history, controller, "What is this?")
    history.attach_picture(asked, a_screen(), "screen")
    history.attach_clip(asked, a_clip())
    controller.message_changed.emit(asked)
    thumbnail = question_of(view).findChild(Thumbnail)
    audio = question_of(view).findChild(AudioChip)
    qtbot.waitUntil(lambda: thumbnail.has_picture and audio.clip is not None)
    assert audio.accessibleName() == "Recording of 0:02"
    assert max(audio._wave.heights) > 0.5
    with qtbot.waitSignal(view.picture_opened) as opened:
        thumbnail.click()
    assert opened.args[0].kind == "screen"


def test_a_spoken_question_can_be_corrected(
    qtbot: QtBot, view: ConversationView, history: History, controller: ScriptedController
) -> None:
    asked, _ = open_turn(history, controller, "What is the some?")
    question = question_of(view)
    assert not question._correct.isVisibleTo(view)
    history.attach_clip(asked, a_clip(0.5))
    controller.message_changed.emit(asked)
    question._correct.click()
    editor = question._editor
    assert editor is not None
    editor._text.setPlainText("What is the sum?")
    with qtbot.waitSignal(view.corrected) as corrected:
        qtbot.keyClick(editor._text, Qt.Key.Key_Return)
    assert corrected.args == [asked, "What is the sum?"]


def test_escape_leaves_a_transcript_as_it_was(
    qtbot: QtBot, view: ConversationView, history: History, controller: ScriptedController
) -> None:
    asked, _ = open_turn(history, controller, "Right")
    history.attach_clip(asked, a_clip(0.5))
    controller.message_changed.emit(asked)
    question = question_of(view)
    question._correct.click()
    assert question._editor is not None
    with qtbot.assertNotEmitted(view.corrected):
        qtbot.keyClick(question._editor._text, Qt.Key.Key_Escape)
    assert question._text.isVisibleTo(view) and question._editor is None


def test_a_draft_can_be_asked(
    qtbot: QtBot, view: ConversationView, history: History, controller: ScriptedController
) -> None:
    conversation = history.new_conversation()
    controller.open_conversation(conversation)
    draft = history.add_message(conversation, "user", state="draft")
    controller.draft_kept.emit(conversation, draft)
    row = question_of(view)._draft
    assert row.isVisibleTo(view)
    button = row.findChild(TextButton)
    with qtbot.waitSignal(view.retry_requested) as asked:
        button.click()
    assert asked.args == [draft]


def test_playing_and_stopping(
    qtbot: QtBot, controller: ScriptedController, history: History, background: Background
) -> None:
    played: list[float] = []

    def play(clip: Clip, stop: object) -> None:
        played.append(clip.seconds)
        stop.wait(5)  # type: ignore[attr-defined]

    chip = AudioChip(lambda: a_clip(1.0), background, play)
    qtbot.addWidget(chip)
    qtbot.waitUntil(lambda: chip.clip is not None)
    chip._button.click()
    qtbot.waitUntil(lambda: played == [1.0])
    assert chip._button.accessibleName() == "Stop"
    chip._button.click()
    qtbot.waitUntil(lambda: chip._button.accessibleName() == "Play the recording")


def test_follows_unless_scrolled_up(
    qtbot: QtBot, view: ConversationView, history: History, controller: ScriptedController
) -> None:
    _, answer = open_turn(history, controller, "Tell me")
    area = view.scroll_area
    bar = area.verticalScrollBar()
    controller.delta.emit(answer, "line\n\n" * 60)
    qtbot.waitUntil(lambda: bar.maximum() > 400 and bar.value() == bar.maximum())
    bar.setValue(100)
    assert not area.following and area._latest.isVisibleTo(view)
    controller.delta.emit(answer, "more\n\n" * 20)
    high = bar.maximum()
    qtbot.waitUntil(lambda: bar.maximum() > high)
    assert bar.value() == 100
    area._latest.click()
    assert area.following and bar.value() == bar.maximum()
    controller.delta.emit(answer, "end\n\n" * 20)
    high = bar.maximum()
    qtbot.waitUntil(lambda: bar.maximum() > high and bar.value() == bar.maximum())


def test_long_conversations_open_at_their_end_and_fill_up_on_demand(
    qtbot: QtBot, view: ConversationView, history: History, controller: ScriptedController
) -> None:
    conversation = 0
    for number in range(40):
        conversation = ask(history, f"Question {number}?", f"Answer {number}.", conversation=conversation)
    controller.open_conversation(conversation)
    first = history.messages(conversation)[0].id
    assert 10 <= len(view.views) < 20
    assert answer_of(view).text == "Answer 39."
    view.jump_to(first)
    qtbot.waitUntil(lambda: len(view.views) == 80)
    bar = view.scroll_area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.value() < 100)
    assert not view.scroll_area.following


def test_the_toolbar_is_always_there_for_the_keyboard(
    qtbot: QtBot, view: ConversationView, history: History, controller: ScriptedController
) -> None:
    controller.open_conversation(ask(history, "A?", "B."))
    toolbar = answer_of(view)._toolbar
    copy = toolbar._buttons[0]
    assert copy.isVisibleTo(view) and copy.focusPolicy() == Qt.FocusPolicy.TabFocus
    assert copy.icon().isNull()
    view.activateWindow()
    copy.setFocus()
    qtbot.waitUntil(lambda: not copy.icon().isNull())
    copy.click()
    assert QGuiApplication.clipboard().text() == "B."


def test_text_is_never_markup_in_a_question(
    view: ConversationView, history: History, controller: ScriptedController
) -> None:
    controller.open_conversation(ask(history, "<b>bold?</b>", "No."))
    assert question_of(view)._text.text() == "<b>bold?</b>"
    assert question_of(view)._text.textFormat() == Qt.TextFormat.PlainText

"""Run by the tests as a process of its own: writes to a history and says on stdout what is committed.

Usage: history_writer.py FOLDER stream|open|append [CONVERSATION COUNT]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from assistant.core.errors import HearsightError
from assistant.core.media import Picture
from assistant.history.store import History


def main() -> None:
    folder, action = Path(sys.argv[1]), sys.argv[2]
    history = History(folder / "history.db", folder / "media")
    say("ready")
    sys.stdin.readline()
    try:
        history.open()
        {"stream": stream, "open": lambda _: None, "append": append}[action](history)
        say("notice", history.notice)
        history.close()
    except HearsightError as error:
        say("error", f"{type(error).__name__}: {error}")


def stream(history: History) -> None:
    """Turns with pictures and streamed answers, without end."""
    for turn in range(10**6):
        conversation = history.new_conversation()
        question = history.add_message(conversation, "user", f"question {turn}", state="sent")
        say("question", question)
        pixels = np.full((64, 64, 3), turn % 256, np.uint8)
        say("picture", history.attach_picture(question, Picture(pixels), "screen").path)
        answer = history.add_message(conversation, "assistant", state="streaming")
        for number in range(20):
            history.append(answer, f"w{number} ")
            say("delta", f"{answer} {number}")
        history.update(answer, state="done")
        say("done", answer)


def append(history: History) -> None:
    conversation, count = int(sys.argv[3]), int(sys.argv[4])
    for number in range(count):
        message = history.add_message(conversation, "assistant", state="streaming")
        history.append(message, f"entry {number}")
        history.update(message, state="done")


def say(kind: str, what: object = "") -> None:
    print(kind, what, flush=True)


if __name__ == "__main__":
    main()

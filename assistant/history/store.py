"""The history: conversations, their messages and media, kept across restarts. Plain Python, for any thread.

What it is made of: `database` runs transactions, `opening` handles what a start finds on disk, `schema` has the
tables, and one module for each thing that is kept: `conversations`, `messages`, `media`, `search`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from assistant.core.media import Clip, Picture
from assistant.core.prompt import Turn
from assistant.history import (
    conversations,
    encoding,
    export,
    media,
    messages,
    opening,
    scrubbing,
    search,
    sessions,
)
from assistant.history.database import Database
from assistant.history.dictations import Dictations
from assistant.history.models import Attachment, Conversation, Hit, Message


class History:
    """One profile's history. Several threads and several processes may use it at the same time.

    Every method raises `StorageError` when the disk is full, the profile is read-only or the file is damaged; what
    was saved before is then intact.

    Attributes:
        notice: what the user should know after `open`; "" when all is well.
        dictations: what was dictated, beside the conversations.
    """

    def __init__(self, database: Path, media: Path) -> None:
        """Args:
        database: the SQLite file; made when missing.
        media: the folder of pictures and recordings.
        """
        self.notice = ""
        self._db = Database(database)
        self._media = media
        self._session = 0
        self.dictations = Dictations(self._db, media / "dictations", lambda: self._session, self._empty_log)

    def open(self) -> None:
        """Connects and brings the tables up to date; answers of processes that died become "interrupted".

        A damaged database is renamed to `<name>.broken-<time>` and a fresh one is started with what could still be
        read of it: `notice` says so.

        Raises:
            StorageError: the profile can't be written, or a newer Hearsight wrote the database (it stays as it is).
        """
        if not self._session:
            opened = opening.open_database(self._db)
            self._session, self.notice = opened.session, opened.notice
            if opened.crashed:
                self._db.write(scrubbing.after_crash, self._db.path, self._media)

    def close(self) -> None:
        """Ends this session; an answer that still streams becomes "interrupted". No other thread may be at work."""
        if self._session:
            session, self._session = self._session, 0
            try:
                self._db.write(sessions.end, session)
            finally:
                self._db.close()

    # Conversations

    def conversations(self, limit: int = 50, before: float | None = None) -> list[Conversation]:
        """Pinned first, then the newest. For the next page give the last one's `updated` as `before`."""
        return self._db.read(conversations.page, limit, before)

    def conversation(self, id: int) -> Conversation | None:
        return self._db.read(conversations.get, id)

    def new_conversation(self, title: str = "") -> int:
        """Returns its id. Without a title, the first question will make one."""
        return self._db.write(conversations.add, title)

    def rename(self, id: int, title: str) -> None:
        """An empty title brings back the one made from the first question."""
        self._db.write(conversations.rename, id, title)

    def pin(self, id: int, pinned: bool) -> None:
        self._db.write(conversations.pin, id, pinned)

    def trash(self, id: int) -> None:
        """Hides the conversation from lists and searches; `restore` undoes it."""
        self._db.write(conversations.trash, id)

    def restore(self, id: int) -> None:
        self._db.write(conversations.restore, id)

    def delete(self, id: int) -> None:
        """Removes the conversation, its search rows and the media that nothing else uses, so that no trace of the
        words is left in the files. Takes some seconds with 100,000 messages: not for the GUI thread."""
        self._db.write(conversations.delete, id)
        self._scrub()

    def purge_trash(self, older_than_seconds: float = 0.0) -> None:
        """Deletes what was trashed so long ago, as `delete` does."""
        if self._db.write(conversations.purge, older_than_seconds):
            self._scrub()

    def latest(self) -> tuple[int, float] | None:
        """Id of the conversation with the newest turn, and that turn's time in seconds since the epoch."""
        return self._db.read(conversations.latest)

    # Messages

    def messages(self, conversation_id: int) -> list[Message]:
        """Oldest first, with their attachments."""
        return self._db.read(messages.of_conversation, conversation_id, self._media)

    def message(self, id: int) -> Message | None:
        return self._db.read(messages.get, id, self._media)

    def add_message(
        self,
        conversation_id: int,
        role: str,
        text: str = "",
        *,
        state: str,
        engine: str = "",
        model: str = "",
        screen_text: str = "",
    ) -> int:
        """Adds a message at the end and returns its id; the first question titles the conversation.

        Raises:
            StorageError: the conversation was deleted meanwhile (or see the class).
        """
        return self._db.write(
            messages.add,
            self._session,
            conversation_id,
            role,
            text,
            state=state,
            engine=engine,
            model=model,
            screen_text=screen_text,
        )

    def append(self, message_id: int, delta: str) -> None:
        """Adds to a message's text, in one commit. Does nothing where the message was deleted meanwhile."""
        self._db.write(messages.append, message_id, delta)

    def update(
        self,
        message_id: int,
        *,
        text: str | None = None,
        state: str | None = None,
        engine: str | None = None,
        model: str | None = None,
        screen_text: str | None = None,
        usage: dict[str, Any] | None = None,
        timings: dict[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        """Changes what is given, in one commit. Does nothing where the message was deleted meanwhile."""
        given = {
            "text": text,
            "state": state,
            "engine": engine,
            "model": model,
            "screen_text": screen_text,
            "usage": usage,
            "timings": timings,
            "error": error,
        }
        changes = {name: value for name, value in given.items() if value is not None}
        self._db.write(messages.update, self._session, message_id, changes)

    def remove_message(self, message_id: int) -> None:
        """Removes a message as `delete` removes a conversation: not for the GUI thread."""
        self._db.write(messages.remove, message_id)
        self._scrub()

    def past(self, conversation_id: int, before_message: int | None = None) -> tuple[Message, ...]:
        """Past questions with the answers that the user saw, oldest first; for the prompt."""
        return self._db.read(messages.past, conversation_id, before_message, self._media)

    def turns(self, conversation_id: int, before_message: int | None = None) -> tuple[Turn, ...]:
        """The same as turns of a prompt, without their pictures."""
        past = self.past(conversation_id, before_message)
        return tuple(Turn("user" if each.role == "user" else "assistant", each.text, each.screen_text) for each in past)

    # Media

    def attach_picture(
        self, message_id: int, picture: Picture, kind: str = "image", file: Path | None = None
    ) -> Attachment:
        """Keeps a picture's pixels (lossless PNG), its name and its windows.

        Args:
            kind: "screen" or "image".
            file: where the same pixels lie as PNG already, which saves encoding them again.
        """
        data, meta = file or encoding.png_of(picture), encoding.picture_meta(picture)
        return self._attach(message_id, data, kind, "image/png", picture.name, meta)

    def attach_clip(self, message_id: int, clip: Clip) -> Attachment:
        """Keeps a recording as 16-bit FLAC, 16 kHz mono."""
        data, media_type = encoding.flac_of(clip)
        return self._attach(message_id, data, "audio", media_type, clip.name, {"seconds": clip.seconds})

    def attach_file(self, message_id: int, path: Path, kind: str, media_type: str, name: str) -> Attachment:
        """Keeps a copy of a file."""
        return self._attach(message_id, path, kind, media_type, name, {})

    def drop_recordings(self, message_id: int) -> None:
        """Forgets the sound of a message whose words are in its text."""
        self._db.write(media.detach, message_id, "audio")
        self._scrub()

    def load_picture(self, attachment: Attachment) -> Picture:
        """Raises:
        StorageError: the file is gone or damaged.
        """
        return encoding.picture_from(media.read(attachment), attachment)

    def load_clip(self, attachment: Attachment) -> Clip:
        """Loads what `attach_clip` kept.

        Raises:
            StorageError: the file is gone, damaged, or of another kind.
        """
        return encoding.clip_from(media.read(attachment), attachment)

    # Search and export

    def search(self, words: str, limit: int = 50) -> list[Hit]:
        """Messages that hold all words (each as the beginning of one), the newest first; any input is safe."""
        return self._db.read(search.search, words, limit)

    def export(self, conversation_id: int, format: Literal["markdown", "json"], folder: Path | None = None) -> str:
        """The conversation as one text. With a folder, writes it there too, with copies of its media.

        Raises:
            BadInput: there is no such conversation.
            StorageError: the folder can't be written.
        """
        found = self.conversation(conversation_id)
        return export.export(found, self.messages(conversation_id), format, folder)

    def _attach(
        self, message_id: int, data: bytes | Path, kind: str, media_type: str, name: str, meta: dict[str, Any]
    ) -> Attachment:
        staged = media.stage(self._media, data)
        try:
            return self._db.write(
                media.attach, message_id, self._media, staged, kind=kind, media_type=media_type, name=name, meta=meta
            )
        finally:
            staged[0].unlink(missing_ok=True)

    def _scrub(self) -> None:
        self._db.write(media.collect, self._media)
        scrubbing.forget_words(self._db)
        self._empty_log()

    def _empty_log(self) -> None:
        self._db.alone(scrubbing.empty_log)

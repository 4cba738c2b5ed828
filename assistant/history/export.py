"""A conversation as Markdown, or as JSON with its media beside it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from assistant.core.errors import BadInput, StorageError
from assistant.core.files import storage_error, write_atomic
from assistant.history import media
from assistant.history.models import Attachment, Conversation, Message

Format = Literal["markdown", "json"]
_SUFFIXES = {"markdown": ".md", "json": ".json"}
_SPEAKERS = {"user": "You", "assistant": "Hearsight"}
_UNFINISHED = {
    "draft": "not sent",
    "streaming": "still being written",
    "cancelled": "stopped",
    "failed": "failed",
    "interrupted": "interrupted",
}


def export(
    conversation: Conversation | None, messages: Sequence[Message], format: Format, folder: Path | None = None
) -> str:
    """The whole conversation as a text; with `folder` also written there as `conversation-<id>`, media in `media/`.

    In the text, media are named by their path relative to the folder.

    Raises:
        BadInput: there is no such conversation.
        StorageError: the folder can't be written.
    """
    if conversation is None:
        raise BadInput("There is no such conversation.", action="`hearsight history list` shows them all.")
    missing = _copy_media(messages, folder) if folder is not None else frozenset[str]()
    make = _markdown if format == "markdown" else _json
    text = make(conversation, messages, missing)
    if folder is not None:
        write_atomic(folder / document_name(conversation.id, format), text.encode())
    return text


def document_name(conversation: int, format: Format) -> str:
    return f"conversation-{conversation}{_SUFFIXES[format]}"


def _markdown(conversation: Conversation, messages: Sequence[Message], missing: frozenset[str]) -> str:
    head = f"# {conversation.title or 'Conversation'}\n\n*{_when(conversation.created)}*\n"
    return "\n".join([head, *(_section(message, missing) for message in messages)])


def _section(message: Message, missing: frozenset[str]) -> str:
    note = f" ({_UNFINISHED[message.state]})" if message.state in _UNFINISHED else ""
    lines = [f"## {_SPEAKERS[message.role]}, {_when(message.created)}{note}", ""]
    for attachment in message.attachments:
        mark = "!" if attachment.kind in ("screen", "image") else ""
        label = (attachment.name or attachment.kind).replace("[", "(").replace("]", ")")
        link = f"{mark}[{label}]({_file(attachment)})"
        lines += [f"{label}: the file is gone" if attachment.sha256 in missing else link, ""]
    body = [part for part in (message.text.strip(), f"> {message.error}" if message.error else "") if part]
    return "\n".join([*lines, *(line for part in body for line in (part, ""))])


def _json(conversation: Conversation, messages: Sequence[Message], missing: frozenset[str]) -> str:
    return json.dumps(
        {
            "format": "hearsight-conversation",
            "version": 1,
            "title": conversation.title,
            "created": conversation.created,
            "updated": conversation.updated,
            "messages": [as_json(message, missing) for message in messages],
        },
        indent=2,
        ensure_ascii=False,
    )


def as_json(message: Message, missing: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A message as plain JSON values; attachments name their file relative to the export's folder.

    Args:
        missing: hashes of files that could not be copied there.
    """
    plain = {
        "id": message.id,
        "role": message.role,
        "text": message.text,
        "state": message.state,
        "created": message.created,
        "engine": message.engine,
        "model": message.model,
        "screen_text": message.screen_text,
        "usage": message.usage,
        "timings": message.timings,
        "error": message.error,
    }
    return plain | {"attachments": [_attachment(each, missing) for each in message.attachments]}


def _attachment(attachment: Attachment, missing: frozenset[str]) -> dict[str, Any]:
    return {
        "kind": attachment.kind,
        "name": attachment.name,
        "media_type": attachment.media_type,
        "sha256": attachment.sha256,
        "file": _file(attachment),
        "missing": attachment.sha256 in missing,
        "meta": attachment.meta,
    }


def _copy_media(messages: Sequence[Message], folder: Path) -> frozenset[str]:
    """Copies what is still there: a file that is gone or damaged must not keep the words from being exported.

    Returns:
        The hashes of those that are not.
    """
    try:
        (folder / "media").mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise storage_error(error, folder) from error
    missing = set()
    for attachment in (attachment for message in messages for attachment in message.attachments):
        try:
            data = media.read(attachment)
        except StorageError:
            missing.add(attachment.sha256)
        else:
            write_atomic(folder / _file(attachment), data)
    return frozenset(missing)


def _file(attachment: Attachment) -> str:
    return f"media/{attachment.path.name}"


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))

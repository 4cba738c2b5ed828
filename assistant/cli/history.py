"""`hearsight history`: list, search, show, export and delete conversations, without the window."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.cli import dictation_list
from assistant.cli.terminal import one_line, safe, say
from assistant.core.errors import BadInput
from assistant.history.export import as_json, document_name
from assistant.history.models import HIT_END, HIT_START, Conversation, Hit, Message
from assistant.history.store import History
from assistant.settings.paths import Paths

_EXAMPLES = """examples:
  hearsight history list
  hearsight history search invoice total
  hearsight history show 12
  hearsight history export 12 --format json --output ~/Documents
  hearsight history delete 12
  hearsight history dictations
"""
_SPEAKERS = {"user": "You", "assistant": "Hearsight"}
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog, parser.formatter_class = _EXAMPLES, argparse.RawDescriptionHelpFormatter
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _add_list(actions)
    _add_search(actions)
    _add_show(actions)
    _add_export(actions)
    _add_delete(actions)
    dictation_list.add_to(actions)


def run(args: argparse.Namespace) -> int:
    action: Callable[[History, argparse.Namespace], None] = args.do
    with _history() as history:
        action(history, args)
    return 0


def list_(history: History, args: argparse.Namespace) -> None:
    found = history.conversations(args.limit)
    if args.json:
        say(json.dumps([asdict(conversation) for conversation in found]))
    elif not found:
        say("No conversations yet.", stream=sys.stderr)
    else:
        for conversation in found:
            say(_line(conversation))


def search(history: History, args: argparse.Namespace) -> None:
    hits = history.search(" ".join(args.words), args.limit)
    if args.json:
        say(json.dumps([_hit_as_json(hit) for hit in hits]))
    elif not hits:
        say("Nothing found.", stream=sys.stderr)
    else:
        for hit in hits:
            say(f"{hit.conversation_id:>6}  {_when(hit.created)}  {one_line(hit.title)}")
            say(f"        {_highlighted(hit.snippet)}")


def show(history: History, args: argparse.Namespace) -> None:
    conversation, messages = _existing(history, args.id), history.messages(args.id)
    if args.json:
        say(json.dumps(asdict(conversation) | {"messages": [as_json(message) for message in messages]}))
        return
    say(f"{one_line(conversation.title) or 'Untitled'}  ({_when(conversation.created)})")
    for message in messages:
        say()
        say(_shown(message))


def export(history: History, args: argparse.Namespace) -> None:
    folder = Path(args.output).expanduser() if args.output else None
    text = history.export(_existing(history, args.id).id, args.format, folder)
    if folder is None:
        # To a terminal only what is safe there; a file or a program gets the text as it is.
        say(safe(text) if sys.stdout.isatty() else text)
    else:
        say(f"Written to {safe(str(folder / document_name(args.id, args.format)))}")


def delete(history: History, args: argparse.Namespace) -> None:
    conversation = _existing(history, args.id)
    if not args.yes and not _confirmed(conversation):
        say("Nothing was deleted.")
        return
    history.delete(conversation.id)
    say(f"Deleted conversation {conversation.id} with its recordings and pictures.")


def _add_list(actions: Any) -> None:
    parser = actions.add_parser("list", help="the newest conversations, pinned ones first")
    _add_limit(parser, 50)
    _add_json(parser)
    parser.set_defaults(do=list_)


def _add_search(actions: Any) -> None:
    parser = actions.add_parser("search", help="find messages that hold all the words, the newest first")
    parser.add_argument("words", nargs="+", metavar="WORD", help="words, or beginnings of words")
    _add_limit(parser, 20)
    _add_json(parser)
    parser.set_defaults(do=search)


def _add_show(actions: Any) -> None:
    parser = actions.add_parser("show", help="print one conversation")
    _add_id(parser)
    _add_json(parser)
    parser.set_defaults(do=show)


def _add_export(actions: Any) -> None:
    parser = actions.add_parser("export", help="one conversation as Markdown or JSON")
    _add_id(parser)
    parser.add_argument("--format", choices=("markdown", "json"), default="markdown", help="default: markdown")
    parser.add_argument(
        "--output", metavar="FOLDER", default="", help="write it there, with its media in FOLDER/media (default: print)"
    )
    parser.set_defaults(do=export)


def _add_delete(actions: Any) -> None:
    parser = actions.add_parser("delete", help="remove one conversation and the media that nothing else uses")
    _add_id(parser)
    parser.add_argument("--yes", action="store_true", help="don't ask")
    parser.set_defaults(do=delete)


def _add_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", type=_positive, metavar="ID", help="the number that `list` and `search` print first")


def _add_limit(parser: argparse.ArgumentParser, default: int) -> None:
    parser.add_argument("--limit", type=_positive, default=default, metavar="N", help=f"at most N (default {default})")


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def _positive(text: str) -> int:
    """A number that SQLite can hold."""
    number = int(text)
    if not 0 < number < 2**63:
        raise ValueError
    return number


_positive.__name__ = "number above 0"  # argparse names the type in its message


@contextmanager
def _history() -> Iterator[History]:
    paths = Paths.of_user()
    paths.create()
    history = History(paths.database, paths.media)
    history.open()
    try:
        if history.notice:
            say(f"hearsight: {safe(history.notice)}", stream=sys.stderr)
        yield history
    finally:
        history.close()


def _existing(history: History, conversation: int) -> Conversation:
    found = history.conversation(conversation)
    if found is None:
        raise BadInput(
            f"There is no conversation {conversation}.", action="`hearsight history list` shows those there are."
        )
    return found


def _confirmed(conversation: Conversation) -> bool:
    if not sys.stdin.isatty():
        raise BadInput("Deleting needs a yes, and there is no terminal to ask on.", action="Add --yes.")
    say(f"Delete conversation {conversation.id} ({one_line(conversation.title)})? [y/N] ", end="")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _line(conversation: Conversation) -> str:
    mark = "*" if conversation.pinned else " "
    return f"{conversation.id:>6} {mark} {_when(conversation.updated)}  {one_line(conversation.title) or 'Untitled'}"


def _shown(message: Message) -> str:
    state = "" if message.state in ("sent", "done") else f" [{message.state}]"
    head = f"{_SPEAKERS[message.role]}, {_when(message.created)}{state}"
    files = [f"  ({attachment.kind}: {one_line(str(attachment.path))})" for attachment in message.attachments]
    error = [f"! {safe(message.error)}"] if message.error else []
    return "\n".join([head, *files, safe(message.text.strip()), *error])


def _hit_as_json(hit: Hit) -> dict[str, Any]:
    return asdict(hit) | {"snippet": hit.snippet.replace(HIT_START, "").replace(HIT_END, "")}


def _highlighted(snippet: str) -> str:
    """Matches in bold on a terminal; the marks are made only after the text was made safe."""
    start, end = (_BOLD, _PLAIN) if sys.stdout.isatty() else ("", "")
    parts = one_line(snippet.replace(HIT_START, "\ue000").replace(HIT_END, "\ue001"))
    return parts.replace("\ue000", start).replace("\ue001", end)


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))

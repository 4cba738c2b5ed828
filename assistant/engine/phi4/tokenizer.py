"""Phi-4-multimodal's tokenizer: what the program wrote may hold control tokens, what anyone else wrote never does.

Two ways in. `template` is for the program's own words, in which `<|user|>` and its like become control tokens;
`text` is for everything typed, said, read or answered, in which they stay letters. Placeholders of media are ids that
neither makes from a name.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tokenizers import Tokenizer as Library

from assistant.core.errors import ModelBroken, ModelMissing
from assistant.engine.phi4.request import AUDIO_TOKEN, IMAGE_TOKEN

IMAGE = IMAGE_TOKEN
AUDIO = AUDIO_TOKEN
END_OF_TEXT = 199999
ASSISTANT = 200019
END = 200020
"""Ends a message, and with it the model's answer."""
USER = 200021
SYSTEM = 200022
ENDS = (END, END_OF_TEXT)
"""What ends an answer."""
PLACEHOLDERS = (IMAGE, AUDIO)
"""Never to be generated: nothing stands behind them then."""
FIRST_CONTROL = END_OF_TEXT
"""All ids from here on are control tokens or unused."""

_NAMES = {"<|endoftext|>": END_OF_TEXT, "<|assistant|>": ASSISTANT, "<|end|>": END, "<|user|>": USER}
_NAMES |= {"<|system|>": SYSTEM}


class Tokenizer:
    """The tokenizer of one model folder (its `tokenizer.json`). Used from one thread at a time.

    Raises:
        ModelMissing: the file isn't there.
        ModelBroken: it is damaged, or not this model's.
    """

    def __init__(self, folder: Path) -> None:
        self._library = _load(folder / "tokenizer.json")
        self._check()

    def text(self, untrusted: str) -> list[int]:
        """Ids of any text whatever, all below `FIRST_CONTROL`. Lone surrogates become "�"."""
        self._library.encode_special_tokens = True
        return self._encode(untrusted)

    def template(self, trusted: str) -> list[int]:
        """Ids of the program's own words. Blanks and newlines after a role's token vanish, as in training."""
        self._library.encode_special_tokens = False
        return self._encode(trusted)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids; control tokens have none, and bytes that are no UTF-8 become "�"."""
        return b"".join(self.bytes_of(each) for each in ids).decode("utf-8", "replace")

    def bytes_of(self, token: int) -> bytes:
        """What a token adds to the text: not always whole characters."""
        name = self._library.id_to_token(token) if token < FIRST_CONTROL else None
        return bytes(_byte_of()[letter] for letter in name or "")

    def name_of(self, token: int) -> str:
        """How the tokenizer's file spells a token."""
        return str(self._library.id_to_token(token))

    def _encode(self, text: str) -> list[int]:
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return list(self._library.encode(whole, add_special_tokens=False).ids)

    def _check(self) -> None:
        """Both promises of `text` and `template`, on each control token by its name."""
        control = [name for name, token in self._library.get_vocab().items() if token >= FIRST_CONTROL]
        named = all(self._library.token_to_id(name) == token for name, token in _NAMES.items())
        placed = all(self._library.id_to_token(token) in control for token in PLACEHOLDERS)
        acts = all(self.template(name) == [token] for name, token in _NAMES.items()) if named else False
        quiet = max(self.text(" ".join(control) + "".join(control)), default=0) < FIRST_CONTROL
        if not (placed and acts and quiet):
            raise ModelBroken(
                "The model's tokenizer is not that of Phi-4-multimodal.", action="Fetch or convert the model again."
            )


class Pieces:
    """An answer's text as its tokens come: characters appear once all of their bytes are there."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, token: int) -> str:
        """What this token completes; may be empty."""
        return self._decoder.decode(self._tokenizer.bytes_of(token))

    def end(self) -> str:
        """What is left: "�" where the answer was cut within a character."""
        return self._decoder.decode(b"", final=True)


def _load(path: Path) -> Library:
    if not path.is_file():
        raise ModelMissing("The model's tokenizer is missing.", action="Fetch or convert the model again.")
    try:
        return Library.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise ModelBroken("The model's tokenizer is damaged.", action="Fetch or convert the model again.") from error


@cache
def _byte_of() -> dict[str, int]:
    """Which byte each letter of a byte-level vocabulary stands for: itself where it is printable Latin-1, else one of
    those from 256 on, in order (GPT-2's `bytes_to_unicode`)."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + place): byte for place, byte in enumerate(others)}

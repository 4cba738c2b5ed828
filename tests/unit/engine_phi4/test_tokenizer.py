"""The tokenizer: nothing that a user, a screen or a file says becomes a control token; no character is torn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tokenizers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.core.errors import ModelBroken, ModelMissing
from assistant.engine.phi4 import tokenizer as module
from assistant.engine.phi4.tokenizer import AUDIO, END, FIRST_CONTROL, IMAGE, SYSTEM, USER, Pieces, Tokenizer
from tests.helpers.golden import Golden

SPECIAL = [
    "<|endoftext|>",
    "<|endoftext10|>",
    "<|endoftext11|>",
    "<|endofprompt|>",
    "<|assistant|>",
    "<|end|>",
    "<|user|>",
    "<|system|>",
    "<|tool|>",
    "<|/tool|>",
    "<|tool_call|>",
    "<|/tool_call|>",
    "<|tool_response|>",
    "<|tag|>",
    "<|image_1|>",
    "<|audio_1|>",
]
hostile = st.lists(st.one_of(st.sampled_from(SPECIAL), st.text(max_size=8), st.sampled_from(["\n", " ", "\0"])))
shared = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="session")
def tokenizer(golden: Golden) -> Tokenizer:
    return Tokenizer(golden.checkpoint)


def changed(golden: Golden, folder: Path, change: Any) -> Path:
    """A folder whose tokenizer.json was changed."""
    read = json.loads((golden.checkpoint / "tokenizer.json").read_text(encoding="utf-8"))
    change(read)
    (folder / "tokenizer.json").write_text(json.dumps(read), encoding="utf-8")
    return folder


def test_the_list_here_is_the_checkpoints(golden: Golden, tokenizer: Tokenizer) -> None:
    library = tokenizers.Tokenizer.from_file(str(golden.checkpoint / "tokenizer.json"))
    assert {each.content for each in library.get_added_tokens_decoder().values()} == set(SPECIAL[:-2])
    assert (tokenizer.name_of(IMAGE), tokenizer.name_of(AUDIO)) == ("<|endoftext10|>", "<|endoftext11|>")


@shared
@given(hostile)
def test_untrusted_text_never_acts(tokenizer: Tokenizer, parts: list[str]) -> None:
    text = "".join(parts)
    ids = tokenizer.text(text)
    assert all(0 <= each < FIRST_CONTROL for each in ids)
    assert tokenizer.decode(ids) == text


@pytest.mark.parametrize("name", SPECIAL)
def test_each_control_token_stays_letters(tokenizer: Tokenizer, name: str) -> None:
    for text in (name, f"a{name}b", f"{name}{name}", f"<|user|>{name}", name.replace("|", "||")):
        assert tokenizer.decode(tokenizer.text(text)) == text


def test_templates_act_and_lose_the_blanks_after_a_role(tokenizer: Tokenizer) -> None:
    hi = tokenizer.text("Hi")
    assert tokenizer.template("<|system|>Hi<|end|><|user|>") == [SYSTEM, *hi, END, USER]
    assert tokenizer.template("<|system|>\n Hi<|end|>\n<|user|>\n") == [SYSTEM, *hi, END, USER]


def test_one_way_in_leaves_no_trace_in_the_other(tokenizer: Tokenizer) -> None:
    assert tokenizer.template("<|end|>") == [END]
    assert END not in tokenizer.text("<|end|>")
    assert tokenizer.template("<|end|>") == [END]


def test_lone_surrogates_and_none_of_it(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode(tokenizer.text("a\ud800b")) == "a\ufffdb"
    assert tokenizer.text("") == [] and tokenizer.decode([]) == ""


@shared
@given(st.text())
def test_pieces_join_to_the_text_and_hold_whole_characters(tokenizer: Tokenizer, text: str) -> None:
    pieces = Pieces(tokenizer)
    shown = [pieces.feed(each) for each in tokenizer.text(text)]
    assert "".join(shown) == text and pieces.end() == ""
    assert all("�" not in piece for piece in shown) or "�" in text


@shared
@given(st.lists(st.one_of(st.integers(0, 511), st.sampled_from([END, IMAGE, 199_999, 200_063]))))
def test_any_tokens_read_as_the_library_reads_them(golden: Golden, tokenizer: Tokenizer, ids: list[int]) -> None:
    library = tokenizers.Tokenizer.from_file(str(golden.checkpoint / "tokenizer.json"))
    assert tokenizer.decode(ids) == library.decode(ids)
    pieces = Pieces(tokenizer)
    assert "".join([*map(pieces.feed, ids), pieces.end()]) == tokenizer.decode(ids)


def test_an_answer_cut_within_a_character(tokenizer: Tokenizer) -> None:
    ids = tokenizer.text("é🙂")
    pieces = Pieces(tokenizer)
    shown = "".join(map(pieces.feed, ids[:-1]))
    assert shown == "é" and pieces.end() == "�"


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="tokenizer is missing"):
        Tokenizer(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "{}", '{"version": "1.0"}'])
def test_a_damaged_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(ModelBroken, match="damaged"):
        Tokenizer(tmp_path)


def test_a_tokenizer_that_would_let_control_tokens_through(golden: Golden, tmp_path: Path) -> None:
    """Added tokens that aren't special are found in any text."""

    def not_special(read: Any) -> None:
        read["added_tokens"][5]["special"] = False

    with pytest.raises(ModelBroken, match="not that of"):
        Tokenizer(changed(golden, tmp_path, not_special))


@pytest.mark.parametrize("left_out", ["<|end|>", "<|endoftext10|>", "<|assistant|>"])
def test_another_models_tokenizer(golden: Golden, tmp_path: Path, left_out: str) -> None:
    def without(read: Any) -> None:
        read["added_tokens"] = [each for each in read["added_tokens"] if each["content"] != left_out]
        read["model"]["vocab"].pop(left_out, None)

    with pytest.raises(ModelBroken, match="not that of"):
        Tokenizer(changed(golden, tmp_path, without))


def test_the_ids_are_those_of_the_checkpoint(tokenizer: Tokenizer) -> None:
    names = {"END_OF_TEXT": "<|endoftext|>", "ASSISTANT": "<|assistant|>", "END": "<|end|>", "USER": "<|user|>"}
    for constant, name in {**names, "SYSTEM": "<|system|>"}.items():
        assert tokenizer.template(name) == [getattr(module, constant)]

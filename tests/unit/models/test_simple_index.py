"""Pages of package indexes, and what pip is configured for."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.models.sources import pip_settings
from assistant.models.sources.simple_index import Link, _with_login, parse_html, parse_json


def test_html_anchors_with_and_without_hash() -> None:
    page = """<!DOCTYPE html><html><body>
      <a href="../../files/a%2B1-1.0-py3-none-any.whl#sha256=ABC">a</a>
      <A HREF='https://else.example/b-2.0.tar.gz#md5=1' data-requires-python="&gt;=3.8">b</A>
      <a name="no-address">c</a>"""
    assert list(parse_html(page, "https://index.example/simple/a/")) == [
        Link("a+1-1.0-py3-none-any.whl", "https://index.example/files/a%2B1-1.0-py3-none-any.whl", "ABC"),
        Link("b-2.0.tar.gz", "https://else.example/b-2.0.tar.gz", ""),
    ]


def test_json_files_with_relative_addresses() -> None:
    page = json.dumps({"files": [{"filename": "a.whl", "url": "x/a.whl", "hashes": {"sha256": "1"}}], "name": "a"})
    assert list(parse_json(page, "https://i.example/simple/a/")) == [
        Link("a.whl", "https://i.example/simple/a/x/a.whl", "1")
    ]


@given(st.text(), st.sampled_from(["https://i.example/simple/a/", "file:///srv/a/"]))
def test_any_page_is_read_or_offers_nothing(text: str, base: str) -> None:
    for parse in (parse_html, parse_json):
        assert all(isinstance(link, Link) for link in parse(text, base))


_json = st.recursive(st.none() | st.integers() | st.text(), lambda e: st.lists(e) | st.dictionaries(st.text(), e))


@given(st.fixed_dictionaries({"files": _json}))
def test_any_json_is_read_or_offers_nothing(page: dict[str, object]) -> None:
    assert all(isinstance(link, Link) for link in parse_json(json.dumps(page), "https://i.example/"))


def test_a_login_goes_only_to_the_index_host() -> None:
    index = "https://me:secret@i.example/simple"
    assert _with_login("https://i.example/f.whl", index) == "https://me:secret@i.example/f.whl"
    assert _with_login("https://files.example/f.whl", index) == "https://files.example/f.whl"


def test_variables_win_over_sections_and_sections_over_global() -> None:
    text = "\n".join(
        [
            ":env:.index-url='https://env.example/simple/'",
            "global.cert='/etc/ca.crt'",
            "global.extra-index-url='file:///srv/simple https://two.example/simple'",
            "global.index-url='https://global.example/simple'",
            "install.index-url='https://install.example/simple'",
            "install.trusted-host='two.example'",
            "nonsense",
        ]
    )
    assert pip_settings.parse(text) == pip_settings.PipSettings(
        indexes=("https://env.example/simple", "file:///srv/simple", "https://two.example/simple"),
        certificates="/etc/ca.crt",
        trusted_hosts=("two.example",),
    )


def test_without_configuration_it_is_the_public_index() -> None:
    assert pip_settings.parse("").indexes == ("https://pypi.org/simple",)


def test_no_index_means_none() -> None:
    assert pip_settings.parse(":env:.no-index='1'").indexes == ()


def test_pip_itself_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://company.example/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://more.example/it's/simple")
    settings = pip_settings.read()
    assert settings.indexes == ("https://company.example/simple", "https://more.example/it's/simple")

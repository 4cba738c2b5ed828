"""Blocks of growing text: however it is cut, they are those of the whole."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.ui.markdown.blocks import STEP, Block, BlockStream

SAMPLE = """# Title

One paragraph with **bold** and `code`
that goes on.

3. three
3. four

   still four
3. five
   - nested

> quoted
> more

```python
def f():
    return 1
```

| a | b |
|---|--:|
| 1 | 2 |

---

last *words*
"""

Seen = list[tuple[str, int, str]]


def seen(blocks: list[Block]) -> Seen:
    return [(block.kind, block.number, "".join(token.content for token in block.tokens)) for block in blocks]


def stream(pieces: list[str]) -> Seen:
    """Feeds the pieces one by one and takes every step."""
    blocks: list[Block] = []
    last: Block | None = None
    reader = BlockStream()
    for piece in pieces:
        reader.feed(piece)
        while reader.has_more:
            finished, last = reader.step()
            blocks += finished
    return seen([*blocks, last] if last else blocks)


def test_kinds_and_numbers() -> None:
    found = stream([SAMPLE])
    assert [kind for kind, _, _ in found] == [
        "heading", "paragraph", "item", "item", "item", "blockquote", "fence", "table", "hr", "paragraph",
    ]  # fmt: skip
    assert [number for kind, number, _ in found if kind == "item"] == [3, 4, 5]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=40))
def test_any_cut_gives_the_same_blocks(lengths: list[int]) -> None:
    pieces, at = [], 0
    for length in lengths:
        pieces.append(SAMPLE[at : at + length])
        at += length
    assert stream([*pieces, SAMPLE[at:]]) == stream([SAMPLE])


@settings(max_examples=80, deadline=None)
@given(st.text(st.sampled_from("ab*_`#>-1. |\n\t[]()<&\\~"), max_size=120), st.integers(0, 120))
def test_any_text_at_all_is_taken(text: str, cut: int) -> None:
    assert stream([text[:cut], text[cut:]]) == stream([text])


def test_a_long_text_comes_in_steps() -> None:
    reader = BlockStream()
    reader.feed(SAMPLE * (4 * STEP // len(SAMPLE)))
    reader.step()
    assert reader.has_more


def test_raw_html_stays_text() -> None:
    (kind, _, content), *_ = stream(["<script>alert(1)</script>\n"])
    assert kind == "paragraph" and "<script>" in content


def test_windows_line_ends_are_one() -> None:
    assert stream(["a\r\n\r\nb"]) == stream(["a\n\nb"])

"""The long-rope rule: one set of rope factors for all positions, chosen by how many there are.

The author's code decides at every forward pass: up to `original_max_position_embeddings` positions (4096) in all, the
short factors; one more, and the long factors hold for every position, the earlier ones included. What the cache holds
was turned with the short ones then, so it is dropped and everything is read again, once.

WORKAROUND(transformers#32945, 5.17-5.23): native `generate()` drops the cache at the crossing but still feeds only the
last token, so that every token from there on is predicted from nothing.
"""

from __future__ import annotations

from assistant.engine.phi4.request import Side


def side_of(total: int, switch: int) -> Side:
    """The side for so many positions in all.

    Args:
        switch: the model's `original_max_position_embeddings`.
    """
    return "long" if total > switch else "short"


def tokens_before(length: int, side: Side, switch: int) -> int | None:
    """How many tokens may be sampled before the cache must change sides; None when it never must.

    The first token is sampled before anything is fed; each further one after feeding the one before, which makes the
    cache longer by one.

    Args:
        length: positions in the cache now.
    """
    return None if side == "long" else max(0, switch - length) + 1

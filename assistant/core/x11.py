"""A connection to the X server, safe to make from any thread.

xcffib keeps its extensions in one dictionary: importing `xcffib.<extension>` adds to it, and a connection that is being
made walks through it. A capture worker that imports an extension while the keys' thread connects ends that connection
with "dictionary changed size during iteration". So every extension that Hearsight uses is imported here, and
connections are made here and nowhere else: whoever can connect has waited for all of them.
"""

from __future__ import annotations

from typing import Any

import xcffib

# WORKAROUND(tych0/xcffib, 1.5–1.13): `Connection._setup_extensions` iterates over a dictionary that imports change.
import xcffib.randr
import xcffib.res
import xcffib.xfixes
import xcffib.xkb
import xcffib.xproto
import xcffib.xtest


def connect() -> Any:
    """A new connection to the display that the environment names.

    Raises:
        xcffib.ConnectionException: there is no server, or it doesn't let us in.
    """
    return xcffib.connect()

"""The stage of `bench answers`: real programs in real windows, and the picture that the app would take of them."""

from __future__ import annotations

import pytest

from assistant.bench.answers_set.scenes import load
from assistant.bench.answers_set.stage import Stage

pytestmark = pytest.mark.desktop


def test_three_programs_stand_where_they_should() -> None:
    scene = next(scene for scene in load() if scene.name == "desk_three")
    with Stage(*scene.size) as stage:
        picture = stage.picture(scene)
    assert (picture.width, picture.height) == scene.size
    titles = [window.title for window in picture.windows]
    assert len(titles) == 3
    assert titles[0] == "deploy" and picture.windows[0].active, "a terminal, on top"
    assert any("release.txt" in title for title in titles), "an editor with a real file"
    assert "Tickets - Table" in titles
    sheet = picture.windows[titles.index("Tickets - Table")].rect
    inside = picture.pixels[sheet.y + 60 : sheet.bottom - 20, sheet.x + 20 : sheet.right - 20]
    assert inside.std() > 5, "its cells are painted"

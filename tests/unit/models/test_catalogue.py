"""The catalogue is data: these tests find slips in it that would only show in the middle of a long download."""

from __future__ import annotations

import re

import pytest

from assistant.core.errors import BadInput
from assistant.models.artefacts import Artefact, HubSource, RegistrySource
from assistant.models.catalogue import ARTEFACTS, DEFAULT_NAMES, TEST_NAMES, find
from assistant.settings.models import Settings

_SHA256 = re.compile(r"[0-9a-f]{64}")

every = pytest.mark.parametrize("artefact", ARTEFACTS, ids=lambda artefact: artefact.name)


@every
def test_parts_add_up_to_the_files(artefact: Artefact) -> None:
    for source in artefact.sources:
        if isinstance(source, RegistrySource):
            for file in artefact.files:
                assert sum(member.size for member in source.members if member.file == file.name) == file.size


@every
def test_hashes_and_revisions_are_pinned(artefact: Artefact) -> None:
    assert all(_SHA256.fullmatch(file.sha256) for file in artefact.files)
    for source in artefact.sources:
        if isinstance(source, HubSource):
            assert re.fullmatch(r"[0-9a-f]{40}", source.revision)
        else:
            assert all(_SHA256.fullmatch(wheel.sha256) for wheel in source.wheels)
            assert len({wheel.sha256 for wheel in source.wheels}) == len(source.wheels)


@every
def test_there_is_a_second_place_to_get_it_from(artefact: Artefact) -> None:
    assert {type(source) for source in artefact.sources} == {RegistrySource, HubSource}


def test_the_settings_name_models_of_the_catalogue() -> None:
    engine = Settings().engine
    assert (engine.speech, engine.language_model) == DEFAULT_NAMES
    assert all(not find(name).for_tests for name in DEFAULT_NAMES)
    assert [name for name in TEST_NAMES if find(name).for_tests] == ["smollm2-135m"]


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(BadInput, match="Known models: whisper-base"):
        find("whisper-huge")

"""The filter bank that transformers has, and the one bin in which it isn't the author's."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.engine.phi4.mel_bank import mel_bank


def test_workaround_transformers_fills_a_bin_that_the_author_leaves_empty() -> None:
    """When this fails, transformers' bank is the author's: compare again, and take it if it is."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from transformers.models.phi4_multimodal.feature_extraction_phi4_multimodal import Phi4MultimodalFeatureExtractor

    theirs = np.asarray(Phi4MultimodalFeatureExtractor().mel_filters)
    apart = np.abs(theirs - mel_bank())
    assert np.argwhere(apart > 1e-6).tolist() == [[246, 79]]
    assert apart.max() == pytest.approx(0.0097, abs=1e-4) and mel_bank()[246, 79] == 0

"""Each defect of transformers' modules that is got round: the defect as shipped, and the cure.

A test whose first part fails says that its workaround isn't needed any more with this version.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file
from torch import Tensor
from transformers import DynamicCache, LogitsProcessor, LogitsProcessorList, Phi4MultimodalForCausalLM
from transformers.utils.import_utils import is_flash_attn_2_available

from assistant.core.cancel import CancelToken
from assistant.engine.phi4 import native_patches, towers
from assistant.engine.phi4.embedding import Embedder, embed_medium
from assistant.engine.phi4.native import Native, load_native, read_config
from assistant.engine.phi4.native_decoder import NativeCache, NativeDecoder, PinnedRope
from assistant.engine.phi4.request import AUDIO_TOKEN, IMAGE_TOKEN, REACH, Company, Request
from assistant.engine.phi4.sampling import DecodeOptions
from assistant.engine.phi4.sound import prepare_sound
from tests.engine.phi4.sessions import answer, fast, noise, picture, relative, request, text, tiny
from tests.engine.phi4.test_crossing import truth
from tests.engine.phi4.test_towers import together
from tests.helpers.tiny_phi4 import SWITCH, tiny_native

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
"""What is shown to be wrong may warn as it likes."""

_NO = CancelToken()


@pytest.fixture(scope="module")
def shipped(folder: Path) -> Any:
    """As transformers loads it, with SDPA."""
    made = Phi4MultimodalForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa")
    return made.eval()


def _extend(model: Any) -> Any:
    return model.model.embed_tokens_extend


@torch.no_grad()
def _seen(model: Any, patches: Any) -> Tensor:
    """The rows of a picture through the native image embedding."""
    rows = torch.zeros(1, patches.tokens, model.config.hidden_size)
    ids = torch.full((1, patches.tokens), IMAGE_TOKEN)
    pixels, mask = torch.from_numpy(patches.tiles)[None], torch.from_numpy(patches.mask)[None]
    seen: Tensor = _extend(model).image_embed(ids, rows, pixels, torch.tensor([patches.size]), mask)
    return seen[0]


def test_a_picture_that_fills_its_tiles_is_not_seen_causally(shipped: Any, folder: Path, loaded: Native) -> None:
    eager = load_native(folder, "cpu", torch.float32, attention="eager")
    full = request(picture(448, 448), adapter="vision").media[0]
    right = embed_medium(_extend(eager.model), full, "vision", _NO)
    assert relative(_seen(shipped, full.medium), right) > 0.05
    assert relative(embed_medium(_extend(loaded.model), full, "vision", _NO), right) < 1e-5


def test_the_vision_tower_stops_where_its_features_are_taken(shipped: Any, loaded: Native) -> None:
    vision = _extend(shipped).image_embed.img_processor
    assert len(vision.encoder.layers) == native_patches.used_layers(vision.config) + 1
    pruned = _extend(loaded.model).image_embed.img_processor
    assert len(pruned.encoder.layers) == native_patches.used_layers(vision.config)
    assert sum(each.numel() for each in pruned.parameters()) < sum(each.numel() for each in vision.parameters())
    padded = request(picture(300, 200), adapter="vision").media[0]
    ours = embed_medium(_extend(loaded.model), padded, "vision", _NO)
    assert relative(ours, _seen(shipped, padded.medium)) < 1e-5


@torch.no_grad()
def test_padding_of_unequal_clips_is_masked(shipped: Any, loaded: Native) -> None:
    """The native encoder adds its boolean mask, 1 or 0, to the bias: what is padded takes part."""
    long, short = clips = [noise(3.0, 1), noise(1.5)]
    right = together(_extend(shipped).audio_embed.encoder, clips)[1]
    mel = torch.from_numpy(np.stack([long.features, np.pad(short.features, ((0, len(long.features) - 148), (0, 0)))]))
    valid = torch.stack([torch.arange(len(long.features)) < len(each.features) for each in clips])
    assert relative(_extend(shipped).audio_embed.encoder(mel, valid)[1, : short.tokens], right) > 0.05
    ours = towers.hear(_extend(loaded.model).audio_embed.encoder, short, Company(False, REACH), _NO)
    assert relative(ours, right) < 1e-5


def test_the_mel_of_a_short_clip_has_no_stray_frame() -> None:
    """Extracted beside a longer clip, native's has a frame of real sound behind its last one."""
    extractor = _feature_extractor()
    generator = np.random.default_rng(0)
    short, long = (generator.standard_normal(n).astype(np.float32) * 0.1 for n in (24_100, 48_000))
    ours = prepare_sound(short)
    native = extractor([long, short], sampling_rate=16_000, return_tensors="pt")["audio_input_features"][1]
    beyond = native[len(ours.features) :]
    assert float(beyond.abs().max()) > 1.0
    padded = request(prepare_sound(long), ours, adapter="speech").media[1]
    assert (len(ours.features), padded.company) == ((len(short) - 400) // 160 + 1, Company(False, REACH))


def _feature_extractor() -> Any:
    from transformers.models.phi4_multimodal.feature_extraction_phi4_multimodal import Phi4MultimodalFeatureExtractor

    return Phi4MultimodalFeatureExtractor()


def test_generation_across_the_switch_keeps_its_prefix() -> None:
    shipped = tiny_native().model
    prompt = text(SWITCH - 4)
    right = truth(shipped, prompt, 12)
    ids = torch.tensor([prompt])
    made = shipped.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, do_sample=False, eos_token_id=511, pad_token_id=0
    )
    native = tuple(made[0, len(prompt) :].tolist())
    assert native[:5] == right[:5] and native != right
    assert answer(fast(tiny()), request(*prompt), 12).tokens == right


@pytest.mark.skipif(importlib.util.find_spec("torchvision") is not None, reason="torchvision is installed here")
def test_the_native_image_processor_needs_torchvision() -> None:
    processor = next(name for name in dir(transformers) if name.startswith("Phi4MultimodalImageProcessor"))
    with pytest.raises(ImportError):
        getattr(transformers, processor)()
    assert picture(300, 200).tokens > 256


class _Says(LogitsProcessor):
    """Makes one token the only choice."""

    def __init__(self, token: int) -> None:
        self._token = token

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        forced = torch.full_like(scores, -torch.inf)
        forced[:, self._token] = 0
        return forced


def test_a_generated_placeholder_does_no_harm(shipped: Any, loaded: Native) -> None:
    clip = noise(0.5)
    ids = torch.tensor([[5, *[AUDIO_TOKEN] * clip.tokens, 6]])
    media = {
        "audio_input_features": torch.from_numpy(clip.features)[None],
        "audio_embed_sizes": torch.tensor([clip.tokens]),
    }
    forced = LogitsProcessorList([_Says(AUDIO_TOKEN)])
    with pytest.raises((RuntimeError, IndexError)):
        shipped.generate(ids, **media, max_new_tokens=3, do_sample=False, logits_processor=forced)
    session = fast(loaded)
    asked = request(5, clip, 6, adapter="speech")
    suppressed = session.generate(asked, DecodeOptions(6, eos=()), lambda _token: None, _NO)
    assert not {IMAGE_TOKEN, AUDIO_TOKEN} & set(suppressed.tokens)
    told = Request((*asked.elements, AUDIO_TOKEN, 7), "speech", "speech")
    assert session.logits(told, _NO).isfinite().all()


def test_a_cache_is_rewound_to_a_length() -> None:
    native = tiny()
    shipped = DynamicCache(config=native.config)
    with torch.no_grad():
        native.model(input_ids=torch.tensor([text(20)]), past_key_values=shipped, use_cache=True)
    if tuple(map(int, transformers.__version__.split(".")[:2])) >= (5, 18):
        with pytest.raises(ValueError, match="positive"):
            shipped.crop(12)
    decoder = NativeDecoder(native)
    decoder.prefill(decoder.embed(text(20)), "short")
    assert isinstance(decoder.cache, NativeCache)
    decoder.cache.rewind(12)
    assert decoder.cache.length == 12
    again = decoder.prefill(decoder.embed(text(20)[12:]), "short")
    decoder.cache.rewind(0)
    assert relative(again, decoder.prefill(decoder.embed(text(20)), "short")) < 1e-5


def test_adapters_are_compared_instead_of_believed(folder: Path, loaded: Native) -> None:
    """`load_adapter` lists base tensors as missing whose names contain the adapter's."""
    shipped = Phi4MultimodalForCausalLM.from_pretrained(folder, dtype=torch.float32)
    told = shipped.load_adapter(str(folder / "adapters" / "speech"), adapter_name="speech")
    assert any("for_speech" in key for key in told.missing_keys)
    files = load_file(folder / "adapters" / "speech" / "adapter_model.safetensors")
    held = loaded.adapters["speech"]
    assert len(files) == len(held.a) + len(held.b)


@pytest.mark.skipif(is_flash_attn_2_available(), reason="flash-attn is installed here")
def test_flash_attention_is_for_the_language_model_alone(folder: Path) -> None:
    with pytest.raises(ImportError):
        Phi4MultimodalForCausalLM.from_pretrained(folder, attn_implementation="flash_attention_2")
    config = native_patches.prepare_config(read_config(folder), "flash_attention_2")
    assert config.vision_config._attn_implementation == config.audio_config._attn_implementation == "sdpa"


def test_a_sliding_window_that_never_binds_is_taken_off() -> None:
    config = tiny_native().config
    config.sliding_window = config.max_position_embeddings * 2
    assert "Sliding" in type(DynamicCache(config=config).layers[0]).__name__
    cured = native_patches.prepare_config(config, "sdpa")
    assert cured.sliding_window is None
    assert "Sliding" not in type(DynamicCache(config=cured).layers[0]).__name__


def test_a_sliding_window_that_binds_stays() -> None:
    config = tiny_native().config
    config.sliding_window = 16
    assert native_patches.prepare_config(config, "sdpa").sliding_window == 16


@torch.no_grad()
def test_the_projection_follows_the_conversation_not_the_call(shipped: Any, loaded: Native) -> None:
    clip = noise(0.6)
    placed = request(clip, adapter="vision").media[0]
    vision = embed_medium(_extend(shipped), placed, "vision", _NO)
    ids = torch.full((1, clip.tokens), AUDIO_TOKEN)
    rows = torch.zeros(1, clip.tokens, shipped.config.hidden_size)
    mel = torch.from_numpy(clip.features)[None]
    later = _extend(shipped)(ids, rows, audio_input_features=mel, audio_embed_sizes=torch.tensor([clip.tokens]))
    assert relative(later[0], vision) > 0.05
    conversation = Request((picture(60, 60), 7, clip), "vision", "vision")
    embedder = Embedder(loaded, fast(loaded).decoder.embed)
    start = len(conversation) - clip.tokens
    assert relative(embedder.embed(conversation, start, len(conversation), _NO), vision) < 1e-5


@torch.no_grad()
def test_a_prompt_in_pieces_is_read_on_one_side() -> None:
    native = tiny()
    shipped, long = tiny_native(), text(SWITCH + 20)
    ids = torch.tensor([long])
    whole = shipped.model(input_ids=ids, use_cache=False).logits[0, -1]
    cache = DynamicCache(config=shipped.config)
    for piece in ids.split(30, dim=1):
        pieces = shipped.model(input_ids=piece, past_key_values=cache, use_cache=True).logits[0, -1]
    assert relative(pieces, whole) > 1e-3
    decoder = NativeDecoder(native)
    assert isinstance(native.model.model.rotary_emb, PinnedRope)
    for piece in ids[0].split(30):
        ours = decoder.prefill(decoder.embed(piece.tolist()), "long")
    assert relative(ours, whole) < 1e-5

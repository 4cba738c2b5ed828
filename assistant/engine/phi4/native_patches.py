"""What is changed on transformers' own Phi-4-multimodal modules, and why. Tested against 5.17.0 and 5.23.0.

What isn't changed is simply not called: `generate()`, the forwards of the feature embedding and the audio encoder, the
processors and the rotary embedding each have a defect, which `session.py`, `embedding.py`, `towers.py`, `pictures.py`,
`sound.py` and `rope.py` get round by doing that step themselves.
"""

from __future__ import annotations

from typing import Any

from torch import nn

UNUSED = ("post_layernorm", "head")
"""Parts of the vision tower whose result nothing reads: features are taken before its last layer."""


def prepare_config(config: Any, attention: str) -> Any:
    """Makes the configuration what the modules must be built with."""
    # WORKAROUND(transformers#44609, 5.17-5.23): a sliding window of 262144 never binds (131072 positions), but it
    # selects cache layers whose length is a Python number, which captured steps bake in. None is the same model.
    if (config.sliding_window or 0) >= config.max_position_embeddings:
        config.sliding_window = None
    # WORKAROUND(transformers, 5.17-5.23; no issue known): flash attention drops the audio tower's additive bias and
    # turns the vision tower causal, so the towers never get it.
    towers = "sdpa" if attention == "flash_attention_2" else attention
    config._attn_implementation = {"": attention, "vision_config": towers, "audio_config": towers}
    return config


def patch(model: Any) -> None:
    """Cures a `Phi4MultimodalForCausalLM` in place, before or after its weights arrive."""
    see_everything(model)
    drop_unused_vision(model)


def see_everything(model: Any) -> None:
    """Takes the causal flag off both towers.

    WORKAROUND(transformers, 5.17-5.23; no issue known): both towers' attentions say `is_causal = True`. Where no patch
    is masked, SDPA gets no mask and attends causally: any picture that fills its tiles to within 14 pixels comes out
    wrong (0.5 of the logits on the test vectors). The author's towers are never causal.
    """
    extend = model.model.embed_tokens_extend
    for tower in (extend.image_embed.img_processor.encoder.layers, extend.audio_embed.encoder.encoders):
        for layer in tower:
            layer.self_attn.is_causal = False


def drop_unused_vision(model: Any) -> None:
    """Frees the vision tower's last layers (61 MB in the published size).

    WORKAROUND(transformers, 5.17-5.23; no issue known): they are computed at every call though the features are
    `hidden_states[feature_layer]`, two layers from the end.
    """
    vision = model.model.embed_tokens_extend.image_embed.img_processor
    vision.encoder.layers = vision.encoder.layers[: used_layers(vision.config)]
    for name in UNUSED:
        setattr(vision, name, nn.Identity())


def used_layers(vision_config: Any) -> int:
    """How many vision layers the features pass: `hidden_states` holds the embeddings and then one row a layer."""
    layers: int = vision_config.num_hidden_layers
    place: int = vision_config.feature_layer
    return layers + 1 + place if place < 0 else place

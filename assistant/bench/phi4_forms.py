"""The forms that the bench compares, made from the very weights in memory instead of from files."""

from __future__ import annotations

from dataclasses import replace

from assistant.engine.phi4.linears import Linear, Plain, Weights
from assistant.engine.phi4.quantise import Quantised, group_for
from assistant.engine.phi4.quantised import Int4, Int8, Int8Table


def quantised(weights: Weights, form: Quantised) -> Weights:
    """The same model in int8 or int4, with the int8 table that is its own head."""

    def small(linear: Linear) -> Linear:
        assert isinstance(linear, Plain)
        weight = linear.weight
        return Int8.of(weight) if form == "int8" else Int4.of(weight, group_for(weight.shape[1]))

    layers = tuple(
        replace(x, qkv=small(x.qkv), o=small(x.o), gate_up=small(x.gate_up), down=small(x.down)) for x in weights.layers
    )
    table = Int8.of(weights.head.tensors()[0])
    return replace(weights, form=form, embed=Int8Table(table, weights.dtype), layers=layers, head=table)


def bytes_per_token(weights: Weights, context: int) -> int:
    """What a step must read: the weights, and the keys and values of the context."""
    sizes = weights.layers[0].input_norm.element_size() * context
    kv_rows = sum(_kv_width(layer.qkv, layer.o) for layer in weights.layers)
    return weights.bytes_per_token() + sizes * kv_rows


def _kv_width(qkv: Linear, o: Linear) -> int:
    """Numbers of keys and values a token in one layer: what `qkv` gives beyond the queries, which `o` takes."""
    return _rows(qkv) - _columns(o)


def _rows(linear: Linear) -> int:
    return linear.tensors()[1].shape[1] if type(linear).__name__ == "Lora" else linear.tensors()[0].shape[0]


def _columns(linear: Linear) -> int:
    columns = linear.tensors()[0].shape[1]
    return 2 * columns if isinstance(linear, Int4) else columns

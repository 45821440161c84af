"""The kernels that are measured: their shapes, and the work that each has to do.

Shapes are those of cataloged models on one chip: a measured kernel is one that serving runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catalogs.architectures import ModelArchitecture
from catalogs.catalog import Catalog

BYTES = {"bf16": 2, "fp16": 2, "fp8": 1, "int8": 1}
"""Bytes of an element of an operand; results are written in two bytes, those of int8 in four."""

DENSE_MODELS = ("llama_3_1_8b", "llama_3_3_70b", "qwen3_32b")
EXPERT_MODELS = ("mixtral_8x7b", "qwen3_235b_a22b", "gpt_oss_120b")
GEMM_TOKENS = (1, 8, 32, 128, 512, 2048, 8192)
EXPERT_TOKENS = (8, 32, 128, 512)
MOST_EXPERTS = 64
"""Experts of one chip at most: a larger model is spread over chips, whole experts each."""
PROMPTS = (512, 2048, 8192, 32768)
DECODES = ((1, 8192), (16, 1024), (16, 8192), (64, 1024), (64, 8192), (256, 2048))
"""Sequences of a step and the cached tokens of each."""
COPIED_BYTES = (16 << 20, 256 << 20, 2 << 30)
LEAST_INT8_TOKENS = 32
"""The int8 product of the library takes more than 16 rows."""


@dataclass(frozen=True, slots=True)
class Case:
    """One kernel on one shape.

    Parameters
    ----------
    op : str
        `gemm`, `grouped_gemm`, `prefill_attention`, `decode_attention`, `copy`, `host_copy`.
    dtype : str
        Format of the operands; `bytes` of a copy.
    shape : tuple of int
        gemm: tokens, outputs, inputs; grouped_gemm: experts, tokens of each, outputs, inputs;
        attention: sequences, tokens, query heads, key-value heads, head dimension; copy: bytes.

    Examples
    --------
    >>> Case("gemm", "bf16", (8, 1024, 512)).flop
    8388608
    """

    op: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def flop(self) -> int:
        """Floating-point operations, a multiply-add as two; causal attention counts its half."""
        match self.op, self.shape:
            case "gemm", (tokens, outputs, inputs):
                return 2 * tokens * outputs * inputs
            case "grouped_gemm", (experts, tokens, outputs, inputs):
                return 2 * experts * tokens * outputs * inputs
            case "prefill_attention", (sequences, tokens, heads, _, dim):
                return 2 * sequences * heads * tokens * (tokens + 1) * dim
            case "decode_attention", (sequences, tokens, heads, _, dim):
                return 4 * sequences * heads * tokens * dim
        return 0

    @property
    def bytes_moved(self) -> int:
        """Bytes that must cross the memory once: operands in, result out, both sides of a copy."""
        size = BYTES.get(self.dtype, 1)
        result = 4 if self.dtype == "int8" else 2
        match self.op, self.shape:
            case "gemm", (tokens, outputs, inputs):
                return size * inputs * (tokens + outputs) + result * tokens * outputs
            case "grouped_gemm", (experts, tokens, outputs, inputs):
                return experts * (size * inputs * (tokens + outputs) + result * tokens * outputs)
            case "prefill_attention", (sequences, tokens, heads, kv_heads, dim):
                return size * sequences * tokens * dim * 2 * (heads + kv_heads)
            case "decode_attention", (sequences, tokens, heads, kv_heads, dim):
                return size * sequences * dim * 2 * (heads + tokens * kv_heads)
            case "copy", (count,):
                return 2 * count
        return self.shape[0]


def cases(catalog: Catalog) -> Iterator[Case]:
    """Yield every case, each once, in a fixed order."""
    yield from dict.fromkeys(_all(catalog))


def _all(catalog: Catalog) -> Iterator[Case]:
    dense = [catalog.model(name) for name in DENSE_MODELS]
    for model in dense:
        for outputs, inputs in _matrices(model):
            yield from _gemms(outputs, inputs)
    for name in EXPERT_MODELS:
        model = catalog.model(name)
        experts = min(model.experts, MOST_EXPERTS)
        for tokens in EXPERT_TOKENS:
            shape = (experts, tokens, 2 * model.expert_ffn, model.hidden)
            yield Case("grouped_gemm", "bf16", shape)
    for model in dense:
        heads = (model.q_heads, model.kv_heads, model.head_dim)
        for tokens in PROMPTS:
            yield Case("prefill_attention", "bf16", (1, tokens, *heads))
        for sequences, tokens in DECODES:
            yield Case("decode_attention", "bf16", (sequences, tokens, *heads))
    for count in COPIED_BYTES:
        yield Case("copy", "bytes", (count,))
        yield Case("host_copy", "bytes", (count,))


def _matrices(model: ModelArchitecture) -> tuple[tuple[int, int], ...]:
    """Outputs and inputs of the products of a layer: queries, keys and values; output; gate, up."""
    attention = (model.q_heads + 2 * model.kv_heads) * model.head_dim
    return (
        (attention, model.hidden),
        (model.hidden, model.q_heads * model.head_dim),
        (2 * model.ffn, model.hidden),
        (model.hidden, model.ffn),
    )


def _gemms(outputs: int, inputs: int) -> Iterator[Case]:
    for tokens in GEMM_TOKENS:
        for dtype in BYTES:
            if dtype != "int8" or tokens >= LEAST_INT8_TOKENS:
                yield Case("gemm", dtype, (tokens, outputs, inputs))

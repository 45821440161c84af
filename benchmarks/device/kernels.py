"""The library calls behind a case, and the time that one call takes on a device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles

import torch
from torch.nn import functional

from benchmarks.device.shapes import Case

WARM_UP = 3
REPEATS = 20
FLUSH_OVER_CACHE = 4
"""Bytes written between two calls, over the last-level cache, so that no operand is left in it."""
MICROSECONDS_PER_MS = 1e3
DTYPES = {
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
    "fp8": torch.float8_e4m3fn,
    "int8": torch.int8,
}

Call = Callable[[], object]


class NotOfferedError(Exception):
    """The device or the library has no kernel for a case; the text says why."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of single calls. [us]"""

    median_us: float
    p10_us: float
    repeats: int


def call_of(case: Case, device: torch.device) -> Call:
    """Return the call that runs `case` once on operands made for it on `device`."""
    makers = {
        "gemm": _gemm,
        "grouped_gemm": _grouped_gemm,
        "prefill_attention": _prefill_attention,
        "decode_attention": _decode_attention,
        "copy": _copy,
        "host_copy": _host_copy,
    }
    return makers[case.op](case, device)


def timed(case: Case, device: torch.device) -> Timing:
    """Return the times of `case` on a CUDA device, each call after a flush of the cache.

    Raises
    ------
    NotOfferedError
        The library refuses the case on this device, or it does not fit into memory.
    """
    try:
        call = call_of(case, device)
        for _ in range(WARM_UP):
            call()
        torch.cuda.synchronize(device)
        return _events(call, device)
    except (RuntimeError, NotImplementedError, ValueError) as refusal:
        raise NotOfferedError(str(refusal).splitlines()[0]) from None
    finally:
        torch.cuda.empty_cache()


def _events(call: Call, device: torch.device) -> Timing:
    cache = torch.cuda.get_device_properties(device).L2_cache_size
    flush = torch.empty(FLUSH_OVER_CACHE * cache, dtype=torch.int8, device=device)
    marks = [
        (torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True))
        for _ in range(REPEATS)
    ]
    for before, after in marks:
        flush.zero_()  # keeps the device busy while the host queues the call: launch is hidden
        before.record()
        call()
        after.record()
    torch.cuda.synchronize(device)
    times = [before.elapsed_time(after) * MICROSECONDS_PER_MS for before, after in marks]
    return Timing(median(times), quantiles(times, n=10)[0], REPEATS)


def _operand(shape: tuple[int, ...], dtype: str, device: torch.device) -> torch.Tensor:
    if dtype == "int8":
        return torch.randint(-8, 8, shape, dtype=torch.int8, device=device)
    return torch.randn(shape, dtype=torch.bfloat16, device=device).to(DTYPES[dtype])


def _gemm(case: Case, device: torch.device) -> Call:
    tokens, outputs, inputs = case.shape
    left = _operand((tokens, inputs), case.dtype, device)
    right = _operand((outputs, inputs), case.dtype, device).t()
    if case.dtype == "fp8":
        one = torch.ones((), device=device)
        return lambda: torch._scaled_mm(
            left, right, scale_a=one, scale_b=one, out_dtype=torch.bfloat16, use_fast_accum=True
        )
    if case.dtype == "int8":
        return lambda: torch._int_mm(left, right)
    return lambda: left @ right


def _grouped_gemm(case: Case, device: torch.device) -> Call:
    experts, tokens, outputs, inputs = case.shape
    left = _operand((experts * tokens, inputs), case.dtype, device)
    right = _operand((experts, outputs, inputs), case.dtype, device).transpose(1, 2)
    ends = torch.arange(tokens, (experts + 1) * tokens, tokens, dtype=torch.int32, device=device)
    return lambda: functional.grouped_mm(left, right, offs=ends)


def _prefill_attention(case: Case, device: torch.device) -> Call:
    sequences, tokens, heads, kv_heads, dim = case.shape
    query = _operand((sequences, heads, tokens, dim), case.dtype, device)
    key, value = (_operand((sequences, kv_heads, tokens, dim), case.dtype, device) for _ in "kv")
    return lambda: functional.scaled_dot_product_attention(
        query, key, value, is_causal=True, enable_gqa=True
    )


def _decode_attention(case: Case, device: torch.device) -> Call:
    sequences, tokens, heads, kv_heads, dim = case.shape
    query = _operand((sequences, heads, 1, dim), case.dtype, device)
    key, value = (_operand((sequences, kv_heads, tokens, dim), case.dtype, device) for _ in "kv")
    return lambda: functional.scaled_dot_product_attention(query, key, value, enable_gqa=True)


def _copy(case: Case, device: torch.device) -> Call:
    source = torch.zeros(case.shape, dtype=torch.int8, device=device)
    target = torch.empty_like(source)
    return lambda: target.copy_(source)


def _host_copy(case: Case, device: torch.device) -> Call:
    source = torch.zeros(case.shape, dtype=torch.int8, pin_memory=device.type == "cuda")
    target = torch.empty(case.shape, dtype=torch.int8, device=device)
    return lambda: target.copy_(source, non_blocking=True)

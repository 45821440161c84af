"""Constants of the projection: read from data, checked for the domains that keep it monotone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from catalogs.errors import InputError
from catalogs.load import data_path, read_toml
from catalogs.reading import validated

# Shares and efficiencies: throughput grows with the resource only if they lie in (0, 1].
_SHARES = (
    "gemm_efficiency_ceiling",
    "balance_exponent",
    "weight_stream_efficiency",
    "cache_stream_efficiency",
    "prefill_attention_efficiency",
    "decode_attention_efficiency",
    "link_efficiency",
    "bus_efficiency",
    "grouped_gemm_efficiency",
    "memory_usable_share",
    "scale_out_efficiency",
)
# Costs may vanish but never turn into a gain.
_COSTS = (
    "layer_fixed_s",
    "step_fixed_s",
    "sequence_fixed_s",
    "moe_layer_fixed_s",
    "all_reduce_latency_s",
    "half_rate_tokens",
    "smaller_term_share",
    "activation_bytes_per_element",
    "drain_weight",
    "memory_reserve_bytes",
    "pipeline_bubble",
    "arrival_wave_share",
)
# Shares of a cost that is hidden: at 1 nothing of it is left, above it would be a gain.
_HIDDEN = ("prefill_overlap_share", "all_to_all_hidden_share")
# Factors that slow down: never below 1.
_FACTORS = ("expert_imbalance", "tpot_tail_factor", "bus_latency_factor", "wait_tail_factor")

STACK_TENSORRT_LLM = "tensorrt-llm"
STACKS: Mapping[str, str | None] = {
    STACK_TENSORRT_LLM: None,
    "sglang": "stack_factor_sglang",
    "vllm": "stack_factor_vllm",
}


class Constant(BaseModel):
    """One constant with its unit, meaning and range."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    symbol: str
    value: float
    unit: str
    low: float
    high: float
    meaning: str
    basis: Literal["published", "measured", "derived", "estimated"]
    source: str


class CalibrationFile(BaseModel):
    """A file of constants."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    fitted_on: str
    fitted_rows: int = Field(ge=0)
    fitted_date: date
    method: str
    constants: dict[str, Constant]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Values of the constants, by name; meanings and units stand in the data file.

    Examples
    --------
    >>> load_calibration().balance_exponent <= 1
    True
    """

    id: str
    fitted_date: date
    gemm_efficiency_ceiling: float
    balance_half_flop_per_byte: float
    balance_exponent: float
    weight_stream_efficiency: float
    cache_stream_efficiency: float
    prefill_attention_efficiency: float
    decode_attention_efficiency: float
    layer_fixed_s: float
    step_fixed_s: float
    sequence_fixed_s: float
    all_reduce_latency_s: float
    bus_latency_factor: float
    link_efficiency: float
    bus_efficiency: float
    prefill_overlap_share: float
    cache_output_share: float
    grouped_gemm_efficiency: float
    half_rate_tokens: float
    expert_imbalance: float
    tpot_tail_factor: float
    stack_factor_vllm: float
    stack_factor_sglang: float
    all_to_all_hidden_share: float
    smaller_term_share: float
    activation_bytes_per_element: float
    drain_weight: float
    moe_layer_fixed_s: float
    memory_usable_share: float
    memory_reserve_bytes: float
    prefill_chunk_tokens: float
    batch_limit: float
    wait_tail_factor: float
    scale_out_efficiency: float
    pipeline_bubble: float
    arrival_wave_share: float

    def stack_factor(self, stack: str) -> float:
        """Return the factor of a software stack on every step time.

        Examples
        --------
        >>> load_calibration().stack_factor("TensorRT-LLM")
        1.0
        """
        known = stack.lower()
        if known not in STACKS:
            raise InputError(
                f"unknown software stack '{stack}'", remedy=f"Known are {', '.join(STACKS)}."
            )
        name = STACKS[known]
        return 1.0 if name is None else float(getattr(self, name))


def _faults(constants: Mapping[str, Constant]) -> list[str]:
    """Return every constant outside its range or outside the domain of a monotone form."""
    faults = [
        f"{name}: {c.value:g} is outside {c.low:g} to {c.high:g}"
        for name, c in constants.items()
        if not c.low <= c.value <= c.high
    ]
    domains: tuple[tuple[tuple[str, ...], str, Callable[[float], bool]], ...] = (
        (_SHARES, "in (0, 1]", lambda v: 0 < v <= 1),
        (_COSTS, "not negative", lambda v: v >= 0),
        (_HIDDEN, "in [0, 1]", lambda v: 0 <= v <= 1),
        (_FACTORS, "at least 1", lambda v: v >= 1),
    )
    for names, text, holds in domains:
        faults += [
            f"{name}: {constants[name].value:g} must be {text}, or throughput is not monotone"
            for name in names
            if not holds(constants[name].value)
        ]
    return faults


def calibration_of(record: CalibrationFile, where: str) -> Calibration:
    """Return the values of a file of constants, or raise with every fault that it has."""
    expected = {f.name for f in fields(Calibration)} - {"id", "fitted_date"}
    faults = [f"{name}: missing" for name in sorted(expected - set(record.constants))]
    faults += [f"{name}: unknown constant" for name in sorted(set(record.constants) - expected)]
    if not faults:
        faults = _faults(record.constants)
    if faults:
        raise InputError("; ".join(faults), where=where)
    values = {name: record.constants[name].value for name in expected}
    return Calibration(id=record.id, fitted_date=record.fitted_date, **values)


@cache
def load_calibration(name: str = "global") -> Calibration:
    """Return a built-in set of constants.

    Examples
    --------
    >>> load_calibration().id
    'global'
    """
    path = data_path("calibration", f"{name}.toml")
    where = f"calibration/{name}.toml"
    return calibration_of(validated(CalibrationFile, read_toml(path), where), where)

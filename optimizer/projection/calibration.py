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
from optimizer.projection.software import (
    Release,
    ReleaseRecord,
    check,
    current,
    matched,
    release_of,
    stated,
)

# Shares and efficiencies: throughput grows with the resource only if they lie in (0, 1].
_SHARES = (
    "gemm_efficiency_ceiling",
    "gemm_rate_exponent",
    "weight_stream_efficiency",
    "cache_stream_efficiency",
    "expert_stream_efficiency",
    "prefill_attention_efficiency",
    "decode_attention_efficiency",
    "link_efficiency",
    "bus_efficiency",
    "grouped_gemm_efficiency",
    "latent_cache_stream_efficiency",
    "latent_attention_efficiency",
    "widened_weight_efficiency",
    "expert_choice_spread",
    "memory_usable_share",
    "scale_out_efficiency",
)
# Rates divide and factors multiply: any positive one keeps throughput monotone.
_RATES = (
    "widened_rate_flops",
    "gemm_half_rate_flops",
    "small_expert_factor",
    "mxfp4_expert_factor",
)
# Costs may vanish but never turn into a gain.
_COSTS = (
    "layer_fixed_s",
    "step_fixed_s",
    "sequence_fixed_s",
    "moe_layer_fixed_s",
    "latent_layer_fixed_s",
    "all_reduce_latency_s",
    "half_rate_tokens",
    "expert_half_rate_tokens",
    "replica_stall_share",
    "request_fixed_s",
    "first_token_steps",
    "first_token_prompts",
    "smaller_term_share",
    "activation_bytes_per_element",
    "tile_reread_factor",
    "drain_weight",
    "memory_reserve_bytes",
    "pipeline_bubble",
    "arrival_wave_share",
)
# Shares of a cost that is hidden: at 1 nothing of it is left, above it would be a gain.
_HIDDEN = ("prefill_overlap_share", "all_to_all_hidden_share")
# Shares of a geometric series: at 1 it has no sum.
_RATIOS = ("draft_acceptance",)
# Factors that slow down: never below 1.
_FACTORS = (
    "expert_imbalance",
    "tpot_tail_factor",
    "bus_latency_factor",
    "wait_tail_factor",
)


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
    """A file of constants.

    Parameters
    ----------
    start : mapping of str to float
        Where a fit starts, by constant and `release.factor`: a fit is one of the rows, not of the
        fit before.
    at_bound : mapping of str to str
        Constants and factors at the `lower` or `upper` end of the range of the fit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    fitted_on: str
    fitted_rows: int = Field(ge=0)
    rows_sha256: str
    residual: str
    fitted_date: date
    method: str
    start: dict[str, float] = {}
    at_bound: dict[str, Literal["lower", "upper"]] = {}
    constants: dict[str, Constant]
    releases: dict[str, ReleaseRecord]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Values of the constants, by name; meanings and units stand in the data file.

    Examples
    --------
    >>> load_calibration().gemm_rate_exponent <= 1
    True
    """

    id: str
    fitted_date: date
    gemm_efficiency_ceiling: float
    gemm_half_rate_flops: float
    gemm_rate_exponent: float
    weight_stream_efficiency: float
    cache_stream_efficiency: float
    expert_stream_efficiency: float
    prefill_attention_efficiency: float
    decode_attention_efficiency: float
    latent_cache_stream_efficiency: float
    latent_attention_efficiency: float
    widened_weight_efficiency: float
    widened_rate_flops: float
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
    expert_half_rate_tokens: float
    expert_choice_spread: float
    small_expert_factor: float
    mxfp4_expert_factor: float
    tile_reread_factor: float
    replica_stall_share: float
    expert_imbalance: float
    tpot_tail_factor: float
    all_to_all_hidden_share: float
    smaller_term_share: float
    activation_bytes_per_element: float
    drain_weight: float
    moe_layer_fixed_s: float
    latent_layer_fixed_s: float
    memory_usable_share: float
    memory_reserve_bytes: float
    prefill_chunk_tokens: float
    batch_limit: float
    wait_tail_factor: float
    scale_out_efficiency: float
    pipeline_bubble: float
    arrival_wave_share: float
    request_fixed_s: float
    first_token_steps: float
    first_token_prompts: float
    draft_acceptance: float
    releases: tuple[Release, ...]

    def stack(self, name: str) -> Release:
        """Return the release that a plan means by the name of an engine.

        Examples
        --------
        >>> load_calibration().stack("TensorRT-LLM").device_factor
        1.0
        """
        return current(self.releases, name)

    def release(self, engine: str, version: str, vendor: str = "") -> Release:
        """Return the release that a row of measurements states.

        Examples
        --------
        >>> load_calibration().release("vllm", "0.6.3").id
        'vllm_2024'
        """
        return stated(self.releases, engine, version, vendor)

    def has_release(self, engine: str, version: str, vendor: str = "") -> bool:
        """Whether a version is of a release, so that none has to be assumed."""
        return matched(self.releases, engine, version, vendor) is not None


def _faults(constants: Mapping[str, Constant]) -> list[str]:
    """Return every constant outside its range or outside the domain of a monotone form."""
    faults = [
        f"{name}: {c.value:g} is outside {c.low:g} to {c.high:g}"
        for name, c in constants.items()
        if not c.low <= c.value <= c.high
    ]
    domains: tuple[tuple[tuple[str, ...], str, Callable[[float], bool]], ...] = (
        (_SHARES, "in (0, 1]", lambda v: 0 < v <= 1),
        (_RATES, "positive", lambda v: v > 0),
        (_COSTS, "not negative", lambda v: v >= 0),
        (_HIDDEN, "in [0, 1]", lambda v: 0 <= v <= 1),
        (_RATIOS, "in [0, 1)", lambda v: 0 <= v < 1),
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
    expected = {f.name for f in fields(Calibration)} - {"id", "fitted_date", "releases"}
    faults = [f"{name}: missing" for name in sorted(expected - set(record.constants))]
    faults += [f"{name}: unknown constant" for name in sorted(set(record.constants) - expected)]
    if not faults:
        faults = _faults(record.constants) + check(record.releases)
    if faults:
        raise InputError("; ".join(faults), where=where)
    values = {name: record.constants[name].value for name in expected}
    releases = tuple(release_of(name, found) for name, found in record.releases.items())
    return Calibration(id=record.id, fitted_date=record.fitted_date, releases=releases, **values)


@cache
def load_calibration(name: str = "global") -> Calibration:
    """Return a built-in set of constants.

    Examples
    --------
    >>> load_calibration().id
    'global'
    """
    return calibration_of(stored_constants(name), f"calibration/{name}.toml")


@cache
def stored_constants(name: str = "global") -> CalibrationFile:
    """Return a built-in file of constants.

    Examples
    --------
    >>> stored_constants().id
    'global'
    """
    path = data_path("calibration", f"{name}.toml")
    return validated(CalibrationFile, read_toml(path), f"calibration/{name}.toml")

"""What a fit may move: constants inside their ranges, and factors of software releases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.projection.calibration import Calibration, CalibrationFile
from optimizer.projection.formats import widened
from optimizer.projection.samples import Sample
from optimizer.projection.software import STACK_TENSORRT_LLM

Vector = NDArray[np.float64]
# Ranges of the factors of a release.
RELEASE_RANGES = {
    "device_factor": (0.5, 2.0),
    "host_factor": (0.35, 3.0),
    "cache_factor": (0.8, 20.0),
    "sequence_factor": (0.05, 20.0),
    "first_token_factor": (0.1, 4.0),
    "expert_factor": (0.5, 3.0),
}


def _always(_: Sample) -> bool:
    return True


# Constants that only some rows can tell; the others are spared when derivatives are taken.
_TOLD_BY: dict[str, Callable[[Sample], bool]] = {
    "grouped_gemm_efficiency": lambda s: s.model.moe_layers > 0,
    "expert_half_rate_tokens": lambda s: s.model.moe_layers > 0,
    "expert_choice_spread": lambda s: s.model.moe_layers > 0,
    "small_expert_factor": lambda s: s.model.moe_layers > 0,
    "mxfp4_expert_factor": lambda s: s.row.weight_format == "mxfp4",
    "expert_imbalance": lambda s: (s.row.experts or 2) > 1 and s.model.moe_layers > 0,
    "all_to_all_hidden_share": lambda s: (s.row.replicas or 2) > 1 and s.model.moe_layers > 0,
    "replica_stall_share": lambda s: (s.row.replicas or 2) > 1 and s.model.moe_layers > 0,
    "expert_stream_efficiency": lambda s: s.model.moe_layers > 0,
    "latent_layer_fixed_s": lambda s: s.model.latent is not None,
    "moe_layer_fixed_s": lambda s: s.model.moe_layers > 0,
    "latent_cache_stream_efficiency": lambda s: s.model.latent is not None,
    "latent_attention_efficiency": lambda s: s.model.latent is not None,
    "widened_weight_efficiency": lambda s: widened(s.row.weight_format, s.chip),
    "widened_rate_flops": lambda s: widened(s.row.weight_format, s.chip),
    "pipeline_bubble": lambda s: s.row.stages > 1,
    "bus_efficiency": lambda s: not s.chip.nvlink_class and s.row.chips > 1,
    "bus_latency_factor": lambda s: not s.chip.nvlink_class and s.row.chips > 1,
    "link_efficiency": lambda s: s.chip.nvlink_class and s.row.chips > 1,
    "all_reduce_latency_s": lambda s: s.row.chips > 1,
    "tpot_tail_factor": lambda s: s.row.regime == "server_slo",
    "draft_acceptance": lambda s: s.row.speculative > 0,
    "drain_weight": lambda s: s.row.requests is not None,
}


@dataclass(frozen=True)
class Parameter:
    """One number to fit: a constant, or a factor of a release (`release.factor`)."""

    name: str
    low: float
    high: float
    center: float
    logarithmic: bool
    told_by: Callable[[Sample], bool]

    def to(self, value: float) -> float:
        """Return the coordinate of a value, 0 to 1 over the range."""
        if self.logarithmic:
            return log(value / self.low) / log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def back(self, at: float) -> float:
        """Return the value at a coordinate."""
        if self.logarithmic:
            return self.low * exp(at * log(self.high / self.low))
        return self.low + at * (self.high - self.low)


# A range that spans more than this factor is walked in logarithms.
_WIDE = 10.0


def parameters(
    record: CalibrationFile, start: Calibration, constants: Sequence[str], factors: Sequence[str]
) -> tuple[Parameter, ...]:
    """Return what is fitted: named constants, and factors of releases other than the anchor."""
    out = []
    for name in constants:
        c = record.constants[name]
        wide = c.low > 0 and c.high / c.low > _WIDE
        center = min(max(float(getattr(start, name)), c.low), c.high)
        out.append(Parameter(name, c.low, c.high, center, wide, _TOLD_BY.get(name, _always)))
    for release in start.releases:
        if release.current and release.engine == STACK_TENSORRT_LLM:
            continue  # the anchor
        for factor in factors:
            if factor == "cache_factor" and release.vendor is None:
                continue
            low, high = RELEASE_RANGES[factor]
            told = _states(start, release.id, factor == "expert_factor")
            out.append(Parameter(f"{release.id}.{factor}", low, high, 1.0, True, told))
    return tuple(out)


def _states(start: Calibration, release: str, experts: bool) -> Callable[[Sample], bool]:
    def told(s: Sample) -> bool:
        if experts and not s.model.moe_layers:
            return False
        return start.release(s.row.engine, s.row.version, s.vendor).id == release

    return told


def at(start: Calibration, names: Sequence[Parameter], point: Vector) -> Calibration:
    """Return the constants at a point of the ranges."""
    constants: dict[str, Any] = {}
    factors: dict[str, dict[str, Any]] = {}
    for parameter, coordinate in zip(names, point.tolist(), strict=True):
        release, _, factor = parameter.name.rpartition(".")
        if release:
            factors.setdefault(release, {})[factor] = parameter.back(coordinate)
        else:
            constants[parameter.name] = parameter.back(coordinate)
    releases = tuple(replace(r, **factors.get(r.id, {})) for r in start.releases)
    return replace(start, releases=releases, **constants)


def where(names: Sequence[Parameter], cal: Calibration) -> Vector:
    """Return the point of the ranges at which some constants lie, clipped into them."""
    releases = {release.id: release for release in cal.releases}
    values = []
    for parameter in names:
        release, _, factor = parameter.name.rpartition(".")
        value = getattr(releases[release] if release else cal, factor)
        values.append(parameter.to(min(max(float(value), parameter.low), parameter.high)))
    return np.array(values)

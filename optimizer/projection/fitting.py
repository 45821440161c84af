"""Fit constants to measured rows: Gauss-Newton on log errors with the weights of a Cauchy loss.

One set for all devices: the constants of the file and the factors of its software releases, each
inside its range. Nothing belongs to a device, a die family or a vendor's silicon.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalogs.architectures import ModelArchitecture
from optimizer.projection.calibration import Calibration, CalibrationFile
from optimizer.projection.formats import widened
from optimizer.projection.regimes import Outcome, project_row
from optimizer.projection.resources import Resources
from optimizer.projection.rows import Conditions, UnprojectableError
from optimizer.projection.software import STACK_TENSORRT_LLM

Vector = NDArray[np.float64]
# Step of the numerical derivative, as a share of the range of a parameter.
_STEP = 1e-3
# Pull towards the stored constants and towards release factors of 1, in units of the range: keeps
# what the rows leave open. Against it a row weighs 1 / WIDTH^2.
_RIDGE = 0.7
# Levenberg's damping: first value, and what it is multiplied by when a step fails or succeeds.
_DAMPING, _HARDER, _EASIER, _TRIES = 1e-3, 5.0, 0.25, 8
# A round that lowers the loss by less than this share is the last.
_ENOUGH = 2e-4
# Open-loop rows mostly repeat the offered rate; they count little.
RATE_WEIGHT = 0.3
# Ranges of the factors of a release.
RELEASE_RANGES = {
    "device_factor": (0.5, 2.0),
    "host_factor": (0.35, 3.0),
    "cache_factor": (0.8, 20.0),
    "first_token_factor": (0.3, 4.0),
}


@dataclass(frozen=True)
class Sample:
    """One measured row made ready; figures are None where the row has none."""

    row: Conditions
    model: ModelArchitecture
    chip: Resources
    vendor: str
    device: str
    family: str
    workload: str
    measured: float
    first_s: float | None
    token_s: float | None

    @property
    def weight(self) -> float:
        """Weight of the row in the fit."""
        return RATE_WEIGHT if self.row.regime == "rate" else 1.0

    def outcome(self, cal: Calibration) -> Outcome | None:
        """Return the projection, None where there is none."""
        try:
            return project_row(self.row, self.model, self.chip, cal, self.vendor)
        except UnprojectableError:
            return None

    def error(self, cal: Calibration) -> float:
        """Logarithm of projected over measured output; 0 where the row cannot be projected."""
        found = self.outcome(cal)
        return 0.0 if found is None else log(found.score / self.measured)

    def first_token_error(self, cal: Calibration) -> float:
        """Logarithm of projected over measured TTFT; 0 where there is none or no closed loop."""
        found = self.outcome(cal) if self.first_s and self.row.regime == "concurrency" else None
        if found is None or not found.ttft_s or not self.first_s:
            return 0.0
        return log(found.ttft_s / self.first_s)


def samples(path: Path) -> list[Sample]:
    """Return the rows of a file that are projectable and measured."""
    from catalogs.load import load_catalog
    from optimizer.projection.measured import Devices, read_measured
    from optimizer.projection.rows import conditions

    devices = Devices(load_catalog(ambient=False))
    out = []
    for cells in read_measured(path):
        try:
            row = conditions(cells)
            chip, model = devices.chip(row.gpu), devices.model(row.model)
        except UnprojectableError:
            continue
        measured = _cell(cells.get("out_tok_s", "")) or _cell(cells.get("in_tok_s", ""))
        if not measured:
            continue
        out.append(
            Sample(
                row=row,
                model=model,
                chip=chip,
                vendor=devices.vendor(row.gpu),
                device=devices.device(row.gpu),
                family=devices.family(row.gpu),
                workload=cells.get("workload_id") or row.row_id,
                measured=measured,
                first_s=_cell(cells.get("ttft_ms", ""), 1e-3),
                token_s=_cell(cells.get("tpot_ms", ""), 1e-3),
            )
        )
    return out


def _cell(text: str, scale: float = 1.0) -> float | None:
    try:
        value = float(text) * scale
    except ValueError:
        return None
    return value if value > 0 else None


def _always(_: Sample) -> bool:
    return True


# Constants that only some rows can tell; the others are spared when derivatives are taken.
_TOLD_BY: dict[str, Callable[[Sample], bool]] = {
    "grouped_gemm_efficiency": lambda s: s.model.moe_layers > 0,
    "expert_half_rate_tokens": lambda s: s.model.moe_layers > 0,
    "expert_choice_spread": lambda s: s.model.moe_layers > 0,
    "expert_imbalance": lambda s: (s.row.experts or 2) > 1 and s.model.moe_layers > 0,
    "all_to_all_hidden_share": lambda s: (s.row.replicas or 2) > 1 and s.model.moe_layers > 0,
    "replica_stall_share": lambda s: (s.row.replicas or 2) > 1 and s.model.moe_layers > 0,
    "moe_layer_fixed_s": lambda s: s.model.moe_layers > 0,
    "latent_cache_stream_efficiency": lambda s: s.model.latent is not None,
    "latent_attention_efficiency": lambda s: s.model.latent is not None,
    "widened_weight_efficiency": lambda s: widened(s.row.weight_format, s.chip),
    "pipeline_bubble": lambda s: s.row.stages > 1,
    "bus_efficiency": lambda s: not s.chip.nvlink_class and s.row.chips > 1,
    "bus_latency_factor": lambda s: not s.chip.nvlink_class and s.row.chips > 1,
    "link_efficiency": lambda s: s.chip.nvlink_class and s.row.chips > 1,
    "all_reduce_latency_s": lambda s: s.row.chips > 1,
    "tpot_tail_factor": lambda s: s.row.regime == "server_slo",
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
            told = _states(start, release.id)
            out.append(Parameter(f"{release.id}.{factor}", low, high, 1.0, True, told))
    return tuple(out)


def _states(start: Calibration, release: str) -> Callable[[Sample], bool]:
    def told(s: Sample) -> bool:
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


@dataclass(frozen=True)
class Problem:
    """Rows, what is fitted to them, and the error that is made small.

    Parameters
    ----------
    error : callable
        Log error of a sample under some constants.
    width : float
        Errors far beyond this hardly count.
    """

    rows: Sequence[Sample]
    names: tuple[Parameter, ...]
    start: Calibration
    error: Callable[[Sample, Calibration], float]
    width: float

    def errors(self, point: Vector) -> Vector:
        """Return the error of every row."""
        cal = at(self.start, self.names, point)
        return np.array([self.error(row, cal) for row in self.rows])

    def jacobian(self, point: Vector, base: Vector) -> Vector:
        """Return the derivative of every error by every coordinate."""
        out = np.zeros((len(self.rows), len(self.names)))
        for column, parameter in enumerate(self.names):
            move = _STEP if point[column] + _STEP <= 1 else -_STEP
            shifted = point.copy()
            shifted[column] += move
            cal = at(self.start, self.names, shifted)
            for index, row in enumerate(self.rows):
                if parameter.told_by(row):
                    out[index, column] = (self.error(row, cal) - base[index]) / move
        return out

    @property
    def center(self) -> Vector:
        """Point that the ridge pulls to."""
        return np.array([p.to(p.center) for p in self.names])

    def loss(self, errors: Vector, weights: Vector, point: Vector) -> float:
        """Return the Cauchy loss with the ridge."""
        soft = np.log1p((errors / self.width) ** 2) * self.width**2
        return float(weights @ soft + _RIDGE**2 * ((point - self.center) ** 2).sum())

    def step(
        self, jacobian: Vector, errors: Vector, weights: Vector, point: Vector, damping: float
    ) -> Vector:
        """Return the next point, inside the ranges."""
        soft = weights / (1 + (errors / self.width) ** 2)
        normal = (jacobian * soft[:, None]).T @ jacobian + _RIDGE**2 * np.eye(len(self.names))
        pull = _RIDGE**2 * (self.center - point) - (jacobian * soft[:, None]).T @ errors
        move = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), pull)
        return np.clip(point + move, 0.0, 1.0)


@dataclass(frozen=True)
class Solution:
    """Where a fit ended: constants, errors, and their derivatives at the last round's start."""

    point: Vector
    errors: Vector
    jacobian: Vector
    base: Vector

    def constants(self, problem: Problem) -> Calibration:
        """Return the constants."""
        return at(problem.start, problem.names, self.point)


def solve(
    problem: Problem, weights: Vector, point: Vector, rounds: int, jacobian: Vector | None = None
) -> Solution:
    """Lower the loss by damped Gauss-Newton rounds; the first may use a known Jacobian."""
    errors = problem.errors(point)
    loss = problem.loss(errors, weights, point)
    found = Solution(point, errors, np.zeros((len(errors), len(point))), point)
    damping = _DAMPING
    for _ in range(rounds):
        slopes = problem.jacobian(point, errors) if jacobian is None else jacobian
        jacobian = None
        for _ in range(_TRIES):
            there = problem.step(slopes, errors, weights, point, damping)
            after = problem.errors(there)
            lower = problem.loss(after, weights, there)
            if lower < loss:
                break
            damping *= _HARDER
        else:
            return replace(found, jacobian=slopes, base=point)
        gain, loss, damping = loss - lower, lower, damping * _EASIER
        found = Solution(there, after, slopes, point)
        point, errors = there, after
        if gain < _ENOUGH * loss:
            break
    return found

"""The full projection of some designs: what was chosen, how long it takes, what binds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from optimizer.projection.choice import TERMS, Choice, chosen
from optimizer.projection.first_token import Poisson
from optimizer.projection.infeasible import reasons
from optimizer.projection.operating import utilization
from optimizer.projection.plan import MemberPlan
from optimizer.projection.planned import least_known, limited, planned_interval, strange
from optimizer.projection.prefill_table import PrefillTable, prefill_table
from optimizer.projection.resources import Array, Resources
from optimizer.projection.time_intervals import TimeBands, planned_times

if TYPE_CHECKING:
    from optimizer.projection.serving import Prepared

MS_PER_S = 1000.0
# A time that is this close above its limit is above it by the rounding of floats alone.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class MemberTable:
    """One member over n designs; NaN, 0 or '' where it cannot be served.

    Parameters
    ----------
    tokens_per_s_per_chip, low, high : array
        Output tokens and the 80 % interval. [1/s]
    ttft_ms, ttft_p99_ms, tpot_ms, tpot_p99_ms : array
        Mean and 99th percentile of the first token and of each further one. [ms]
    tensor_parallel, data_parallel, expert_parallel, pipeline_stages, chips : integer arrays
        Chosen layout.
    path : array of str
        What carries the traffic between the chips of an instance: `none`, `link` or `bus`.
    batch : array
        Mean sequences per attention replica.
    batch_limit : array of str
        What keeps the batch from growing: `memory`, `server`, `tpot` or `ttft`.
    binding : array of str
        The term that takes most of a step.
    utilization : array
        Share of a step that the binding term takes.
    shares : mapping of term to array
        Share of a step by term.
    peak_flops_share, peak_bytes_share : array
        Useful work over what the peak rate and the DRAM bandwidth would do in the same time. [1]
    reason : tuple of str or None
        Why a design cannot serve the member.
    times : TimeBands
        Factors of the 80 % intervals of the means of both times.
    prefill : PrefillTable or None
        The pool that reads the prompts, if it is another; everything else is of the decode pool,
        but for throughput and the first token, which are of both.
    """

    name: str
    model: str
    tokens_per_s_per_chip: Array
    low: Array
    high: Array
    ttft_ms: Array
    ttft_p99_ms: Array
    tpot_ms: Array
    tpot_p99_ms: Array
    tensor_parallel: NDArray[np.int64]
    data_parallel: NDArray[np.int64]
    expert_parallel: NDArray[np.int64]
    pipeline_stages: NDArray[np.int64]
    path: NDArray[np.str_]
    chips: NDArray[np.int64]
    batch: Array
    batch_limit: NDArray[np.str_]
    binding: NDArray[np.str_]
    utilization: Array
    shares: dict[str, Array]
    peak_flops_share: Array
    peak_bytes_share: Array
    reason: tuple[str | None, ...]
    times: TimeBands
    prefill: PrefillTable | None = None


@dataclass(frozen=True, slots=True)
class ProjectionTable:
    """A workload over n designs."""

    tokens_per_s_per_chip: Array
    low: Array
    high: Array
    members: tuple[MemberTable, ...]
    reason: tuple[str | None, ...]


def project(prepared: Prepared, resources: Resources) -> ProjectionTable:
    """Return the table of a prepared workload; its throughput is that of the hot path."""
    rate = prepared.tokens_per_s_per_chip(resources)
    members = tuple(_member(prepared, plan, resources) for plan in prepared.plans)
    reasons = tuple(_first(column) for column in zip(*(m.reason for m in members), strict=True))
    ends = []
    for side in ("low", "high"):
        with np.errstate(divide="ignore"):
            seconds = sum(
                plan.member.weight / getattr(table, side)
                for plan, table in zip(prepared.plans, members, strict=True)
            )
        ends.append(1.0 / np.asarray(seconds))
    return ProjectionTable(rate, ends[0], ends[1], members, reasons)


def _first(reasons: tuple[str | None, ...]) -> str | None:
    return next((reason for reason in reasons if reason is not None), None)


def _member(prepared: Prepared, plan: MemberPlan, resources: Resources) -> MemberTable:
    choice = chosen(prepared, plan, resources)
    served = choice.layout >= 0
    layouts = plan.layouts
    rate = choice.pair
    width, two_pools = plan.member.weight_precision, plan.prefill is not None
    parts = (resources, *(() if plan.prefill is None else (plan.prefill.chip,)))
    family = least_known(*(part.family for part in parts))
    odd = strange(prepared.stack, *(part.maker for part in parts))
    band = planned_interval(limited(plan.member), family, width, two_pools=two_pools, strange=odd)
    z = prepared.calibration.wait_tail_factor
    mean, tail = _first_token(plan, choice), _first_token(plan, choice, z)
    beside = None
    if plan.prefill is not None:
        decode = np.where(served, choice.rate * plan.per_chip[choice.layout], np.nan)
        beside = prefill_table(plan.prefill, resources, choice.layout, decode)
        mean, tail = beside.ttft_s, beside.ttft_p99_s
    p99 = prepared.calibration.tpot_tail_factor
    flops, moved = utilization(plan, choice, resources)
    binding = np.where(served, np.array(TERMS)[np.nan_to_num(choice.shares).argmax(axis=0)], "")
    return MemberTable(
        name=plan.member.name,
        model=plan.model.name,
        tokens_per_s_per_chip=rate,
        low=rate * band.low,
        high=rate * band.high,
        ttft_ms=mean * MS_PER_S,
        ttft_p99_ms=_kept(tail * MS_PER_S, plan.member.ttft_limit_ms),
        tpot_ms=choice.further_s * MS_PER_S,
        tpot_p99_ms=_kept(choice.further_s * (MS_PER_S * p99), plan.member.tpot_limit_ms),
        tensor_parallel=_picked(served, choice, [x.tensor for x in layouts]),
        data_parallel=_picked(served, choice, [x.replicas for x in layouts]),
        expert_parallel=_picked(served, choice, [x.experts for x in layouts]),
        pipeline_stages=_picked(served, choice, [x.stages for x in layouts]),
        path=np.where(served, np.array([x.path.value for x in layouts])[choice.layout], ""),
        chips=_picked(served, choice, [x.chips for x in layouts]),
        batch=choice.batch,
        batch_limit=choice.limit,
        binding=binding,
        utilization=choice.shares.max(axis=0),
        shares=dict(zip(TERMS, choice.shares, strict=True)),
        peak_flops_share=flops,
        peak_bytes_share=moved,
        reason=reasons(plan, resources, served, prepared.calibration),
        times=planned_times(family, width, two_pools=two_pools, strange=odd),
        prefill=beside,
    )


def _kept(times_ms: Array, limit_ms: float | None) -> Array:
    """Times, at the limit where rounding alone puts them above the one that the choice kept."""
    if limit_ms is None:
        return times_ms
    above = (times_ms > limit_ms) & (times_ms <= limit_ms * (1 + ROUNDING))
    return np.where(above, limit_ms, times_ms)


def _picked(served: NDArray[np.bool_], choice: Choice, values: list[int]) -> NDArray[np.int64]:
    return np.where(served, np.array(values, dtype=np.int64)[choice.layout], 0)


def _first_token(plan: MemberPlan, choice: Choice, tail: float = 1.0) -> Array:
    """Mean first token under Poisson arrivals at the planned load; with the tail, the 99th. [s]"""
    busy = choice.rate * choice.share_s / plan.member.output_tokens
    arrivals = Poisson(busy, plan.stages[choice.layout], tail)
    found = plan.first.mean_s(choice.alone_s, choice.share_s, choice.step_s, arrivals)
    return np.asarray(found)

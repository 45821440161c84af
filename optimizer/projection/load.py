"""A part under a stated load: requests that arrive at a rate, or a burst of a few.

Both keep the layout that the plan chose and its step T(b) = min over lines of K + A b.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from catalogs.errors import InputError
from optimizer.projection.choice import chosen
from optimizer.projection.plan import MemberPlan
from optimizer.projection.prices import hot_prices
from optimizer.projection.resources import Resources

if TYPE_CHECKING:
    from optimizer.projection.serving import Prepared

# A rate that is this close to what so many instances serve is served by them.
_ROUNDING = 1e-9
LEAST_RATE, MOST_RATE = 1e-9, 1e9
"""Rates that are worked out: one request in thirty years, and one of every eighth person in each
second. [1/s]"""
MOST_BURST = 10**9
"""Requests of a burst at most."""


@dataclass(frozen=True, slots=True)
class Load:
    """One member of a workload under a stated load.

    Parameters
    ----------
    requests_per_s : float
        Requests of this member. [1/s]
    instances, chips : int
        Fewest instances that keep the limits, and their chips.
    batch : float
        Mean sequences per attention replica. [1]
    ttft_s, tpot_s : float
        Mean first token and time per further token. [s]
    tokens_per_s_per_chip : float
        Output tokens. [1/s]
    busy : float
        Load over what so many instances can serve. [1]
    """

    requests_per_s: float
    instances: int
    chips: int
    batch: float
    ttft_s: float
    tpot_s: float
    tokens_per_s_per_chip: float
    busy: float


@dataclass(frozen=True, slots=True)
class Burst:
    """Requests that come at once to one instance, and how long it takes to answer them all.

    Parameters
    ----------
    batch : float
        Sequences per attention replica while the burst lasts. [1]
    seconds : float
        Until the last token. [s]
    tokens_per_s_per_chip : float
        Output tokens over that time. [1/s]
    """

    requests: int
    chips: int
    batch: float
    seconds: float
    tokens_per_s_per_chip: float


@dataclass(frozen=True, slots=True)
class _Point:
    """The chosen operating point of one design on one member."""

    plan: MemberPlan
    replicas: int
    chips: int
    rate: float
    batch: float
    alone_s: float
    share_s: float
    fixed: np.ndarray
    slope: np.ndarray

    def step_s(self, batch: float) -> float:
        return float((self.fixed + self.slope * batch).min())

    def batch_at(self, rate: float) -> float:
        """Sequences at which a replica makes `rate` tokens/s: b = x K / (1 - x A), least line."""
        spare = 1 - rate * self.slope
        with np.errstate(divide="ignore"):
            return float(np.where(spare > 0, rate * self.fixed / spare, np.inf).min())


def _point(prepared: Prepared, plan: MemberPlan, resources: Resources) -> _Point | None:
    choice = chosen(prepared, plan, resources)
    index = int(choice.layout[0])
    if index < 0:
        return None
    width = plan.member.weight_precision
    prices = hot_prices(width, resources, prepared.calibration, 1)[:, 0]
    layout = plan.layouts[index]
    return _Point(
        plan,
        layout.replicas,
        layout.chips,
        float(choice.rate[0]),
        float(choice.batch[0]),
        float(choice.alone_s[0]),
        float(choice.share_s[0]),
        plan.lines[0, index] @ prices,
        plan.lines[1, index] @ prices,
    )


def request_shares(prepared: Prepared) -> list[float]:
    """Shares of the requests of each member; its weight is a share of the output tokens."""
    counts = [p.member.weight / p.member.output_tokens for p in prepared.plans]
    return [count / sum(counts) for count in counts]


def at_rate(prepared: Prepared, resources: Resources, requests_per_s: float) -> list[Load | None]:
    """Return each member at an open-loop rate of the whole workload; None where not served.

    N = ceil(r n_out / X) instances of throughput X keep the limits; each replica then serves
    x = r n_out / (N a) tokens/s with b = x T(b) sequences, and the first token waits for the
    prompts ahead, t1 + rho t1 / (2 (1 - rho)) (M/D/1).

    Parameters
    ----------
    requests_per_s : float
        Requests of all members together. [1/s]

    References
    ----------
    .. [1] L. Kleinrock, Queueing Systems, vol. 1, 1975, M/D/1.
    """
    _one_pool(prepared, "--rate")
    if not LEAST_RATE <= requests_per_s <= MOST_RATE:
        raise InputError(
            f"{requests_per_s:g} is not from {LEAST_RATE:g} to {MOST_RATE:g}",
            "--rate",
            "Give requests per second",
        )
    out: list[Load | None] = []
    for plan, share in zip(prepared.plans, request_shares(prepared), strict=True):
        point = _point(prepared, plan, resources)
        out.append(None if point is None else _load(point, requests_per_s * share))
    return out


def _load(point: _Point, requests_per_s: float) -> Load:
    tokens = requests_per_s * point.plan.member.output_tokens
    most = point.rate * point.replicas
    instances = max(1, ceil(tokens / most * (1 - _ROUNDING)))
    rate = tokens / (instances * point.replicas)
    batch = min(point.batch_at(rate), point.batch)
    busy = rate * point.share_s / point.plan.member.output_tokens
    wait = busy * point.alone_s / (2 * (1 - busy))
    return Load(
        requests_per_s=requests_per_s,
        instances=instances,
        chips=instances * point.chips,
        batch=batch,
        ttft_s=point.alone_s + wait,
        tpot_s=point.step_s(max(batch, 1.0)),
        tokens_per_s_per_chip=tokens / (instances * point.chips),
        busy=tokens / (most * instances),
    )


def in_burst(prepared: Prepared, resources: Resources, requests: int) -> list[Burst | None]:
    """Return each member in a burst of requests to one instance; None where not served.

    A replica takes min(b*, N / a) at a time; while the last ones drain the batch is not full:
    X = a b / T(b) / (1 + v min(a b, N) / N).
    """
    _one_pool(prepared, "--burst")
    if not 1 <= requests <= MOST_BURST:
        raise InputError(
            f"{requests} is not a number of requests", "--burst", f"Give 1 to {MOST_BURST:,}"
        )
    drain = prepared.calibration.drain_weight
    out: list[Burst | None] = []
    for plan in prepared.plans:
        point = _point(prepared, plan, resources)
        if point is None:
            out.append(None)
            continue
        batch = min(point.batch, max(requests / point.replicas, 1.0))
        held = min(batch * point.replicas, float(requests))
        rate = held / point.step_s(batch) / (1 + drain * held / requests)
        seconds = requests * plan.member.output_tokens / rate
        out.append(Burst(requests, point.chips, batch, seconds, rate / point.chips))
    return out


def _one_pool(prepared: Prepared, option: str) -> None:
    if prepared.workload.prefill is not None:
        raise InputError("two pools have no load of one", option, "Leave out the prefill pool")

"""A part under a stated load: requests that arrive at a rate, or a burst of a few.

Both keep the layout that the plan chose and its step T(b) = min over lines of K + A b.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from catalogs.errors import InputError
from optimizer.projection.choice import further_s
from optimizer.projection.point import Point, Prompts, point_of
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
    instances, prefill_instances : int
        Fewest instances that keep the limits; of two pools those that decode, and the others.
    chips : int
        Chips of all instances.
    batch : float
        Mean sequences per attention replica. [1]
    ttft_s, tpot_s : float
        Mean first token and time per further token. [s]
    tokens_per_s_per_chip : float
        Output tokens. [1/s]
    busy : float
        Load over what so many instances can serve. [1]
    prefill_busy : float or None
        Share of their time that the instances of a prefill pool read prompts. [1]
    """

    requests_per_s: float
    instances: int
    prefill_instances: int | None
    chips: int
    batch: float
    ttft_s: float
    tpot_s: float
    tokens_per_s_per_chip: float
    busy: float
    prefill_busy: float | None

    def fewest(self, factor: float) -> int:
        """Fewest instances if each served so many times what is projected.

        Examples
        --------
        >>> load = Load(1.0, 2, None, 8, 1.0, 1.0, 1.0, 1.0, 0.75, None)
        >>> load.fewest(1.0), load.fewest(0.5), load.fewest(2.0)
        (2, 3, 1)
        """
        return _fewest(self.busy * self.instances / factor)


@dataclass(frozen=True, slots=True)
class Burst:
    """Requests that come at once to one instance, and how long it takes to answer them all.

    Parameters
    ----------
    prefill_instances : int or None
        Instances of a prefill pool beside it, where there is one.
    batch : float
        Sequences per attention replica while the burst lasts. [1]
    seconds : float
        Until the last token. [s]
    tokens_per_s_per_chip : float
        Output tokens over that time. [1/s]
    """

    requests: int
    prefill_instances: int | None
    chips: int
    batch: float
    seconds: float
    tokens_per_s_per_chip: float


def request_shares(prepared: Prepared) -> list[float]:
    """Shares of the requests of each member; its weight is a share of the output tokens."""
    counts = [p.member.weight / p.member.output_tokens for p in prepared.plans]
    return [count / sum(counts) for count in counts]


def at_rate(prepared: Prepared, resources: Resources, requests_per_s: float) -> list[Load | None]:
    """Return each member at an open-loop rate of the whole workload; None where not served.

    N = ceil(r n_out / X) instances of throughput X keep the limits; each replica then serves
    x = r n_out / (N a) tokens/s with b = x T(b) sequences, and the first token is that of
    requests that arrive at random. Of two pools each has the fewest instances that keep its limits.

    Parameters
    ----------
    requests_per_s : float
        Requests of all members together. [1/s]

    References
    ----------
    .. [1] L. Kleinrock, Queueing Systems, vol. 1, 1975, M/D/1.
    """
    if not LEAST_RATE <= requests_per_s <= MOST_RATE:
        raise InputError(
            f"{requests_per_s or 0.0:g} is not from {LEAST_RATE:g} to {MOST_RATE:g}",
            "--rate",
            "Give requests per second",
        )
    out: list[Load | None] = []
    for plan, share in zip(prepared.plans, request_shares(prepared), strict=True):
        point = point_of(prepared, plan, resources)
        out.append(None if point is None else _load(point, requests_per_s * share))
    return out


def _load(point: Point, requests_per_s: float) -> Load:
    tokens = requests_per_s * point.plan.member.output_tokens
    most = point.rate * point.replicas
    instances = _fewest(tokens / most)
    rate = tokens / (instances * point.replicas)
    batch = min(point.batch_at(rate), point.batch)
    readers = _readers(point.prompts, requests_per_s) if point.pooled else instances
    chips = instances * point.chips + (readers * point.prompts.chips if point.pooled else 0)
    reading = requests_per_s * point.prompts.full_s / readers
    step = point.step_s(batch)
    return Load(
        requests_per_s=requests_per_s,
        instances=instances,
        prefill_instances=readers if point.pooled else None,
        chips=chips,
        batch=batch,
        ttft_s=point.prompts.first_token_s(reading, 0.0 if point.pooled else step),
        tpot_s=further_s(point.plan, step, point.prompt_s * min(batch, 1.0)),
        tokens_per_s_per_chip=tokens / chips,
        busy=tokens / (most * instances),
        prefill_busy=reading if point.pooled else None,
    )


def _fewest(needed: float) -> int:
    """Whole instances that serve so many instances' load, at least one."""
    return max(1, ceil(needed * (1 - _ROUNDING)))


def _readers(prompts: Prompts, requests_per_s: float) -> int:
    """Fewest instances that read so many prompts; a queue without a limit needs some spare time."""
    fewest = _fewest(requests_per_s * prompts.allowed_s)
    full = requests_per_s * prompts.full_s >= fewest * (1 - _ROUNDING)
    return fewest + 1 if full else fewest


def in_burst(prepared: Prepared, resources: Resources, requests: int) -> list[Burst | None]:
    """Return each member in a burst of requests to one instance; None where not served.

    A replica takes min(b*, N / a) at a time; while the last ones drain the batch is not full:
    X = a b / T(b) / (1 + v min(a b, N) / N). Beside it stand the fewest instances of a prefill pool
    that feed it at full load; then the burst lasts as long as the first prompt and all answers, or
    all prompts and the last answer, whichever is longer.
    """
    if not 1 <= requests <= MOST_BURST:
        raise InputError(
            f"{requests} is not a number of requests", "--burst", f"Give 1 to {MOST_BURST:,}"
        )
    drain = prepared.calibration.drain_weight
    points = (point_of(prepared, plan, resources) for plan in prepared.plans)
    return [None if point is None else _burst(point, requests, drain) for point in points]


def _burst(point: Point, requests: int, drain: float) -> Burst:
    output = point.plan.member.output_tokens
    batch = min(point.batch, max(requests / point.replicas, 1.0))
    held = min(batch * point.replicas, float(requests))
    step = point.step_s(batch)
    seconds = requests * output * step / held * (1 + drain * held / requests)
    chips, readers = point.chips, None
    if point.pooled:
        prompts = point.prompts
        readers = max(1, ceil(point.rate * point.replicas / output * prompts.allowed_s))
        chips += readers * prompts.chips
        read = max(prompts.alone_s, requests * prompts.sent_s / readers)
        seconds = prompts.transfer_s + max(prompts.alone_s + seconds, read + output * step)
    return Burst(requests, readers, chips, batch, seconds, requests * output / seconds / chips)

"""Which layout, batch and line the closed form chose, and what a step of it is spent on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from optimizer.projection.closed_form import batch_caps, batches, prompt_rate, rate_per_chip
from optimizer.projection.plan import MemberPlan, mixed_lines
from optimizer.projection.prices import expanded, hot_prices
from optimizer.projection.resources import Array, Resources
from optimizer.projection.work import BINDING

if TYPE_CHECKING:
    from optimizer.projection.serving import Prepared

TERMS = ("compute", "weights", "kv", "links", "host")
# A batch this close to a cap is at the cap.
_AT_CAP = 1e-9
Times = TypeVar("Times", float, Array)


@dataclass(frozen=True, slots=True)
class Choice:
    """Best operating point of each of n designs on one member; NaN where there is none.

    Parameters
    ----------
    layout : integer array
        Index into the layouts of the plan, -1 where infeasible.
    line : integer array
        Index into the lines of the step in that layout.
    pair : array
        Output rate per chip, chips of another pool for the prompts included; 0 where infeasible.
        [tokens/s]
    rate : array
        Output rate of one attention replica. [tokens/s]
    batch, step_s, further_s : array
        Sequences per replica, the mean step, and the time per further token: a step without the
        own prompt, which is over before the first. [1], [s], [s]
    alone_s, share_s : array
        A prompt on an idle server, and in full chunks. [s]
    shares : array, shape (5, n)
        Share of a step by term.
    limit : array of str
        What keeps the batch from growing.
    """

    layout: NDArray[np.intp]
    line: NDArray[np.intp]
    pair: Array
    rate: Array
    batch: Array
    step_s: Array
    further_s: Array
    alone_s: Array
    share_s: Array
    shares: Array
    limit: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class _Surface:
    """Times and caps of every picked layout (R), line (J) and design (n)."""

    pick: NDArray[np.intp]
    fixed: Array
    slope: Array
    alone: Array
    share: Array
    caps: Array
    free: Array
    prompt: Array
    rates: Array
    pair: Array


def _surface(
    prepared: Prepared,
    plan: MemberPlan,
    pick: NDArray[np.intp],
    resources: Resources,
    prices: Array,
) -> _Surface:
    cal = prepared.calibration
    from optimizer.projection.serving import silence_cut_links

    memory = resources.columns()["memory_bytes"]
    times = plan.lines[:, pick] @ prices
    alone, share = plan.prompts[:, pick] @ prices
    caps = batch_caps(plan, pick, memory, cal)
    own = share * (plan.prompt_part / plan.member.output_tokens)
    free = batches(plan, times[0], times[1], caps, own).max(axis=1)
    limited = plan.prompt_limit_s is not None
    prompt = np.full_like(alone, np.inf)
    if limited:
        prompt = prompt_rate(plan, pick[:, None], plan.hot[:, pick] @ prices)
    rates = rate_per_chip(plan, pick, prices, memory, cal)
    silence_cut_links(rates, plan, pick, resources)
    pair = rates
    if plan.prefill is not None:
        beside = plan.prefill.beside(resources, pick)
        pair, rates = beside.joined(rates), np.minimum(rates, beside.most)
    return _Surface(pick, times[0], times[1], alone, share, caps, free, prompt, rates, pair)


def chosen(prepared: Prepared, plan: MemberPlan, resources: Resources) -> Choice:
    """Return the operating points that the hot path's throughput stands for."""
    from optimizer.projection.serving import usable_layouts

    n = resources.count
    pick = usable_layouts(plan, resources, prepared.calibration)
    if pick.size == 0:
        return _nothing(n)
    prices = hot_prices(plan.member.weight_precision, resources, prepared.calibration, n)
    s = _surface(prepared, plan, pick, resources, prices)
    row, at = s.pair.argmax(axis=0), np.arange(n)
    served = s.pair[row, at] > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(served, s.rates[row, at] / plan.per_chip[pick][row], np.nan)
    prompts = s.share[row, at] * (plan.prompt_part / plan.member.output_tokens)
    lines = s.fixed[row, :, at].T, s.slope[row, :, at].T
    batch = in_flight(rate, *lines, prompts, plan.stages[pick][row])
    line = batch.argmin(axis=0)
    batch = np.where(served, batch[line, at], np.nan)
    layout = np.where(served, pick[row], -1)
    return Choice(
        layout=layout,
        line=line,
        pair=np.where(served, s.pair[row, at], 0.0),
        rate=rate,
        batch=batch,
        step_s=batch / rate,
        further_s=further_s(plan, batch / rate, prompts * np.minimum(batch, 1.0)),
        alone_s=np.where(served, s.alone[row, at], np.nan),
        share_s=np.where(served, s.share[row, at], np.nan),
        shares=_shares(plan, layout, line, batch, prices),
        limit=np.where(served, _limits(plan, s, row), ""),
    )


def further_s(plan: MemberPlan, step: Times, own: Times) -> Times:
    """Time per further token: a step without the own prompt; NaN where the answer has one. [s]"""
    return step - own if plan.member.output_tokens > 1 else step * np.nan


def in_flight(rate: Array, fixed: Array, slope: Array, prompts: Array, least: Array) -> Array:
    """Sequences of a replica that makes `rate` tokens/s, on each line of its step; b = x T(b). [1]

    T(b) = K + A b, so b = x K / (1 - x A). Fewer sequences than stages leave passes of one, and
    below one on average who is served finds himself in the step: with S the part of A that prompts
    take and p stages, one at least, T(b) = K + (A - S) p + S b, the larger of the two.

    Parameters
    ----------
    fixed, slope : array, shape (J, ...)
        K and A of the lines. [s]
    prompts : array
        S. [s]
    least : array
        Stages p of a pipeline, one without. [1]

    Examples
    --------
    >>> rate, fixed, slope, none = (np.array([x]) for x in (2.0, 0.5, 0.1, 0.0))
    >>> in_flight(rate, fixed, slope, none, none + 1), in_flight(rate, fixed, slope, none, none + 4)
    (array([1.25]), array([1.8]))
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        spare = 1 - rate * slope
        full = np.where(spare > 0, rate * fixed / spare, np.inf)
        return np.maximum(full, rate * (fixed + (slope - prompts) * least) / (1 - rate * prompts))


def _nothing(n: int) -> Choice:
    nan = np.full(n, np.nan)
    none = np.full(n, -1, dtype=np.intp)
    shares = np.full((len(TERMS), n), np.nan)
    return Choice(none, none, np.zeros(n), nan, nan, nan, nan, nan, nan, shares, np.full(n, ""))


def _limits(plan: MemberPlan, s: _Surface, row: NDArray[np.intp]) -> NDArray[np.str_]:
    """Name what keeps the batch from growing in the chosen layout."""
    at = np.arange(row.size)
    cap, free = s.caps[row, at], s.free[row, at]
    line_rate = (
        free / np.min(s.fixed[row, :, at].T + s.slope[row, :, at].T * free, axis=0)
    ).ravel()
    by_prompt = s.prompt[row, at] < line_rate * (1 - _AT_CAP)
    by_network = s.rates[row, at] / plan.per_chip[s.pick][row] < line_rate * (1 - _AT_CAP)
    by_step = free < cap * (1 - _AT_CAP)
    at_server = cap >= plan.batch_limit
    if plan.prefill is None:
        by_network = np.zeros_like(by_prompt)
    return np.select(
        [by_network, by_prompt, by_step, at_server], ["network", "ttft", "tpot", "server"], "memory"
    )


def _shares(
    plan: MemberPlan,
    layout: NDArray[np.intp],
    line: NDArray[np.intp],
    batch: Array,
    prices: Array,
) -> Array:
    """Share of a step by term, (5, n)."""
    full = expanded(prices)
    shares = np.full((len(TERMS), layout.size), np.nan)
    for index in np.unique(layout[layout >= 0]):
        mine = np.flatnonzero(layout == index)
        fixed, slope = mixed_lines(plan.requests[index], plan.prompt_part)
        work = (
            fixed[line[mine]] + slope[line[mine]] * batch[mine, None]
        ) * plan.release.row_factors
        seconds = work.T * full[:, mine]
        for position, term in enumerate(TERMS):
            rows = [i for i, name in enumerate(BINDING) if name == term]
            shares[position, mine] = seconds[rows].sum(axis=0) / seconds.sum(axis=0)
    return shares

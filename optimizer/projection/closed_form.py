"""The hot path: best batch and throughput of many designs, in closed form.

Per replica a step of b sequences takes T(b) = K + A b, so throughput b / T(b) grows with b and
the best batch is the largest one allowed. The own prompt P of a sequence, a part of A, is over
before its first token, so a further one takes T(b) - P:
b* = min(b_cap, b_max, (limit + P - K) / A), X* = b* / (K + A b*). A pipeline is used only where b*
keeps its stages full, one sequence each.
For a mixture of experts T(b) is the lowest of a few such lines, and X* the best over the lines.
A limit on the first token caps X itself: with the load grow both the wait and the step.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.projection.calibration import Calibration
from optimizer.projection.plan import MemberPlan
from optimizer.projection.resources import Array

# Layouts times designs of a chunk. Ten arrays of 28,000 doubles stay in a second-level cache of
# 2 MiB, but then threads of a scan wait for the interpreter as long as they compute.
CACHE_CELLS = 160_000
# How far a bound may lie below what it bounds by rounding.
ROUNDING = 1e-12


def chunk_size(layouts: int) -> int:
    """Designs per chunk such that the intermediates over so many layouts stay in cache."""
    return max(256, CACHE_CELLS // layouts)


def batch_caps(plan: MemberPlan, pick: NDArray[np.intp], memory: Array, cal: Calibration) -> Array:
    """Sequences per replica that memory holds, not above the server's own limit. (R, n)

    usable = share x C - weights - reserve; b_cap = usable / cache bytes per sequence.
    """
    caps = np.multiply.outer(cal.memory_usable_share * plan.per_cache_byte[pick], memory)
    caps -= (plan.weight_bytes[pick] * plan.per_cache_byte[pick])[:, None]
    np.minimum(caps, plan.batch_limit, out=caps)
    return caps


def batches(plan: MemberPlan, fixed: Array, slope: Array, caps: Array, own: Array) -> Array:
    """Largest allowed batch on each line, (R, J, n); below one a stage means infeasible.

    `own` is the part of the slope that the own prompt takes, (R, n).
    """
    if plan.step_limit_s is None:
        return np.broadcast_to(caps[:, None, :], fixed.shape)
    limited = np.subtract((plan.step_limit_s + own)[:, None, :], fixed)
    limited /= slope
    return np.minimum(limited, caps[:, None, :], out=limited)


def prompt_rate(plan: MemberPlan, row: NDArray[np.intp], times: Array) -> Array:
    """Highest output rate of a replica at which the first token keeps its limit. [tokens/s]

    The 99th percentile of the first token is f (c + n1 t1 + n2 T) + z rho t1 / (2 p (1 - rho)),
    with the rate x a share rho = s x of the time for prompts, T = K / (1 - A x), and with the
    room r = L - f (c + n1 t1) and w = z t1 / 2 p it keeps the limit L where

        f n2 K (1 - s x) + w s x (1 - A x) <= r (1 - A x) (1 - s x),

    so up to the smaller root of a quadratic. The step is the lowest of its lines, so the rate is
    the highest over them; fewer sequences than stages, or than the one who is served, run on
    K + (A - S) p and S, the upper line.

    Parameters
    ----------
    row : integer array, shape of a time
        Layouts of the plan.
    times : array, shape (6, ...)
        Times of `MemberPlan.hot`. [s]

    References
    ----------
    .. [1] L. Kleinrock, Queueing Systems, vol. 1, 1975, M/D/1.
    """
    fixed, slope, expert, share, room, wait = times
    prompts, least = share * plan.prompt_part, plan.stages[row]
    best: Array = np.zeros_like(fixed)
    for p, q in plan.bends:
        k, a = fixed + p * expert, slope + expert * (q * plan.group_tokens[row])
        rate = on_line(k, a, plan.first.steps, room, wait, share)
        few = rate * (k + a * least) < least
        if few.any():
            idle = on_line(k + (a - prompts) * least, prompts, plan.first.steps, room, wait, share)
            rate = np.where(few, np.minimum(rate, idle), rate)
        np.maximum(best, rate, out=best)
    return best


def on_line(k: Array, a: Array, steps: float, room: Array, wait: Array, share: Array) -> Array:
    """Smaller root of the quadratic of `prompt_rate` on one line; 0 where none is left. [1/s]

    Examples
    --------
    >>> k, a, wait, share = np.array([0.1]), np.array([0.02]), np.array([1.0]), np.array([0.01])
    >>> x = on_line(k, a, 2.0, np.array([0.9]), wait, share)
    >>> step, busy = k / (1 - a * x), share * x
    >>> bool(abs(2 * step + wait * busy / (1 - busy) - 0.9)[0] < 1e-12)
    True
    """
    left = room - steps * k
    linear = room * (a + share) + share * (wait - steps * k)
    square = np.maximum(linear**2 - 4 * left * a * share * (room + wait), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(left > 0, 2 * left / (linear + np.sqrt(square)), 0.0))


def rate_per_chip(
    plan: MemberPlan, pick: NDArray[np.intp], prices: Array, memory: Array, cal: Calibration
) -> Array:
    """Best output tokens per second and chip over the picked layouts. (R, n)

    With H the envelope of distinct experts, T(b) = K + A b + e H(g b) and throughput b / T(b)
    grows with b, so the best batch is the cap where T(cap) keeps L + P, the limit and the own
    prompt, else the largest b with T(b) = L + P, and the rate is b / (L + P) there.
    """
    times = _times(plan, pick, prices)
    return _rates(plan, pick, times, batch_caps(plan, pick, memory, cal))


def raised(
    best: Array,
    plan: MemberPlan,
    pick: NDArray[np.intp],
    prices: Array,
    memory: Array,
    cal: Calibration,
) -> Array:
    """Raise best rates of a mixture of experts by layouts of which few win. (n,)

    Each is worked out only where its rate without limits on latency, and with the fewest experts
    that a full batch can read, is above the best so far: the answer is that of `rate_per_chip`.
    """
    times, caps = _times(plan, pick, prices), batch_caps(plan, pick, memory, cal)
    bound = _fewest_distinct(plan, pick, caps)
    bound *= times[2]
    bound += times[0]
    bound += times[1] * caps
    np.divide(caps, bound, out=bound)
    bound *= plan.per_chip[pick][:, None]
    at = np.flatnonzero(bound > best * (1 - ROUNDING))
    some = _at(times, at)
    row = pick[at // memory.size]
    bound[:] = 0.0
    bound.reshape(-1)[at] = _rates(plan, row, some[..., None], caps.take(at)[:, None])[:, 0]
    return np.asarray(np.maximum(best, bound.max(axis=0)))


def _times(plan: MemberPlan, pick: NDArray[np.intp], prices: Array) -> Array:
    """Times of `MemberPlan.hot` in the picked layouts. (3, 4 or 6, R, n)

    A product for each part: one over all is large enough for OpenBLAS to start its threads, which
    wait for one another a hundred times as long as the product takes.
    """
    return np.asarray(plan.hot[:, pick] @ prices)


def _rates(plan: MemberPlan, pick: NDArray[np.intp], times: Array, caps: Array) -> Array:
    """Rate per chip of each layout (row) on each design (column)."""
    served = _rate_of_experts if plan.model.moe_layers else _rate_of_line
    best, step = served(plan, pick, times, caps)
    if plan.prompt_limit_s is not None:
        late = _late(plan.first.steps, best, step, times[3:])
        if late.size:
            most = prompt_rate(plan, pick[late // best.shape[-1]], _at(times, late))
            flat = best.reshape(-1)
            flat[late] = np.minimum(flat[late], most)
    best *= plan.per_chip[pick][:, None]
    return best


def _at(times: Array, cells: NDArray[np.intp]) -> Array:
    """Times of some cells, (rows, cells)."""
    return np.asarray(times.reshape(len(times), -1).take(cells, axis=1))


def _late(steps: float, rate: Array, step: Array, asked: Array) -> NDArray[np.intp]:
    """Cells whose first token is late: (f n2 T - r) (1 - rho) + w rho > 0."""
    share, room, wait = asked
    busy = rate * share
    first = step * steps
    first -= room
    first *= np.maximum(1 - busy, 0.0)
    busy *= wait
    first += busy
    return np.flatnonzero(first > 0)


def _rate_of_line(
    plan: MemberPlan, pick: NDArray[np.intp], times: Array, caps: Array
) -> tuple[Array, Array]:
    """Output rate of a replica of a dense model, zero where stages idle; the step K + A b."""
    fixed, slope = times[:2]
    batch = caps
    if plan.step_limit_s is not None:
        batch = times[3] * plan.prompt_part
        batch += plan.step_limit_s
        batch -= fixed
        batch /= slope
        np.minimum(batch, caps, out=batch)
    step = slope * batch
    step += fixed
    rate = np.divide(batch, step)
    rate *= batch >= plan.stages[pick][:, None]
    return np.asarray(rate), step


def _rate_of_experts(
    plan: MemberPlan, pick: NDArray[np.intp], times: Array, caps: Array
) -> tuple[Array, Array]:
    """Output rate of a replica of a mixture of experts, zero where stages idle; the step."""
    fixed, slope, expert = times[:3]
    step = _distinct(plan.bends, caps * plan.group_tokens[pick][:, None])
    step *= expert
    step += fixed
    step += slope * caps
    rate = np.divide(caps, step)
    rate *= caps >= plan.stages[pick][:, None]
    if plan.step_limit_s is None:
        return np.asarray(rate), step
    longest = times[3] * plan.prompt_part
    longest += plan.step_limit_s
    late = np.flatnonzero(step > longest)
    if late.size:
        most = longest.take(late)
        rate.reshape(-1)[late] = _limited_rate(plan, pick, times, late, most)
        step.reshape(-1)[late] = most
    return np.asarray(rate), step


def _all_read_from(bends: Array) -> float:
    """Tokens from which on every expert is read: where the last two lines meet."""
    if len(bends) == 1:
        return 0.0
    p, q = bends[-2]
    return float((bends[-1, 0] - p) / q)


def _distinct(bends: Array, tokens: Array) -> Array:
    """Lower envelope of the lines at so many tokens; line by line where not every expert is read.

    Examples
    --------
    >>> _distinct(np.array([[0.0, 2.0], [8.0, 0.0]]), np.array([3.0, 5.0]))
    array([6., 8.])
    """
    out = np.full_like(tokens, bends[-1, 0])
    some = np.flatnonzero(tokens < _all_read_from(bends))
    few = tokens.take(some)
    least = np.full_like(few, bends[-1, 0])
    for p, q in bends[:-1]:
        np.minimum(least, few * q + p, out=least)
    out.reshape(-1)[some] = least
    return out


def _fewest_distinct(plan: MemberPlan, pick: NDArray[np.intp], caps: Array) -> Array:
    """Experts read at least: E min(1, T / T_f), below the concave envelope that T_f flattens."""
    every, flat = plan.bends[-1, 0], _all_read_from(plan.bends)
    if not flat:
        return np.full_like(caps, every)
    read = caps * (plan.group_tokens[pick] * (every / flat))[:, None]
    return np.asarray(np.minimum(read, every, out=read))


def _limited_rate(
    plan: MemberPlan, pick: NDArray[np.intp], times: Array, late: NDArray[np.intp], limit: Array
) -> Array:
    """Rate b / L at the largest b of T(b) = L, over the lines; zero where stages idle."""
    fixed, slope, expert = (row.take(late) for row in times[:3])
    row = pick[late // times.shape[-1]]
    group = plan.group_tokens[row]
    room = limit - fixed
    batch = (room - plan.bends[-1, 0] * expert) / slope
    some = np.flatnonzero(batch * group < _all_read_from(plan.bends))
    room, slope, expert = room[some], slope[some], expert[some]
    reach, best = expert * group[some], batch[some]
    for p, q in plan.bends[:-1]:
        np.maximum(best, (room - p * expert) / (slope + q * reach), out=best)
    batch[some] = best
    batch *= batch >= plan.stages[row]
    return np.asarray(batch / limit)

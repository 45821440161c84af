"""Why a design cannot serve a member, in words."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.projection.calibration import Calibration
from optimizer.projection.layouts import Layout, Path
from optimizer.projection.plan import MS, MemberPlan
from optimizer.projection.prefill_table import why_not
from optimizer.projection.prices import carriers, hot_prices
from optimizer.projection.resources import ARRAYS, Resources

_GIB = 2.0**30


def reasons(
    plan: MemberPlan, resources: Resources, served: NDArray[np.bool_], cal: Calibration
) -> tuple[str | None, ...]:
    """Return a reason for each design that is not served, None for the others."""
    out: list[str | None] = [None] * served.size
    columns = resources.columns()
    for index in np.flatnonzero(~served):
        one: dict[str, Any] = {name: columns[name][index : index + 1] for name in ARRAYS}
        out[index] = _reason(plan, replace(resources, **one), cal)
    return tuple(out)


def _carried(layout: Layout, resources: Resources) -> bool:
    link, bus = carriers(resources)
    match layout.path:
        case Path.NONE:
            return True
        case Path.LINK:
            return bool(link[0] > 0) and layout.chips <= resources.scale_up_domain
        case Path.BUS:
            return bool(bus[0] > 0)


def _reason(plan: MemberPlan, resources: Resources, cal: Calibration) -> str:
    """Walk the conditions in order; name the first that no layout meets."""
    name = plan.model.name
    memory = float(resources.columns()["memory_bytes"][0])
    keep = [i for i, layout in enumerate(plan.layouts) if _carried(layout, resources)]
    if not keep:
        return (
            f"{name}: nothing joins the {plan.layouts[0].chips} chips of layout "
            f"'{plan.member.layout}' as stated"
        )
    usable = cal.memory_usable_share * memory
    fits = [i for i in keep if plan.weight_bytes[i] < usable]
    if not fits:
        least = min(float(plan.weight_bytes[i]) for i in keep)
        most = max(plan.layouts[i].chips for i in keep)
        share = cal.memory_usable_share if plan.release.memory_of_free else 1.0
        return (
            f"{name} does not fit: {ceil(least / share / _GIB)} GiB a chip over {most} chips, "
            f"{floor(usable / share / _GIB)} GiB usable"
        )
    if plan.prefill is not None:
        between = why_not(plan.prefill, resources, plan.member)
        if between is not None:
            return f"{name}: {between}"
    caps = {i: (usable - plan.weight_bytes[i]) * plan.per_cache_byte[i] for i in fits}
    holds = [i for i in fits if caps[i] >= plan.stages[i]]
    if not holds:
        best = max(fits, key=lambda i: caps[i] / plan.stages[i])
        layout = plan.layouts[best]
        each = f" for each of {layout.stages} pipeline stages" if layout.stages > 1 else ""
        return (
            f"{name}: the memory left beside the weights on {layout.chips} chips holds "
            f"{caps[best] / layout.stages:.2f} of one request of {plan.member.input_tokens} + "
            f"{plan.member.output_tokens} tokens{each}"
        )
    return _too_slow(plan, resources, np.array(holds), cal)


def _too_slow(
    plan: MemberPlan, resources: Resources, holds: NDArray[np.intp], cal: Calibration
) -> str:
    name, member = plan.model.name, plan.member
    prices = hot_prices(member.weight_precision, resources, cal, 1)
    fixed, slope = (plan.lines[:, holds] @ prices)[..., 0]
    if plan.prompt_limit_s is not None:
        alone = (plan.prompts[0, holds] @ prices)[:, 0]
        idle = float(np.min(plan.first.own_s(alone, fixed.min(axis=1))))
        if idle >= plan.prompt_limit_s:
            return (
                f"{name}: the first token of a prompt of {member.input_tokens} tokens takes "
                f"{idle / MS:,.0f} ms on an idle instance, the limit is "
                f"{member.ttft_limit_ms:,.10g} ms"
            )
    own = (plan.prompts[1, holds] @ prices) * (plan.prompt_part / member.output_tokens)
    least = float(((fixed + slope).min(axis=1) - own[:, 0]).min()) * cal.tpot_tail_factor
    return (
        f"{name}: one sequence alone takes {least / MS:,.1f} ms per token at the 99th "
        f"percentile, the limit is {member.tpot_limit_ms:,.10g} ms"
        if member.tpot_limit_ms is not None and least / MS > member.tpot_limit_ms
        else f"{name}: no layout meets both latency limits"
    )

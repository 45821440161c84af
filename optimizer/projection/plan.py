"""Everything about one member of a workload that does not depend on the device, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catalogs.architectures import ModelArchitecture, WorkloadMember
from optimizer.projection.calibration import Calibration
from optimizer.projection.layouts import Layout, Path, choices
from optimizer.projection.passes import Request, held_bytes, stacked
from optimizer.projection.prices import collapsed
from optimizer.projection.resources import Array
from optimizer.projection.software import Release

MS = 1e-3


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """Coefficients of R layouts and J lines for one member.

    Parameters
    ----------
    lines : array, shape (2, R, J, 6)
        Fixed part and slope of a step with its share of prefill, per hot price.
    prompts : array, shape (2, R, 6)
        A prompt alone, and a prompt in full chunks, per hot price.
    weight_bytes, per_cache_byte, per_chip : array, shape (R,)
        Memory on a chip that is not the cache's [B]; sequences per byte of cache [1/B]; replicas
        per chip [1].
    step_limit_s, prompt_limit_s : float or None
        Limits on the mean step and on the 99th percentile of the first token. [s]
    batch_limit : float
        Most sequences per replica.
    """

    member: WorkloadMember
    model: ModelArchitecture
    layouts: tuple[Layout, ...]
    requests: tuple[Request, ...]
    lines: Array
    prompts: Array
    weight_bytes: Array
    per_cache_byte: Array
    per_chip: Array
    step_limit_s: float | None
    prompt_limit_s: float | None
    batch_limit: float
    release: Release

    @property
    def on_link(self) -> tuple[bool, ...]:
        """True for the layouts that the links carry."""
        return tuple(layout.path is Path.LINK for layout in self.layouts)


def plan_member(
    member: WorkloadMember,
    model: ModelArchitecture,
    max_chips: int,
    cal: Calibration,
    release: Release,
    layouts: tuple[Layout, ...] | None = None,
) -> MemberPlan:
    """Return the coefficients of one member over the layouts that it may choose from."""
    if layouts is None:
        layouts = tuple(choices(max_chips, moe=bool(model.moe_layers)))
    requests = tuple(
        Request(
            model,
            member.weight_precision,
            member.kv_precision,
            member.input_tokens,
            member.output_tokens,
            layout,
            cal,
            release.expert_factor,
        )
        for layout in layouts
    )
    tail = cal.tpot_tail_factor
    return MemberPlan(
        member=member,
        model=model,
        layouts=layouts,
        requests=requests,
        lines=_lines(requests, release, cal),
        prompts=_prompts(requests, release),
        weight_bytes=np.array([held_bytes(r, release) for r in requests]),
        per_cache_byte=np.array([1 / r.cache_bytes for r in requests]),
        per_chip=np.array([x.replicas / x.chips for x in layouts]),
        step_limit_s=None if member.tpot_limit_ms is None else member.tpot_limit_ms * MS / tail,
        prompt_limit_s=None if member.ttft_limit_ms is None else member.ttft_limit_ms * MS,
        batch_limit=cal.batch_limit,
        release=release,
    )


def _lines(requests: tuple[Request, ...], release: Release, cal: Calibration) -> Array:
    """Steps of mixed batching: T(b) = T_d(b) + b t_p / n_out, less the share that overlaps."""
    shown = 1 - cal.prefill_overlap_share
    out = []
    for request in requests:
        fixed, slope = stacked(request.decode_lines)
        slope = slope + request.prefill_share * (shown / request.output_tokens)
        factors = release.row_factors
        out.append(np.stack([collapsed(fixed * factors), collapsed(slope * factors)]))
    return np.ascontiguousarray(np.stack(out, axis=1))


def _prompts(requests: tuple[Request, ...], release: Release) -> Array:
    factors = release.row_factors
    alone = np.stack([collapsed(r.prefill_alone * factors) for r in requests])
    share = np.stack([collapsed(r.prefill_share * factors) for r in requests])
    return np.stack([alone, share])

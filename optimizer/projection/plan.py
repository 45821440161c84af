"""Everything about one member of a workload that does not depend on the device, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from catalogs.architectures import ModelArchitecture, WorkloadMember
from catalogs.errors import InputError
from optimizer.projection.calibration import Calibration
from optimizer.projection.disaggregated import Pool, PrefillSide, prefill_side
from optimizer.projection.first_token import FirstToken, first_token
from optimizer.projection.layouts import Layout, Path, choices, named
from optimizer.projection.passes import Request, held_bytes, stacked
from optimizer.projection.prices import FIXED, HOT_SIZE, collapsed
from optimizer.projection.resources import Array
from optimizer.projection.software import Release
from optimizer.projection.speculative import speculating

MS = 1e-3


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """Coefficients of R layouts and J lines for one member.

    Parameters
    ----------
    lines : array, shape (2, R, J, 7)
        Fixed part and slope of a step with its share of prefill, per hot price.
    prompts : array, shape (2, R, 7)
        A prompt alone, and a prompt in full chunks, per hot price.
    hot : array, shape (3, 4 or 6, R, 7)
        What the hot path multiplies with the prices: fixed part, slope, and reads of one distinct
        expert of a step; with a limit on latency the time s of a prompt per token of its answer;
        with one on the first token also r and w of `prompt_rate`.
    bends : array, shape (J, 2)
        Lines of the envelope of distinct experts.
    group_tokens : array, shape (R,)
        Tokens of the group of experts in a pass per sequence of a replica.
    stages : array, shape (R,)
        Pipeline stages, and the fewest sequences per replica that keep them full. [1]
    wait_tail : array, shape (R,)
        Factor z / p of the mean wait before the first stage at the 99th percentile. [1]
    weight_bytes, per_cache_byte, per_chip : array, shape (R,)
        Memory on a chip that is not the cache's [B]; sequences per byte of cache [1/B]; replicas
        per chip [1].
    first : FirstToken
        What a server takes itself for the first token.
    step_limit_s, prompt_limit_s : float or None
        Limits on the mean time per further token and on the 99th percentile of the first. [s]
    batch_limit : float
        Most sequences per replica.
    prompt_part : float
        Part of a prompt that a step carries beside decoding, of one per answer: less what
        overlaps, none where another pool reads the prompts. [1]
    prefill : PrefillSide or None
        The pool that reads the prompts, if it is another.
    """

    member: WorkloadMember
    model: ModelArchitecture
    layouts: tuple[Layout, ...]
    requests: tuple[Request, ...]
    lines: Array
    prompts: Array
    hot: Array
    bends: Array
    group_tokens: Array
    stages: Array
    wait_tail: Array
    weight_bytes: Array
    per_cache_byte: Array
    per_chip: Array
    first: FirstToken
    step_limit_s: float | None
    prompt_limit_s: float | None
    batch_limit: float
    release: Release
    prompt_part: float
    prefill: PrefillSide | None = None

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
    *,
    draft: ModelArchitecture | None = None,
    pool: Pool | None = None,
) -> MemberPlan:
    """Return the coefficients of one member over the layouts that it may choose from.

    Parameters
    ----------
    draft : ModelArchitecture, optional
        The model that drafts, where the member's speculation names one.
    pool : Pool, optional
        The chip of another pool that reads the prompts.
    """
    if layouts is None:
        layouts = tuple(choices(max_chips, experts=model.experts))
        if member.layout is not None:
            layouts = _fixed(member.name, member.layout, layouts)
    requests = tuple(_request(member, model, layout, cal, release, draft) for layout in layouts)
    part = 0.0 if pool is not None else 1 - cal.prefill_overlap_share
    alone = member.ttft_limit_ms if pool is None else None
    side = None
    if pool is not None:
        side = prefill_side(
            pool,
            member,
            lambda layout: _request(member, model, layout, cal, release, draft, output=0.0),
            layouts,
            cal,
            release,
        )
    stages = np.array([float(x.stages) for x in layouts])
    # An answer of one token has no further one.
    limited = member.tpot_limit_ms is not None and member.output_tokens > 1
    wait_tail = cal.wait_tail_factor / stages
    prompts, first = _prompts(requests, release), first_token(cal, release)
    tail = cal.tpot_tail_factor
    return MemberPlan(
        member=member,
        model=model,
        layouts=layouts,
        requests=requests,
        lines=_lines(requests, release, part),
        prompts=prompts,
        hot=_hot(
            requests, release, part, _late(requests[0], prompts, first, alone, wait_tail, limited)
        ),
        bends=requests[0].bends,
        group_tokens=np.array([r.expert_reads[1] for r in requests]) / stages,
        stages=stages,
        wait_tail=wait_tail,
        weight_bytes=np.array([held_bytes(r, release) for r in requests]),
        per_cache_byte=np.array([1 / r.cache_bytes for r in requests]),
        per_chip=np.array([x.replicas / x.chips for x in layouts]),
        first=first,
        step_limit_s=(member.tpot_limit_ms or 0.0) * MS / tail if limited else None,
        prompt_limit_s=None if alone is None else alone * MS,
        batch_limit=cal.batch_limit,
        release=release,
        prompt_part=part,
        prefill=side,
    )


def _fixed(name: str, layout: str, layouts: tuple[Layout, ...]) -> tuple[Layout, ...]:
    """The layouts that a member fixes; an error names the member."""
    try:
        return named(layout, layouts)
    except InputError as error:
        raise InputError(error.what, f"member '{name}'", error.remedy) from None


def _request(
    member: WorkloadMember,
    model: ModelArchitecture,
    layout: Layout,
    cal: Calibration,
    release: Release,
    draft: ModelArchitecture | None,
    output: float | None = None,
) -> Request:
    widths = member.weight_precision, member.kv_precision
    lengths = member.input_tokens, member.output_tokens if output is None else output
    cached = member.prefix_cached_share * member.input_tokens
    shared = member.prefix_held == "once"
    request = Request(model, *widths, *lengths, layout, cal, release, cached, shared)
    if member.speculation is None:
        return request
    return speculating(request, member.speculation, draft)


def mixed_lines(request: Request, part: float) -> tuple[Array, Array]:
    """Fixed parts and slopes (J, 9) of mixed batching, T(b) = T_d(b) + part b t_p / n_out."""
    fixed, slope = stacked(request.decode_lines)
    return _staged(request, fixed, slope, part)


def _staged(request: Request, fixed: Array, slope: Array, part: float) -> tuple[Array, Array]:
    """A step of p passes of b / p sequences, K s and A s / p, and its part of the prompts."""
    factor = request.stage_factor
    prompts = request.prefill_share * (request.largest_stage * part / request.output_tokens)
    return fixed * factor, slope * (factor / request.layout.stages) + prompts


def _lines(requests: tuple[Request, ...], release: Release, part: float) -> Array:
    out = []
    for request in requests:
        fixed, slope = mixed_lines(request, part)
        factors = release.row_factors
        out.append(np.stack([collapsed(fixed * factors), collapsed(slope * factors)]))
    return np.ascontiguousarray(np.stack(out, axis=1))


def _hot(requests: tuple[Request, ...], release: Release, part: float, late: list[Array]) -> Array:
    """`MemberPlan.hot`: a step, then what is asked of the first token."""
    steps = []
    for request in requests:
        fixed, slope = _staged(request, request.decode.fixed, request.decode.slope, part)
        parts = (fixed, slope, request.expert_reads[0] * request.stage_factor)
        steps.append(np.stack([collapsed(part * release.row_factors) for part in parts]))
    return np.ascontiguousarray(np.stack([*np.stack(steps, axis=1), *late]))


def _late(
    request: Request,
    prompts: Array,
    first: FirstToken,
    limit_ms: float | None,
    wait_tail: Array,
    limited: bool,
) -> list[Array]:
    """s of `closed_form.own_prompt` with a limit, r and w of `prompt_rate` with one on prompts."""
    alone, share = prompts
    if limit_ms is None:
        return [share / request.output_tokens] if limited else []
    idle = np.zeros(HOT_SIZE)
    idle[FIXED] = limit_ms * MS - first.fixed_s
    waiting = alone * (wait_tail / 2)[:, None]
    return [share / request.output_tokens, idle - first.prompts * alone, waiting]


def _prompts(requests: tuple[Request, ...], release: Release) -> Array:
    """A prompt alone passes all stages; in full chunks a stage is free after its part."""
    factors = release.row_factors
    alone = np.stack([collapsed(r.prefill_alone * factors) for r in requests])
    share = np.stack([collapsed(r.prefill_share * factors * r.largest_stage) for r in requests])
    return np.stack([alone, share])

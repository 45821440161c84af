"""What a chosen operating point uses of the chip: shares of peak FLOP/s and of peak bytes/s."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.projection.calibration import Calibration
from optimizer.projection.choice import Choice
from optimizer.projection.formats import gemm_rate
from optimizer.projection.passes import Request
from optimizer.projection.plan import MemberPlan
from optimizer.projection.resources import Array, Resources
from optimizer.projection.work import BF16, CACHE, GEMM, WEIGHTS, Vector


def lossless(cal: Calibration) -> Calibration:
    """Return constants under which the terms count useful work only.

    Every weight is multiplied once per token and read once per pass, every key and value read once
    per token; no ramp, no imbalance, no stall, no activations or tiles read again.

    Examples
    --------
    >>> from optimizer.projection.calibration import load_calibration
    >>> lossless(load_calibration()).half_rate_tokens
    0.0
    """
    return replace(
        cal,
        weight_stream_efficiency=1.0,
        cache_stream_efficiency=1.0,
        latent_cache_stream_efficiency=1.0,
        prefill_attention_efficiency=1.0,
        decode_attention_efficiency=1.0,
        latent_attention_efficiency=1.0,
        grouped_gemm_efficiency=1.0,
        smaller_term_share=1.0,
        expert_imbalance=1.0,
        half_rate_tokens=0.0,
        expert_half_rate_tokens=0.0,
        small_expert_factor=1.0,
        mxfp4_expert_factor=1.0,
        activation_bytes_per_element=0.0,
        tile_reread_factor=0.0,
        replica_stall_share=0.0,
    )


def useful_work(request: Request, batch: float, *, prompts: float = 1.0) -> Vector:
    """Useful FLOP and bytes of one chip in a step of `batch` sequences per replica.

    Of p stages a chip has a p-th of the layers, for each of the p passes of a step.

    Parameters
    ----------
    request : Request
        With the calibrated constants; they are replaced by the lossless ones.
    batch : float
        Sequences per replica. [1]
    prompts : float
        Part of the prompts, b / n_out of one per step, that it carries: none where another pool
        reads them. [1]
    """
    ideal = request.with_constants(lossless(request.cal))
    passed = batch / request.layout.stages
    return ideal.decode_at(passed) + ideal.prefill_share * (
        prompts * passed / request.output_tokens
    )


def utilization(plan: MemberPlan, choice: Choice, resources: Resources) -> tuple[Array, Array]:
    """Shares of peak FLOP/s and of peak DRAM bytes/s that a mean step uses, (n,) each.

    (W_gemm / F_w + W_bf16 / F_bf16) / T and (W_weights + W_cache) / (B T): the time that the
    useful work would take at the peaks of its formats, over the time that it takes. NaN where
    the member cannot be served. A memory share above 1 says that the fitted additive form
    (`smaller_term_share` below 1) streams weights faster than the DRAM can: do not believe it.

    References
    ----------
    .. [1] A. Chowdhery et al., PaLM, arXiv:2204.02311, appendix B (model FLOP utilization).
    """
    columns = resources.columns()
    count = choice.layout.size
    own = np.broadcast_to(gemm_rate(plan.member.weight_precision, resources), (count,))
    flops, moved = np.full(count, np.nan), np.full(count, np.nan)
    for index in np.flatnonzero(choice.layout >= 0):
        request = plan.requests[choice.layout[index]]
        prompts = 1.0 if plan.prefill is None else 0.0
        work = useful_work(request, float(choice.batch[index]), prompts=prompts)
        step = choice.step_s[index]
        busy = work[GEMM] / own[index] + work[BF16] / columns["bf16_flops"][index]
        flops[index] = busy / step
        moved[index] = (work[WEIGHTS] + work[CACHE]) / columns["dram_bytes_per_s"][index] / step
    return flops, moved

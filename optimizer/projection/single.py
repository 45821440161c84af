"""One device, one layout, one kind of request: exact step and prompt times in plain floats."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np

from optimizer.projection.formats import gemm_rate, widened
from optimizer.projection.passes import Request, held_bytes
from optimizer.projection.prices import (
    carriers,
    effective_flops,
    stream_bytes_per_s,
    widened_price,
)
from optimizer.projection.resources import Resources
from optimizer.projection.software import Release
from optimizer.projection.work import (
    BF16,
    BUS,
    CACHE,
    GEMM,
    LINK,
    NETWORK,
    REREAD,
    SECONDS,
    SIZE,
    WEIGHTS,
    Vector,
)


def full_prices(request: Request, resources: Resources) -> Vector:
    """Prices of the nine rows of `work` for one device; absent carriers cost infinitely much."""
    cal = request.cal
    stream = stream_bytes_per_s(resources)
    wide = np.atleast_1d(np.asarray(resources.bf16_flops, dtype=np.float64))
    own = np.atleast_1d(np.asarray(gemm_rate(request.weight_format, resources), dtype=np.float64))
    link, bus = carriers(resources)
    prices = np.empty(SIZE)
    multiply = 1 / effective_flops(own, cal)
    if widened(request.weight_format, resources):
        multiply = widened_price(multiply, cal)
    prices[GEMM] = multiply[0]
    prices[BF16] = 1 / effective_flops(wide, cal)[0]
    prices[[WEIGHTS, CACHE]] = 1 / stream[0]
    prices[REREAD] = prices[CACHE] / np.sqrt(np.max(resources.l2_bytes))
    prices[SECONDS] = 1.0
    network = resources.scale_out_bytes_per_s
    for row, rate in ((LINK, link[0]), (BUS, bus[0]), (NETWORK, network)):
        prices[row] = 1 / rate if rate > 0 else inf
    return prices


def cost(work: Vector, prices: Vector) -> float:
    """Seconds that amounts of work take; amounts of zero cost nothing at any price. [s]"""
    used = work != 0
    return float(work[used] @ prices[used])


@dataclass(frozen=True)
class Server:
    """One instance of a model on one device, in one layout.

    Parameters
    ----------
    request : Request
        Model, formats, lengths and layout.
    resources : Resources
        One device.
    release : Release
        Software, whose factors scale every time.
    speculative : float
        Draft tokens per step; zero without speculative decoding. [tokens]
    """

    request: Request
    resources: Resources
    release: Release
    speculative: float = 0.0

    @cached_property
    def _prices(self) -> Vector:
        return full_prices(self.request, self.resources) * self.release.row_factors

    def decode_s(self, batch: float) -> float:
        """Decoding step of `batch` sequences per replica, no prompts. [s]

        With p pipeline stages a step is p passes of b / p sequences, each reading all weights
        once; a pass holds one sequence at least, so fewer than p leave stages idle.
        """
        stages = self.request.layout.stages
        passed = batch if stages == 1 else max(batch / stages, 1.0)
        if self.speculative:
            work = self.request.verified_at(passed, self.speculative)
        else:
            work = self.request.decode_at(passed)
        return cost(work, self._prices) * self.request.stage_factor / self._tokens_per_step

    @property
    def _tokens_per_step(self) -> float:
        """Tokens that a step keeps: 1 + a + a^2 ... up to the j drafts of it. [tokens]

        References
        ----------
        .. [1] Y. Leviathan et al., Fast inference from transformers via speculative decoding,
           arXiv:2211.17192, equation 1.
        """
        a = self.request.cal.draft_acceptance
        kept: float = (1 - a ** (self.speculative + 1)) / (1 - a)
        return kept

    @cached_property
    def prompt_share_s(self) -> float:
        """Time of a replica per prompt, in full chunks. [s]"""
        return cost(self.request.prefill_share, self._prices) * self._per_stage

    @cached_property
    def prompt_flow_s(self) -> float:
        """Time of a replica per prompt where it does nothing but prompts. [s]"""
        return cost(self.request.prefill_flow, self._prices) * self._per_stage

    @property
    def _per_stage(self) -> float:
        """Time of one pass in a full pipeline, over that of a pass alone. [1]"""
        return self.request.stage_factor / self.request.layout.stages

    @cached_property
    def prompt_alone_s(self) -> float:
        """Time to the first token on an idle server. [s]"""
        return cost(self.request.prefill_alone, self._prices)

    def step_s(self, batch: float) -> float:
        """Step of mixed batching: T(b) = T_d(b) + b t_p / n_out. [s]"""
        shown = 1 - self.request.cal.prefill_overlap_share
        return (
            self.decode_s(batch) + shown * batch * self.prompt_share_s / self.request.output_tokens
        )

    @cached_property
    def capacity(self) -> float:
        """Sequences per replica that memory holds, not above the server's own limit."""
        cal = self.request.cal
        memory = float(np.max(self.resources.memory_bytes))
        usable = cal.memory_usable_share * memory - held_bytes(self.request, self.release)
        return min(usable / self.request.cache_bytes, cal.batch_limit)

    @property
    def loads(self) -> bool:
        """Whether weights and libraries fit the memory at all, cache or not."""
        rest = self.request.weight_bytes + self.request.cal.memory_reserve_bytes
        return rest < float(np.max(self.resources.memory_bytes))

    def wait_s(self, batch: float) -> float:
        """Mean wait for the prompts ahead, M/D/1: rho t1 / (2 p (1 - rho)). [s]"""
        busy = min(batch * self.prompt_share_s / self.request.output_tokens / self.step_s(batch), 1)
        served = self.prompt_alone_s / self.request.layout.stages
        return busy * served / (2 * (1 - busy)) if busy < 1 else inf

    def closed_loop_first_token_s(self, batch: float, waiting: float = 0.0) -> float:
        """Mean first token in a closed loop: f (c + n1 t1 + n2 T(b) + aw b t_share) + queue. [s]

        Requests of like length finish, and so arrive, in waves; the scheduler takes n2 steps until
        a new one is in. `waiting` sequences per replica beyond the batch queue for
        waiting x n_out / X.
        """
        cal = self.request.cal
        step = self.step_s(batch)
        own = cal.request_fixed_s + cal.first_token_prompts * self.prompt_alone_s
        own += cal.first_token_steps * step
        own += cal.arrival_wave_share * batch * self.prompt_share_s
        queue = waiting * self.request.output_tokens * step / batch
        return own * self.release.first_token_factor + queue

"""One device, one layout, one kind of request: exact step and prompt times in plain floats."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np

from optimizer.projection.first_token import Burst, ClosedLoop, Poisson, first_token
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
        return cost(self.request.prefill_share, self._prices) * self.request.largest_stage

    @cached_property
    def prompt_flow_s(self) -> float:
        """Time of a replica per prompt where it does nothing but prompts. [s]"""
        return cost(self.request.prefill_flow, self._prices) * self.request.largest_stage

    @cached_property
    def prompt_alone_s(self) -> float:
        """Time to the first token on an idle server. [s]"""
        return cost(self.request.prefill_alone, self._prices)

    @cached_property
    def own_prompt_s(self) -> float:
        """Part of a step that the own prompt takes: t_p / n_out, less what overlaps. [s]"""
        shown = 1 - self.request.cal.prefill_overlap_share
        return shown * self.prompt_share_s / self.request.output_tokens

    def step_s(self, batch: float) -> float:
        """Step of mixed batching: T(b) = T_d(b) + b t_p / n_out. [s]"""
        return self.decode_s(batch) + batch * self.own_prompt_s

    def further_s(self, batch: float) -> float:
        """Time per further token: a step without the own prompt, over before the first. [s]"""
        return self.step_s(batch) - self.own_prompt_s

    def met_s(self, batch: float) -> float:
        """Step that a request meets: below one sequence on average, it finds itself in it. [s]"""
        return self.decode_s(max(batch, 1.0)) + batch * self.own_prompt_s

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

    def busy(self, batch: float) -> float:
        """Share of its time that prompts take beside `batch` sequences. [1]"""
        return batch * self.prompt_share_s / self.request.output_tokens / self.step_s(batch)

    def first_token_s(
        self, arrivals: Poisson | ClosedLoop | Burst, batch: float | None = None
    ) -> float:
        """Mean first token of requests that arrive so. [s]

        Parameters
        ----------
        batch : float, optional
            Sequences per replica that are decoded beside; none where another pool decodes.
        """
        step = 0.0 if batch is None else self.met_s(batch)
        own = first_token(self.request.cal, self.release)
        return float(own.mean_s(self.prompt_alone_s, self.prompt_share_s, step, arrivals))

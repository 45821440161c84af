"""One device, one layout, one kind of request: exact step and prompt times in plain floats."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np

from optimizer.projection.formats import gemm_rate
from optimizer.projection.passes import Request
from optimizer.projection.prices import carriers, effective_flops, stream_bytes_per_s
from optimizer.projection.resources import Resources
from optimizer.projection.work import (
    BF16,
    BUS,
    CACHE,
    GEMM,
    LINK,
    NETWORK,
    SECONDS,
    SIZE,
    WEIGHTS,
    Vector,
)


def full_prices(request: Request, resources: Resources) -> Vector:
    """Prices of the eight rows of `work` for one device; absent carriers cost infinitely much."""
    cal = request.cal
    stream = stream_bytes_per_s(resources)
    wide = np.atleast_1d(np.asarray(resources.bf16_flops, dtype=np.float64))
    own = np.atleast_1d(np.asarray(gemm_rate(request.weight_format, resources), dtype=np.float64))
    link, bus = carriers(resources)
    prices = np.empty(SIZE)
    prices[GEMM] = 1 / effective_flops(own, stream, cal)[0]
    prices[BF16] = 1 / effective_flops(wide, stream, cal)[0]
    prices[[WEIGHTS, CACHE]] = 1 / stream[0]
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
    stack_factor : float
        Factor of the software stack on every time. [1]
    """

    request: Request
    resources: Resources
    stack_factor: float

    @cached_property
    def _prices(self) -> Vector:
        return full_prices(self.request, self.resources) * self.stack_factor

    @property
    def _bubble(self) -> float:
        stages = self.request.layout.stages
        return 1 + self.request.cal.pipeline_bubble * (stages - 1) / stages

    def decode_s(self, batch: float) -> float:
        """Decoding step of `batch` sequences per replica, no prompts. [s]

        With p pipeline stages a step is p micro-batches of b / p, each reading all weights once.
        """
        stages = self.request.layout.stages
        return cost(self.request.decode_at(batch / stages), self._prices) * self._bubble

    @cached_property
    def prompt_share_s(self) -> float:
        """Time of a replica per prompt, in full chunks. [s]"""
        work = self.request.prefill_share / self.request.layout.stages
        return cost(work, self._prices) * self._bubble

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
        usable = cal.memory_usable_share * memory - self.request.weight_bytes
        usable -= cal.memory_reserve_bytes
        return min(usable / self.request.cache_bytes, cal.batch_limit)

    def wait_s(self, batch: float) -> float:
        """Mean wait for the prompts ahead, M/D/1: rho t1 / (2 (1 - rho)). [s]"""
        busy = min(batch * self.prompt_share_s / self.request.output_tokens / self.step_s(batch), 1)
        return busy * self.prompt_alone_s / (2 * (1 - busy)) if busy < 1 else inf

    def closed_loop_first_token_s(self, batch: float) -> float:
        """Mean first token in a closed loop: t1 + T(b) + aw b t_share. [s]

        Requests of like length finish, and so arrive, in waves.
        """
        wave = self.request.cal.arrival_wave_share * batch * self.prompt_share_s
        return self.prompt_alone_s + self.step_s(batch) + wave

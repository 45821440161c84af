"""Prompts read by a pool of another chip: what a request costs there, and handing its cache over.

A request takes g_p chip-seconds of the prefill pool and n_out / X_d of the decode pool. Pools in
the ratio of the two are both full, and the pair makes n_out / (g_p + n_out / X_d) tokens per second
and chip. The prefill chip is given, so g_p is a constant per layout of the decode pool: throughput
grows with X_d, and with every resource of the decode chip.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from optimizer.projection.calibration import Calibration
from optimizer.projection.first_token import FirstToken, first_token
from optimizer.projection.layouts import Layout, Path, choices
from optimizer.projection.passes import Request
from optimizer.projection.resources import Array, Resources
from optimizer.projection.single import Server
from optimizer.projection.software import Release

if TYPE_CHECKING:
    from catalogs.architectures import WorkloadMember

MS_PER_S = 1000.0


@dataclass(frozen=True, slots=True)
class PrefillSide:
    """The prefill pool of one member: P layouts of its chip, against R of the decode chip.

    Parameters
    ----------
    sku, family : str
        Chip of the pool, and the family of its die.
    layouts : tuple of Layout
        Those that hold the weights and one prompt.
    chip_seconds, alone_s : array, shape (P,)
        Chip-seconds of a prompt where nothing else runs, and a prompt on an idle instance. [s]
    cache_bytes : float
        Cache of one prompt. [B]
    senders : array, shape (P,)
        Chips of an attention replica, each of which sends its part.
    receivers : array, shape (R,)
        Chips of an attention replica of the decode pool.
    network : float or None
        Bytes per second, chip and direction that the workload states; None for the chips' own.
    own_network : float
        The same of the prefill chip, zero where not known. [B/s]
    limit_s : float or None
        Limit on the 99th percentile of the first token. [s]
    first : FirstToken
        What a server takes itself for the first token.
    stages : array, shape (P,)
        Pipeline stages p.
    tail : float
        Factor z on the mean wait at the 99th percentile. [1]
    output_tokens, efficiency : float
        Tokens of an answer; share of the network's rate that is reached.
    """

    sku: str
    family: str
    layouts: tuple[Layout, ...]
    chip_seconds: Array
    alone_s: Array
    cache_bytes: float
    senders: Array
    receivers: Array
    network: float | None
    own_network: float
    limit_s: float | None
    first: FirstToken
    stages: Array
    tail: float
    output_tokens: float
    efficiency: float

    def network_to(self, chip: Resources) -> float:
        """Bytes per second and chip between the pools: what is stated, else the slower chip's."""
        if self.network is not None:
            return self.network
        return min(self.own_network, chip.scale_out_bytes_per_s)

    def transfer_s(self, network: float) -> Array:
        """Time to hand a cache over, S / (e W min(t_p, t_d)), for each pair of layouts. (P, R)"""
        pairs = np.minimum.outer(self.senders, self.receivers)
        if network <= 0:
            return np.full(pairs.shape, np.inf)
        return np.asarray(self.cache_bytes / (self.efficiency * network * pairs))

    def busy(self, network: float) -> Array:
        """Largest busy share that keeps the first token's limit, zero where none does. (P, R)

        The 99th percentile f (c + n1 t1) + z w + t_kv <= L with w = rho t1 / (2 p (1 - rho))
        (M/D/1 before the first of p stages), so rho <= r / (r + z t1 / 2 p) with the room
        r = L - f (c + n1 t1) - t_kv; 1 without a limit.
        """
        transfer = self.transfer_s(network)
        if self.limit_s is None:
            return np.where(np.isfinite(transfer), 1.0, 0.0)
        alone = self.alone_s[:, None]
        room = np.maximum(self.limit_s - self.first.own_s(alone, 0.0) - transfer, 0.0)
        return np.asarray(room / (room + self.tail / (2 * self.stages[:, None]) * alone))

    def request_chip_s(self, network: float) -> Array:
        """Chip-seconds of a prompt at that busy share, not below what sending takes. (P, R)"""
        with np.errstate(divide="ignore"):
            full = self.chip_seconds[:, None] / self.busy(network)
        return np.maximum(full, self.sending_s(network))

    def sending_s(self, network: float) -> float:
        """Chip-seconds of sending or receiving one cache: S / (e W). [s]"""
        return self.cache_bytes / (self.efficiency * network) if network > 0 else np.inf

    def beside(self, chip: Resources, pick: NDArray[np.intp]) -> Beside:
        """Return the constants of the picked layouts of the decode chip."""
        network = self.network_to(chip)
        costs = self.request_chip_s(network)[:, pick]
        best = costs.min(axis=0) if len(self.layouts) else np.full(pick.size, np.inf)
        return Beside(best / self.output_tokens, self.output_tokens / self.sending_s(network))


@dataclass(frozen=True, slots=True)
class Beside:
    """What the prefill pool adds to a decode pool, by layout.

    Parameters
    ----------
    chip_s : array, shape (R,)
        Chip-seconds of the prefill pool per output token; infinite where none serves. [s]
    most : float
        Output tokens per second and decode chip at which receiving fills the network. [1/s]
    """

    chip_s: Array
    most: float

    def joined(self, rates: Array) -> Array:
        """Tokens per second and chip of the pair, x / (1 + x g), x at most what can be received.

        Examples
        --------
        >>> Beside(np.array([0.001]), np.inf).joined(np.array([[1000.0, 0.0]]))
        array([[500.,   0.]])
        """
        rates = np.minimum(rates, self.most)
        g = self.chip_s[:, None]
        with np.errstate(invalid="ignore"):
            return np.where(np.isfinite(g), rates / (1 + rates * g), 0.0)


def prefill_side(
    pool: Pool,
    member: WorkloadMember,
    prompt: Callable[[Layout], Request],
    decode_layouts: tuple[Layout, ...],
    cal: Calibration,
    release: Release,
) -> PrefillSide:
    """Return the prefill pool of one member, with the layouts that its chip can run.

    Parameters
    ----------
    prompt : callable
        From a layout to the prompt alone, of which nothing is decoded.
    """
    chip = pool.resources
    servers = []
    for layout in choices(pool.max_chips, experts=prompt(Layout()).model.experts):
        if layout.path is Path.LINK and layout.chips > chip.scale_up_domain:
            continue
        server = Server(prompt(layout), chip, release)
        if server.capacity >= 1 and np.isfinite(server.prompt_flow_s):
            servers.append(server)
    found = [s.request.layout for s in servers]
    stages = np.array([x.stages for x in found], dtype=np.float64)
    limit = member.ttft_limit_ms
    return PrefillSide(
        sku=pool.sku,
        family=chip.family,
        layouts=tuple(found),
        chip_seconds=np.array(
            [s.prompt_flow_s * x.chips / x.replicas for s, x in zip(servers, found, strict=True)]
        ),
        alone_s=np.array([s.prompt_alone_s for s in servers]),
        cache_bytes=prompt(Layout()).cache_bytes,
        senders=stages * np.array([x.tensor for x in found], dtype=np.float64),
        receivers=np.array([x.tensor * x.stages for x in decode_layouts], dtype=np.float64),
        network=pool.network,
        own_network=chip.scale_out_bytes_per_s,
        limit_s=None if limit is None else limit / MS_PER_S,
        output_tokens=float(member.output_tokens),
        first=first_token(cal, release),
        stages=stages,
        tail=cal.wait_tail_factor,
        efficiency=cal.scale_out_efficiency,
    )


@dataclass(frozen=True, slots=True)
class Pool:
    """The chip of the prefill pool.

    Parameters
    ----------
    sku : str
        Its id.
    resources : Resources
        Of one chip.
    max_chips : int
        Most chips of an instance.
    network : float or None
        Bytes per second, chip and direction between the pools, where the workload states it.
    """

    sku: str
    resources: Resources
    max_chips: int
    network: float | None

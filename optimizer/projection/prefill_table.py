"""The prefill pool beside a chosen layout of the decode pool, and why there is none, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from optimizer.projection.disaggregated import MS_PER_S, PrefillSide
from optimizer.projection.first_token import Poisson
from optimizer.projection.resources import Array, Resources

if TYPE_CHECKING:
    from catalogs.architectures import WorkloadMember


@dataclass(frozen=True, slots=True)
class PrefillTable:
    """The prefill pool beside the decode pool of each of n designs; NaN where there is none.

    Parameters
    ----------
    layout : integer array
        Index into the layouts of the side, -1 where there is none.
    busy : array
        Share of its time that an instance reads prompts. [1]
    chip_s, decode_chip_s : array
        Chip-seconds of a request in the prefill pool and in the decode pool. [s]
    transfer_s, ttft_s, ttft_p99_s : array
        Handing a cache over; mean and 99th percentile of the first token, transfer included. [s]
    """

    side: PrefillSide
    layout: NDArray[np.intp]
    busy: Array
    chip_s: Array
    decode_chip_s: Array
    transfer_s: Array
    ttft_s: Array
    ttft_p99_s: Array

    @property
    def decode_chips_per_prefill_chip(self) -> Array:
        """Ratio of the pools at which both are full. [1]"""
        return np.asarray(self.decode_chip_s / self.chip_s)


def prefill_table(
    side: PrefillSide, chip: Resources, layout: NDArray[np.intp], decode_rate: Array
) -> PrefillTable:
    """Return the best layout of the prefill pool for the chosen layout of each design.

    Parameters
    ----------
    layout : integer array
        Chosen layouts of the decode pool, -1 where infeasible.
    decode_rate : array
        Output tokens per second and chip of the decode pool. [1/s]
    """
    if not side.layouts:
        none = np.full(layout.shape, np.nan)
        return PrefillTable(side, np.full_like(layout, -1), none, none, none, none, none, none)
    network = side.network_to(chip)
    served = layout >= 0
    costs = side.request_chip_s(network)
    row = np.where(served, costs[:, layout].argmin(axis=0), -1)

    def pick(pairs: Array) -> Array:
        return np.where(served, pairs[row, layout], np.nan)

    busy, transfer = pick(side.busy(network)), pick(side.transfer_s(network))
    alone = np.where(served, side.alone_s[row], np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        decode = side.output_tokens / decode_rate
        mean, tail = (
            np.asarray(side.first.mean_s(alone, alone, 0.0, Poisson(busy, side.stages[row], z)))
            for z in (1.0, side.tail)
        )
    return PrefillTable(
        side=side,
        layout=row,
        busy=busy,
        chip_s=pick(costs),
        decode_chip_s=np.where(served, decode, np.nan),
        transfer_s=transfer,
        ttft_s=mean + transfer,
        ttft_p99_s=tail + transfer,
    )


def why_not(side: PrefillSide, chip: Resources, member: WorkloadMember) -> str | None:
    """Why no pair of pools serves a member, in words; None if one does."""
    network = side.network_to(chip)
    if not side.layouts:
        return f"the prefill pool of {side.sku} cannot hold the model and one prompt"
    if network <= 0:
        return (
            "the network between the pools is unknown: state network_gb_s_per_chip in "
            "[prefill] (or --network), or scale_out_gb_s of the part"
        )
    if np.isfinite(side.request_chip_s(network)).any():
        return None
    own = np.asarray(side.first.own_s(side.alone_s, 0.0))
    least = float((own[:, None] + side.transfer_s(network)).min())
    sent = float(side.transfer_s(network).min())
    return (
        f"the first token of a prompt of {member.input_tokens} tokens takes "
        f"{least * MS_PER_S:,.0f} ms on {side.sku}, {sent * MS_PER_S:,.0f} ms of it to hand its "
        f"cache over; the limit is {member.ttft_limit_ms:,.10g} ms"
    )

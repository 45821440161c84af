"""From a cataloged SKU to the resource record."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from catalogs.errors import InputError
from optimizer.projection.layouts import HOST_CHIPS
from optimizer.projection.resources import Resources, usable_rates

if TYPE_CHECKING:
    from catalogs.dies import Die
    from catalogs.skus import Sku

TERA = 1e12
GIGA = 1e9
MEGA = 1e6
# Sizes of caches are printed in MB of 2^20 bytes.
CACHE_MB = 2.0**20
# What a printed gigabyte of a memory part means (JEDEC dies hold powers of two).
BYTES_PER_GB: Mapping[str, float] = {"GiB": 2.0**30, "GB": 1e9}
_RATE_FORMATS = ("fp8", "int8", "fp4")
NO_DRAW = "core draw is not published: DRAM bandwidth is taken to reach the cores in full"
NO_L2 = "the second-level cache is not published: no tile of a matrix is taken to be read again"
NO_LINK = "links are not published: an instance is one chip, so none are used"
NO_PCIE = "the host bus is not published: no layout is taken to use it"
PRINTED_GIB = "the memory part declares no unit: a printed GB is taken as 2^30 bytes"
NO_DOMAIN = "the scale-up domain is not published: one host of 8 chips is assumed"
# PCIe 6.0 x16, both directions: a link that is no slower leaves the host bus nothing to carry.
FASTEST_BUS_GB_S = 256
STATE_IT = "State {name} in a file for --catalog; 0 only if you know that there is none"


def resources_of_sku(sku: Sku, die: Die | None, *, chips: int | None = None) -> Resources:
    """Return what a SKU offers to inference.

    Parameters
    ----------
    sku : Sku
        Published dense rates, memory, links and host bus.
    die : Die or None
        The die, for the bytes that a core can draw per clock; None for a hypothetical part.
    chips : int, optional
        Most chips of an instance; on one chip nothing needs a link or the host bus.

    Raises
    ------
    InputError
        A fact without which nothing can be projected is unknown; the text names it.

    Notes
    -----
    Where a part runs a format at a lower rate with FP32 accumulation than the law counts
    (`usable_rate_fraction`), inference uses the lower one.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> catalog = load_catalog()
    >>> h20 = resources_of_sku(catalog.sku("h20"), catalog.die("gh100"))
    >>> h20.bf16_flops, h20.dram_bytes_per_s, h20.link_bytes_per_s_per_dir
    (148000000000000.0, 4000000000000.0, 450000000000.0)
    """
    missing = missing_facts(sku, chips=chips)
    if missing:
        what = f"cannot be projected: unknown {', '.join(missing)}"
        raise InputError(what, sku.id, STATE_IT.format(name="it" if len(missing) == 1 else "them"))
    rates = _rates(sku)
    link, pcie = sku.link.gb_s_bidir, sku.pcie.gb_s_bidir
    return Resources(
        **usable_rates(rates),
        dram_bytes_per_s=_float(sku.memory.bandwidth_gb_s) * GIGA,
        core_draw_bytes_per_s=_draw(sku, die),
        memory_bytes=_float(sku.memory.capacity_gb) * bytes_per_printed_gb(sku),
        link_bytes_per_s_per_dir=_float(link) * GIGA / 2,
        pcie_bytes_per_s_per_dir=_float(pcie) * GIGA / 2,
        l2_bytes=l2_bytes(sku, die),
        scale_up_domain=sku.scale_up_domain or HOST_CHIPS,
        scale_out_bytes_per_s=_float(sku.scale_out_gb_s) * GIGA,
        nvlink_class=bool(link),
        native=frozenset(name for name in _RATE_FORMATS if name in rates),
        family="" if die is None else die.architecture or "",
    )


def assumptions_of_sku(sku: Sku) -> tuple[str, ...]:
    """Return what had to be assumed about facts that are not published."""
    die = sku.die_record
    found = []
    if np.isinf(_draw(sku, die)):
        found.append(NO_DRAW)
    if np.isinf(l2_bytes(sku, die)):
        found.append(NO_L2)
    if sku.link.gb_s_bidir is None:
        found.append(NO_LINK)
    if sku.pcie.gb_s_bidir is None:
        found.append(NO_PCIE)
    if _unit(sku) is None:
        found.append(PRINTED_GIB)
    if sku.scale_up_domain is None:
        found.append(NO_DOMAIN)
    return tuple(found)


def missing_facts(sku: Sku, *, chips: int | None = None) -> tuple[str, ...]:
    """Return the facts without which a part cannot be projected; empty where it can.

    A link or host bus that is not published is unknown, never zero.

    Parameters
    ----------
    sku : Sku
    chips : int, optional
        Most chips of an instance; on one chip nothing needs a link or the host bus.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> sku = load_catalog().sku
    >>> missing_facts(sku("h20")), missing_facts(sku("a30")), missing_facts(sku("a30"), chips=1)
    ((), ('link.gb_s_bidir',), ())
    """
    needed = {
        "dense_tflops.fp16": _wide(sku),
        "memory.bandwidth_gb_s": sku.memory.bandwidth_gb_s,
        "memory.capacity_gb": sku.memory.capacity_gb,
    }
    link, bus = sku.link.gb_s_bidir, sku.pcie.gb_s_bidir
    if chips != 1:
        needed["link.gb_s_bidir"] = link
        if link is None or link < FASTEST_BUS_GB_S:
            needed["pcie.gb_s_bidir"] = bus
    return tuple(name for name, value in needed.items() if value is None)


def bytes_per_printed_gb(sku: Sku) -> float:
    """Bytes that a printed gigabyte of the memory of a part means. [B]"""
    return BYTES_PER_GB[_unit(sku) or "GiB"]


def l2_bytes(sku: Sku, die: Die | None) -> float:
    """Second-level cache of a part, else of its die; infinite where neither is published. [B]

    Of a die with a larger last level, that one: it is what stands before the DRAM.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> catalog = load_catalog()
    >>> l2_bytes(catalog.sku("h20"), catalog.die("gh100")) / 2**20
    60.0
    """
    size = sku.l2_cache_mb
    if die is not None:
        size = die.last_level_cache_mb or size or die.l2_cache_mb
    return float("inf") if size is None else float(size) * CACHE_MB


def _float(value: Decimal | int | None) -> float:
    return 0.0 if value is None else float(value)


def _wide(sku: Sku) -> Decimal | None:
    """Dense FP16 or BF16 rate with FP32 accumulation, or None if unknown. [TFLOPS]"""
    dense = sku.dense_tflops
    if dense.fp16_fp32acc is not None:
        return dense.fp16_fp32acc
    rate = dense.bf16 if dense.bf16 is not None else dense.fp16
    share = sku.usable_rate_fraction.fp16_fp32acc
    return rate if rate is None or share is None else rate * share


def _rates(sku: Sku) -> dict[str, float]:
    rates = {"bf16": _float(_wide(sku)) * TERA}
    for name in _RATE_FORMATS:
        rate = sku.dense_tflops.get(name)
        if rate is None:
            continue
        share = sku.usable_rate_fraction.fp8_fp32acc if name == "fp8" else None
        rates[name] = float(rate if share is None else rate * share) * TERA
    return rates


def _draw(sku: Sku, die: Die | None) -> float:
    """Bytes per second that the enabled cores draw, infinite where not published. [B/s]"""
    per_clock = None if die is None else die.core_draw_bytes_per_clk
    clock = sku.peak_rate_clock_mhz if sku.peak_rate_clock_mhz is not None else sku.boost_clock_mhz
    if per_clock is None or clock is None or sku.cores_enabled is None:
        return float("inf")
    return float(sku.cores_enabled * clock * per_clock) * MEGA


def _unit(sku: Sku) -> str | None:
    part = sku.memory.part
    if part is None or sku._catalog is None:
        return None
    return sku._catalog.memory_parts[part].capacity_unit

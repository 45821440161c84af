"""What a projection assumes of parts and requests, and what was never measured of them."""

from __future__ import annotations

from collections.abc import Iterable

from catalogs.architectures import Workload
from catalogs.deployment import PrefillPool
from catalogs.skus import Sku
from optimizer.projection.layouts import Path as Carrier
from optimizer.projection.planned import widening_words
from optimizer.projection.ratios import Kin
from optimizer.projection.releases import release_words, vendors_behind
from optimizer.projection.table import ProjectionTable


def thin_words(stack: str, workload: Workload, parts: Iterable[Kin]) -> tuple[str, ...]:
    """Return what was never measured: a stack on a maker's parts, a die family, a weight format.

    Parameters
    ----------
    stack : str
        Software stack.
    workload : Workload
    parts : iterable of Kin
        Of those that are projected, of a prefill pool too.
    """
    kin = tuple(parts)
    precisions = [member.weight_precision for member in workload.members]
    wider = widening_words([each.family for each in kin], precisions) if kin else ()
    return (*unmeasured_words(stack, [each.maker for each in kin]), *wider)


def piped_words(table: ProjectionTable) -> tuple[str, ...]:
    """Return which members run in pipeline stages over links, of which no row was measured.

    Parameters
    ----------
    table : ProjectionTable
        Of one part, with its prefill pool where there is one.
    """
    link = Carrier.LINK
    names = [m.name for m in table.members if m.pipeline_stages[0] > 1 and m.path[0] == link.value]
    for member in table.members:
        pool = member.prefill
        if pool is None or pool.layout[0] < 0:
            continue
        read = pool.side.layouts[pool.layout[0]]
        if read.stages > 1 and read.path is link:
            names.append(f"the prefill pool of {member.name}")
    if not names:
        return ()
    return (
        f"{' and '.join(names)}: pipeline stages over links; all measured ones are on PCIe "
        "(docs/projection.md)",
    )


def network_words(stated: PrefillPool | None, parts: Iterable[Sku]) -> tuple[str, ...]:
    """Return how fast the network between two pools is taken to be, and who says so.

    Parameters
    ----------
    stated : PrefillPool or None
        Of the workload; None for one pool.
    parts : iterable of Sku
        Those of both pools.
    """
    if stated is None:
        return ()
    what, own = "the network between the pools carries", stated.network_gb_s_per_chip
    if own is not None:
        return (f"{what} {own:.10g} GB/s per chip and direction, as stated",)
    known = {sku.id: sku for sku in parts}
    rates = {name: float(sku.scale_out_gb_s or 0) for name, sku in known.items()}
    slowest, field = min(rates.values()), "scale_out_gb_s"
    said = [
        f"{name} ({sku.basis_of(field)}, grade {sku.fact(field).grade})"
        for name, sku in known.items()
        if rates[name] == slowest
    ]
    return (
        f"{what} {slowest:.10g} GB/s per chip and direction, the least of the records of both "
        f"parts: that of {' and '.join(said)}; --network states another",
    )


def unmeasured_words(stack: str, vendors: Iterable[str]) -> tuple[str, ...]:
    """Return a warning of each maker on whose parts a software stack was not measured.

    Examples
    --------
    >>> unmeasured_words("tensorrt-llm", ["NVIDIA"])
    ()
    """
    measured = vendors_behind(stack)
    known = [name.casefold() for name in measured]
    found = []
    for vendor in dict.fromkeys(vendors):
        if vendor.casefold() not in known:
            meant, others = release_words(stack, vendor)
            rows = f" (its measured rows are of {others})" if others else ""
            found.append(
                f"{stack} means {meant}, measured on {' and '.join(measured)} parts alone: "
                f"{vendor} may have no such release{rows}; the 80 % intervals are wider by what "
                "a maker left out of the fit was missed by (docs/projection.md)"
            )
    return tuple(found)

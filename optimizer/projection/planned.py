"""The interval of a part that is planned, and why it is as wide as it is."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from catalogs.architectures import Workload, WorkloadMember
from optimizer.projection.intervals import (
    LIMITED,
    NEW_DEVICE,
    OPEN,
    SATURATED,
    THROUGHPUT,
    TWO_POOLS,
    Interval,
    load_intervals,
    stored_intervals,
    thin_groups,
    widened_by,
)
from optimizer.projection.releases import vendors_behind


def planned_interval(
    limited: bool,
    family: str,
    precision: str,
    *,
    two_pools: bool = False,
    figure: str = THROUGHPUT,
    strange: bool = False,
) -> Interval:
    """Return the interval of a plan: of like regime, and of a device that was never measured.

    Of two pools it also holds the interval of measured rows of two pools.

    Parameters
    ----------
    limited : bool
        Whether a latency limit holds; times are those of requests that arrive at random anyway.
    family, precision : str
        Of the die and of the weights; one without any measured row widens it, by as much as rows
        projected without their family or format need more than all rows do.
    figure : str
        `THROUGHPUT`, or one of the times.
    strange : bool
        Whether a maker has no measured row of the software stack: widens it by as much as rows of a
        maker projected without any row of it need more.

    Examples
    --------
    >>> known, thin = (planned_interval(True, name, "fp8") for name in ("Hopper", "Gaudi 3"))
    >>> thin.low < known.low, thin.high > known.high
    (True, True)
    """
    bands = load_intervals(figure)
    regime = LIMITED if limited else SATURATED
    own = bands[regime if figure == THROUGHPUT else OPEN]
    for group in ((TWO_POOLS,) if two_pools else ()) + (NEW_DEVICE,):
        own = own.joined(bands[group]) if group in bands else own
    return widened_by(own, bands, thin_groups(family, precision, strange=strange))


@cache
def strange(stack: str, *makers: str) -> bool:
    """Whether some maker, in any case, has no measured row of a software stack; blank is unknown.

    Examples
    --------
    >>> strange("tensorrt-llm", "nvidia", ""), strange("tensorrt-llm", "NVIDIA", "AMD")
    (False, True)
    """
    known = {"", *map(str.casefold, vendors_behind(stack))}
    return not {maker.casefold() for maker in makers} <= known


def least_known(*families: str) -> str:
    """Return the die family of some parts of which the interval hangs: one without measured rows.

    Examples
    --------
    >>> least_known("Hopper", "Gaudi 3"), least_known("Hopper", "Ampere")
    ('Gaudi 3', 'Hopper')
    """
    measured = stored_intervals().families
    return next((family for family in families if family not in measured), families[0])


def limited(member: WorkloadMember) -> bool:
    """Whether a latency limit of a member holds."""
    return member.tpot_limit_ms is not None or member.ttft_limit_ms is not None


def interval_words(workload: Workload) -> str:
    """Return which measured rows the interval of a plan is from.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> interval_words(load_catalog().workload("chat-70b")).partition(",")[0]
    '80 % interval from 56 measured rows of like regime'
    """
    bands = load_intervals()
    kinds = sorted({limited(member) for member in workload.members})
    rows = [str(bands[LIMITED if each else SATURATED].rows) for each in kinds]
    first = f"{' and '.join(rows)} measured rows of like regime"
    if len(kinds) > 1:
        first += ", without limits and with them"
    if workload.prefill is None or TWO_POOLS not in bands:
        return (
            f"80 % interval from {first}, held out, and from devices projected without any row "
            "of theirs"
        )
    return (
        f"80 % interval: the widest of {first}, of {bands[TWO_POOLS].rows} of two pools, held out, "
        "and of devices projected without any row of theirs"
    )


def widening_words(families: Iterable[str], precisions: Iterable[str]) -> tuple[str, ...]:
    """Return why an interval is wider than that of a new device of a measured family and format.

    Examples
    --------
    >>> widening_words(["Hopper", "Gaudi 3"], ["fp8"])
    ("80 % interval wider for die family 'Gaudi 3', of which no row was measured",)
    """
    known = stored_intervals()
    groups = (
        ("die family", families, known.families),
        ("weight format", precisions, known.precisions),
    )
    return tuple(
        f"80 % interval wider for {_named(what, name)}, of which no row was measured"
        for what, names, measured in groups
        for name in dict.fromkeys(names)
        if name not in measured
    )


def _named(what: str, name: str) -> str:
    return f"{what} '{name}'" if name else f"an unknown {what}"

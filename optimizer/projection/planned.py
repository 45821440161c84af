"""The interval of a part that is planned, and why it is as wide as it is."""

from __future__ import annotations

from collections.abc import Iterable

from optimizer.projection.intervals import (
    ALL,
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
)


def planned_interval(
    limited: bool,
    family: str,
    precision: str,
    *,
    two_pools: bool = False,
    figure: str = THROUGHPUT,
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
    for group in thin_groups(family, precision):
        own = own.widened(bands[group], bands[ALL]) if group in bands else own
    return own


def least_known(*families: str) -> str:
    """Return the die family of some parts of which the interval hangs: one without measured rows.

    Examples
    --------
    >>> least_known("Hopper", "Gaudi 3"), least_known("Hopper", "Ampere")
    ('Gaudi 3', 'Hopper')
    """
    measured = stored_intervals().families
    return next((family for family in families if family not in measured), families[0])


def interval_words(limited: bool, *, two_pools: bool = False) -> str:
    """Return which measured rows the interval of a plan is from.

    Examples
    --------
    >>> interval_words(True, two_pools=True).partition(",")[0].partition("the ")[2]
    'widest of 56 measured rows of like regime'
    """
    bands = load_intervals()
    own = bands[LIMITED if limited else SATURATED]
    first = f"{own.rows} measured rows of like regime"
    if not (two_pools and TWO_POOLS in bands):
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
        f"80 % interval wider for {what} '{name or 'unknown'}', of which no row was measured"
        for what, names, measured in groups
        for name in dict.fromkeys(names)
        if name not in measured
    )

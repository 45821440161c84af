"""Held-out ratios of pairs of which one family, its maker, or the format was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from catalogs.load import load_catalog
from optimizer.projection.accuracy import FOLDS, Pair
from optimizer.projection.heldout import HeldOut, pairs
from optimizer.projection.intervals import (
    NEW_FAMILY_RATIO,
    NEW_MAKER_RATIO,
    NEW_PRECISION_RATIO,
    RATIO,
)
from optimizer.projection.measured import Devices
from optimizer.projection.ranking import like_for_like, ratio_errors, ratios_between
from optimizer.projection.software import VENDOR_ROWS

RATIO_LABELS = {
    RATIO: "ratio of two devices",
    NEW_FAMILY_RATIO: "ratio, family of one left out",
    NEW_PRECISION_RATIO: "ratio, format left out",
    NEW_MAKER_RATIO: "ratio, maker of one left out",
}
Ratios = list[tuple[float, float]]
Counts = Callable[[str, str], bool]


def held_out_ratios(
    rows: Sequence[Mapping[str, str]], held: HeldOut
) -> tuple[dict[str, Ratios], ...]:
    """Return measured and projected ratios of two devices by kind of pair, each pair both ways.

    One table for each part of the workloads: equal work is within one part.

    A maker counts as left out where leaving out the family of a device leaves its maker fewer rows
    than a release rests on (`VENDOR_ROWS`). Families and formats are compared within one maker, so
    that its absence is not in their bands.

    Parameters
    ----------
    rows : sequence of mapping
        Measured rows.
    held : HeldOut
        What was projected of them.
    """
    akin, strange = _kinds(rows)
    figures = ("throughput", "new_family", "new_precision")
    found = [pairs(rows, held, figure) for figure in figures]
    out = []
    for fold in range(FOLDS):
        fitted, family, precision = ([p for p in each if p.fold == fold] for each in found)
        table = {
            RATIO: ratio_errors(fitted, like_for_like),
            NEW_FAMILY_RATIO: _both_ways(family, fitted, akin),
            NEW_PRECISION_RATIO: _both_ways(precision, precision, akin),
            NEW_MAKER_RATIO: _both_ways(family, fitted, strange),
        }
        out.append(table)
    return tuple(out)


def _kinds(rows: Sequence[Mapping[str, str]]) -> tuple[Counts, Counts]:
    """Whether two devices are of two families of one maker; or the first of a maker left out."""
    devices = Devices(load_catalog(ambient=False))
    counted = Counter(row["gpu"].strip() for row in rows)

    def others(name: str) -> int:
        """Rows of a maker beyond those of the family of a device."""
        maker, family = devices.vendor(name), devices.family(name)
        return sum(
            n
            for other, n in counted.items()
            if devices.vendor(other) == maker and devices.family(other) != family
        )

    lone = {name for name in counted if others(name) < VENDOR_ROWS}

    def akin(a: str, b: str) -> bool:
        return devices.vendor(a) == devices.vendor(b) and devices.family(a) != devices.family(b)

    def strange(a: str, b: str) -> bool:
        return a in lone and devices.vendor(a) != devices.vendor(b)

    return akin, strange


def _both_ways(ones: Sequence[Pair], others: Sequence[Pair], counts: Counts) -> Ratios:
    found = ratios_between(ones, others, like_for_like, counts)
    return [*found, *((1 / measured, 1 / projected) for measured, projected in found)]

"""How well any projection that never falls with a resource can order the measured devices.

Where a part of which no resource is smaller was measured slower, no such projection agrees: the
share of these pairs bounds the pair order, and the ranks that respect them bound Spearman's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np

from optimizer.projection.accuracy import Pair
from optimizer.projection.formats import gemm_rate, widened
from optimizer.projection.ranking import LEAST_DEVICES, TIE, best_of, by_work
from optimizer.projection.resources import Resources

# Whether no resource of the first part that a weight format uses is below that of the second.
AtLeast = Callable[[str, str, str], bool]
# Rates of formats that a row may not use; its own is added.
NARROW_RATES = ("fp8_flops", "int8_flops", "fp4_flops")


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Best agreement with the measured order that a monotone projection can have.

    Parameters
    ----------
    pairs, contrary : int
        Pairs more than 5 % apart; those measured against every resource.
    spearman : float
        Mean over workloads of the best rank correlation that respects the resources. [1]
    """

    pairs: int
    contrary: int
    spearman: float

    @property
    def pair_order(self) -> float:
        """Largest share of the pairs in the measured order. [1]"""
        return 1 - self.contrary / self.pairs if self.pairs else float("nan")


def at_least(a: Resources, b: Resources, weight_format: str) -> bool:
    """Whether no resource that a weight format uses is smaller in `a`.

    Examples
    --------
    >>> slow = Resources(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    >>> fast = Resources(2.0, 1.0, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    >>> at_least(fast, slow, "fp8"), at_least(slow, fast, "fp8"), at_least(fast, slow, "int8")
    (True, False, False)
    """
    mine, other = (_used(chip, weight_format) for chip in (a, b))
    return all(x >= y for x, y in zip(mine, other, strict=True))


def _used(chip: Resources, weight_format: str) -> list[float]:
    """What the projection of a row reads of a chip, larger being no worse."""
    amounts = [float(v[0]) for name, v in chip.columns().items() if name not in NARROW_RATES]
    native = not widened(weight_format, chip)
    classes = (chip.nvlink_class, chip.scale_up_domain, native)
    return [*amounts, float(gemm_rate(weight_format, chip)), *map(float, classes)]


def ceiling(pairs: Iterable[Pair], key: Callable[[Pair], str], not_below: AtLeast) -> Ceiling:
    """Return the best that a projection which never falls with a resource can reach.

    Examples
    --------
    >>> rows = [Pair(g, "rate", "s", 0, m, m, workload="w")
    ...         for g, m in (("a", 1.0), ("b", 2.0), ("c", 3.0))]
    >>> found = ceiling(rows, lambda p: p.workload, lambda a, b, _: (a, b) == ("a", "b"))
    >>> found.pairs, found.contrary, found.spearman
    (3, 1, 0.5)
    """
    counted = contrary = 0
    best = []
    for devices in by_work(pairs, key).values():
        names = list(devices)
        measured = [best_of(devices[name])[0] for name in names]
        formats = [devices[name][0].precision for name in names]
        held = [
            (i, j)
            for i, j in permutations(range(len(names)), 2)
            if not_below(names[i], names[j], formats[i])
            and not not_below(names[j], names[i], formats[i])
        ]
        for i, j in combinations(range(len(names)), 2):
            high, low = (i, j) if measured[i] > measured[j] else (j, i)
            if measured[high] > measured[low] * (1 + TIE):
                counted += 1
                contrary += (low, high) in held
        if len(names) >= LEAST_DEVICES:
            best.append(_best_spearman(measured, held))
    return Ceiling(counted, contrary, float(np.mean(best)) if best else float("nan"))


def _best_spearman(measured: Sequence[float], held: Sequence[tuple[int, int]]) -> float:
    """Largest rank correlation of an order in which i stands above j for each (i, j) held."""
    n = len(measured)
    ranks = np.argsort(np.argsort(measured))
    orders = np.array([p for p in permutations(range(n)) if all(p[i] > p[j] for i, j in held)])
    return float(1 - 6 * ((orders - ranks) ** 2).sum(axis=1).min() / (n * (n * n - 1)))

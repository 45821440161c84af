"""What the measured order allows a projection that never falls with a resource."""

from dataclasses import replace
from itertools import permutations

from optimizer.projection.accuracy import Pair
from optimizer.projection.ceiling import at_least, ceiling
from optimizer.projection.heldout_limits import thin
from optimizer.projection.ranking import best_of_each, spearman
from optimizer.projection.resources import Resources

CHIP = Resources(1.0, 2.0, 2.0, 4.0, 1.0, 1.0, 1.0, 1.0, 1.0, native=frozenset({"fp8", "fp4"}))


def rows(**measured: float) -> list[Pair]:
    return [Pair(g, "rate", "s", 0, m, m, workload="w") for g, m in measured.items()]


def test_a_part_with_more_of_a_resource_and_less_of_none_is_not_below() -> None:
    more = replace(CHIP, memory_bytes=2.0)
    assert at_least(more, CHIP, "fp8")
    assert not at_least(CHIP, more, "fp8")
    # A format that the row does not use decides nothing; 4-bit units do where they are used.
    other = replace(more, fp4_flops=2.0, native=frozenset({"fp8"}))
    assert at_least(other, CHIP, "fp8")
    assert not at_least(other, CHIP, "nvfp4")
    assert not at_least(replace(more, nvlink_class=False), CHIP, "fp8")


def test_pairs_measured_against_every_resource_are_out_of_reach() -> None:
    found = ceiling(
        rows(a=1.0, b=2.0, c=3.0, d=3.1), best_of_each, lambda a, b, _: (a, b) in {("a", "c")}
    )
    assert (found.pairs, found.contrary, found.pair_order) == (5, 1, 0.8)
    # By hand: the best order of four in which a stands above c.
    best = max(
        spearman([1.0, 2.0, 3.0, 3.1], list(map(float, order)))
        for order in permutations(range(4))
        if order[0] > order[2]
    )
    assert abs(found.spearman - best) < 1e-12


def test_equal_parts_and_ties_are_no_contradiction() -> None:
    assert ceiling(rows(a=1.0, b=2.0), best_of_each, lambda a, b, _: True).contrary == 0
    assert ceiling(rows(a=1.0, b=1.04), best_of_each, lambda a, b, _: a == "a").pairs == 0


def test_a_device_of_few_models_and_many_rows_is_thin_in_models() -> None:
    many = [
        replace(rows(a=1.0)[0], model=str(n % 2), source=str(n), engine=str(n)) for n in range(30)
    ]
    assert thin(many)[-2] == "| a | 30 | 1 | 2 | 30 | 30 | models |"

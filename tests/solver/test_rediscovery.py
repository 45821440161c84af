"""From the law alone: the solver finds the class of part that the vendor shipped."""

from __future__ import annotations

from datetime import date

import pytest

from optimizer.solver import Optimal
from optimizer.solver.optimize import solve_parent


def best(ask, ready, catalog, rules: str, parent: str, on: date | None = None, **kw):
    request = ask(rules, on=on, **kw)
    answer = solve_parent(request, catalog, ready(), parent)
    assert isinstance(answer, Optimal)
    return answer.designs[0]


def test_gh100_under_the_october_2023_rule_is_an_h20_class_part(ask, ready, catalog) -> None:
    """H20: 78 SM at a quarter rate, 6 HBM3 sites, 18 links, TPP 2,368, density 2.91."""
    found = best(ask, ready, catalog, "us-2023", "gh100", date(2023, 11, 17))
    design, quantities = found.design, found.design.quantities()
    assert design.sites == 6
    assert design.links == 18
    assert design.rate_units == 1
    assert 2368 < quantities["tpp"] < 2400
    assert quantities["performance_density"] < 3.2
    assert found.assessment.verdict == "not_controlled"


def test_ad102_under_the_october_2023_rule_is_an_l20_class_part(ask, ready, catalog) -> None:
    """L20: 92 SM at half rate, TPP 1,912, density 3.14 of 3.2 (technical.city)."""
    found = best(ask, ready, catalog, "us-2023", "ad102", date(2023, 11, 17))
    quantities = found.design.quantities()
    assert found.design.sites == 12
    assert float(quantities["tpp"]) == pytest.approx(1912, rel=0.02)
    assert 3.14 < quantities["performance_density"] < 3.2


def test_mi300x_under_the_october_2023_rule_is_an_mi308x_class_part(ask, ready, catalog) -> None:
    """MI308X: 80 CU, TPP 3,720, density 1.55 of 1.6, whole memory and fabric (public code)."""
    found = best(ask, ready, catalog, "us-2023", "mi300x_package")
    quantities = found.design.quantities()
    assert (found.design.sites, found.design.links) == (8, 7)
    assert float(quantities["tpp"]) == pytest.approx(3720, rel=0.04)
    assert 1.55 < quantities["performance_density"] < 1.6


def test_gb202_under_the_letters_is_a_6000d_class_part(ask, ready, catalog) -> None:
    """RTX PRO 6000D: 1,398 GB/s of 1,400 and, by its listing, below TPP 2,400."""
    found = best(ask, ready, catalog, "us-2025", "gb202")
    quantities = found.design.quantities()
    assert 1400 * 0.99 < quantities["dram_bandwidth_gb_s"] < 1400
    assert 2400 * 0.96 < quantities["tpp"] < 2400


def test_a_stricter_ceiling_never_raises_throughput(ask, ready, catalog) -> None:
    path = "us_letters/april_2025.dram_ceiling"
    values = [
        best(ask, ready, catalog, "us-2025", "gb202", choices={"set_": {path: line}}).value
        for line in ("1600", "1400", "1200", "1000")
    ]
    assert values == sorted(values, reverse=True)


def test_a_margin_keeps_the_design_that_far_from_every_line(ask, ready, catalog) -> None:
    from fractions import Fraction

    found = best(ask, ready, catalog, "us-2025", "gb202", choices={"margin": Fraction(1, 50)})
    quantities = found.design.quantities()
    assert quantities["tpp"] < Fraction(2400) * Fraction(98, 100)
    assert quantities["dram_bandwidth_gb_s"] < Fraction(1400) * Fraction(98, 100)


def test_the_answer_is_the_same_on_every_run(ask, ready, catalog) -> None:
    first, second = (best(ask, ready, catalog, "us-2025", "gh100") for _ in range(2))
    assert first.design.knobs() == second.design.knobs()
    assert first.value == second.value

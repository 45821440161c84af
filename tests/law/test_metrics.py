"""How the rules count, against the catalog and against themselves."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogs.legal import BIT_LENGTH
from catalogs.load import load_catalog
from constraints.metrics import (
    LogicDie,
    Operation,
    applicable_die_area_mm2,
    bit_length_x_tops,
    operations,
    package_operations,
    tpp,
    transistor_count_bn,
)

RATES = st.decimals(min_value=0, max_value=20_000, places=2)
OPERATIONS = st.lists(
    st.builds(Operation, st.text(max_size=3), RATES, st.tuples(st.sampled_from([4, 6, 8, 16, 32]))),
    min_size=1,
    max_size=5,
)
CAPPED = {sku.id for sku in load_catalog().skus.values() if sku.rate_cap_tpp is not None}
COUNTED = [
    sku
    for sku in load_catalog().skus.values()
    if sku.id not in CAPPED and sku.legal_facts().get("tpp") is not None
]


@pytest.mark.parametrize("sku", COUNTED, ids=lambda sku: sku.id)
def test_the_catalog_counts_tpp_as_the_law_does(sku):
    known = {name: rate for name, rate in sku.dense_tflops.items() if name in BIT_LENGTH}
    vector = sku.vector_tflops()
    if vector is not None:
        known.setdefault("fp32_vector", Fraction(vector))
    counted, recorded = tpp(operations(known)), Fraction(sku.legal_facts()["tpp"])
    assert abs(counted - recorded) <= recorded / 10**20


@given(OPERATIONS)
def test_tpp_is_the_largest_and_never_the_sum(executed):
    found = tpp(executed)
    assert found in {each.processing_performance for each in executed}
    assert all(found >= each.processing_performance for each in executed)


@given(OPERATIONS, RATES)
def test_a_sparse_rate_changes_nothing(executed, rate):
    sparse = Operation("sparse", rate, (16,), sparse=True)
    assert tpp([*executed, sparse]) == tpp(executed)


@given(OPERATIONS, st.integers(1, 8))
def test_a_package_of_equal_dies_counts_them_all(executed, count):
    named = [Operation(str(i), e.tera_per_s, e.multiply_input_bits) for i, e in enumerate(executed)]
    assert tpp(package_operations(*[named] * count)) == count * tpp(named)


@given(OPERATIONS)
def test_counting_outputs_never_lowers_the_2022_metric(executed):
    assert bit_length_x_tops(executed, count_outputs=True) >= bit_length_x_tops(executed)


def test_what_is_unknown_stays_unknown():
    assert tpp([]) is None
    assert bit_length_x_tops([]) is None
    assert applicable_die_area_mm2([LogicDie(400, None)]) is None
    assert transistor_count_bn([LogicDie(400, True)]) is None


def test_numbers_stay_exact():
    assert tpp([Operation("fp8", Decimal("660.8"), (8,))]) == Fraction("5286.4")

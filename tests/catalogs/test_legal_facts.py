"""What the law reads of a SKU: exact, and absent where unknown."""

import datetime as dt
import pickle
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogs import Catalog, Sku
from catalogs.legal import BIT_LENGTH, LAW_NAMES, MATRIX_FORMATS

TPP = {
    "h20": "2368", "l20": "1912", "l2": "1544", "rtx_pro_6000d": "2372", "mi308x": "3720",
    "a100_sxm_40gb": "4992", "a100_sxm_80gb": "4992", "a800": "4992", "rtx_5090_d": "4750",
    "rtx_5090_d_v2": "4750", "mi350x": "55365", "mi355x": "60397.8", "h100_sxm": "15832",
    "h100_pcie": "12104", "h100_nvl": "13368", "h800": "15832", "h200_sxm": "15832", "l4": "1936",
    "l40": "2896", "l40s": "5864", "a30": "2640", "a40": "2395.2", "a10": "2000",
    "rtx_4090": "5284.8", "rtx_4090_d": "4707.2", "rtx_6000_ada": "5828", "rtx_5880_ada": "4432",
    "rtx_5090": "6704", "rtx_pro_6000_workstation": "8000", "rtx_pro_6000_server": "7484.8",
    "b100": "28000", "b200": "36000", "gb200": "40000", "b300": "56000", "gb300": "60000",
    "mi210": "2899.2", "mi250x": "6128", "mi300x": "20919.2", "mi300a": "15689.6",
    "mi325x": "20919.2", "rx_7900_xtx": "1964.8", "gaudi_2": "6920", "gaudi_3_oam": "29360",
    "max_1550": "13422.4", "ascend_910": "4096", "ascend_910c": "12800", "br100": "16384",
    "vr200": "140000", "mlu370_x8": "2048",
}  # fmt: skip
UNKNOWN_TPP = ("b20", "mi309", "hl_225b", "hl_328", "hl_388", "max_1450", "rx_9070_xt")


@pytest.mark.parametrize(("sku", "tpp"), TPP.items())
def test_tpp_is_exact(catalog: Catalog, sku: str, tpp: str) -> None:
    assert catalog.sku(sku).legal_facts()["tpp"] == Decimal(tpp)


@pytest.mark.parametrize("sku", UNKNOWN_TPP)
def test_an_unknown_tpp_is_absent(catalog: Catalog, sku: str) -> None:
    facts = catalog.sku(sku).legal_facts()
    assert "tpp" not in facts
    assert "bit_length_x_tops" not in facts
    assert "tpp" not in catalog.sku(sku).legal_intervals()
    assert catalog.sku(sku).fact("tpp").value is None


@pytest.mark.parametrize(
    ("sku", "name", "value"),
    [
        ("h20", "dram_bandwidth_gb_s", "4000"), ("h20", "io_bandwidth_gb_s", "1028"),
        ("h20", "io_transfer_rate_gb_s", "1028"), ("h20", "bit_length_x_tops", "2368"),
        ("a800", "io_transfer_rate_gb_s", "464"), ("a100_sxm_80gb", "io_bandwidth_gb_s", "664"),
        ("hl_225b", "io_transfer_rate_gb_s", "589"), ("l20", "io_bandwidth_gb_s", "64"),
        ("mi355x", "io_bandwidth_gb_s", "1203.2"), ("mi308x", "applicable_die_area_mm2", "2400"),
        ("mi300a", "applicable_die_area_mm2", "2381.2"),
        ("mi250x", "applicable_die_area_mm2", "1448"),
        ("ascend_910c", "applicable_die_area_mm2", "1331.22"),
        ("b200", "transistor_count_bn", "208"),
        ("rtx_5090_d", "dense_bf16_tflops", "209.5"), ("h100_sxm", "tdp_w", "700"),
    ],
)  # fmt: skip
def test_other_facts_are_exact(catalog: Catalog, sku: str, name: str, value: str) -> None:
    assert catalog.sku(sku).legal_facts()[name] == Decimal(value)


@pytest.mark.parametrize(
    ("sku", "name"),
    [
        ("mi355x", "applicable_die_area_mm2"), ("mi308x", "io_bandwidth_gb_s"),
        ("a30", "io_bandwidth_gb_s"), ("max_1550", "io_bandwidth_gb_s"),
        ("rtx_5880_ada", "dram_bandwidth_gb_s"), ("rtx_5880_ada", "first_marketed"),
        ("rtx_6000_ada", "tdp_w"), ("b20", "has_hbm"), ("mtt_s4000", "non_planar"),
    ],
)  # fmt: skip
def test_unknown_stays_absent_never_zero(catalog: Catalog, sku: str, name: str) -> None:
    assert name not in catalog.sku(sku).legal_facts()


def test_none_is_zero_only_where_a_source_says_none(catalog: Catalog) -> None:
    assert catalog.sku("l20").link.gb_s_bidir == 0
    assert catalog.sku("mi308x").link.gb_s_bidir is None
    assert catalog.sku("hl_328").link.gb_s_bidir is None


def test_facts_hold_no_binary_float(catalog: Catalog) -> None:
    for sku in catalog.skus.values():
        facts = sku.legal_facts()
        assert facts.keys() <= set(LAW_NAMES)
        for value in facts.values():
            assert isinstance(value, Decimal | int | bool | dt.date | str)
        for low, high in sku.legal_intervals().values():
            assert isinstance(low, Decimal)
            assert low <= high


def test_every_interval_holds_the_preferred_value(catalog: Catalog) -> None:
    for sku in catalog.skus.values():
        facts = sku.legal_facts()
        for name, (low, high) in sku.legal_intervals().items():
            assert low <= facts[name] <= high  # type: ignore[operator]


@pytest.mark.parametrize(
    ("sku", "name", "low", "high"),
    [
        ("h20", "dram_bandwidth_gb_s", "4000", "4096"), ("h20", "tpp", "2368", "2368"),
        ("mi308x", "tpp", "3720", "5504.8"), ("mi308x", "applicable_die_area_mm2", "1017", "2400"),
        ("mi308x", "dram_bandwidth_gb_s", "4000", "5300"), ("b300", "tpp", "54000", "56000"),
        ("vr200", "tpp", "140000", "200000"), ("l20", "applicable_die_area_mm2", "608", "609"),
        ("b200", "applicable_die_area_mm2", "1600", "1628"), ("l40", "tpp", "2896", "2896"),
        ("mi350x", "io_bandwidth_gb_s", "1024", "1203.2"),
    ],
)  # fmt: skip
def test_live_claims_give_the_interval(
    catalog: Catalog, sku: str, name: str, low: str, high: str
) -> None:
    assert catalog.sku(sku).legal_intervals()[name] == (Decimal(low), Decimal(high))


def test_the_published_rate_stands_over_the_boost_clock(catalog: Catalog) -> None:
    h20 = catalog.sku("h20")
    die = h20.die_record
    assert die is not None
    ops = Fraction(die.dense_ops_per_clk_per_core["fp16"])
    at_boost = ops * Fraction(h20.tensor_rate_fraction or 0) * 78 * 1980 * 16 / 10**6
    assert at_boost > 2400 > h20.legal_facts()["tpp"]  # type: ignore[operator]


RATES = st.dictionaries(
    st.sampled_from(sorted(BIT_LENGTH)),
    st.decimals(0, 10**5, places=1, allow_nan=False, allow_infinity=False),
    min_size=1,
)


@given(RATES)
def test_tpp_is_the_maximum_never_the_sum(rates: dict[str, Decimal]) -> None:
    sku = Sku.model_validate({"id": "x", "name": "x", "vendor": "x", "dense_tflops": rates})
    tpp = sku.legal_facts().get("tpp")
    if MATRIX_FORMATS & rates.keys():
        assert tpp == max(rate * BIT_LENGTH[form] for form, rate in rates.items())
    else:
        assert tpp is None


@given(RATES, st.sampled_from(sorted(BIT_LENGTH)))
def test_an_added_format_never_lowers_tpp(rates: dict[str, Decimal], form: str) -> None:
    def tpp(own: dict[str, Decimal]) -> Decimal:
        sku = Sku.model_validate({"id": "x", "name": "x", "vendor": "x", "dense_tflops": own})
        found = sku.legal_facts().get("tpp", Decimal(0))
        assert isinstance(found, Decimal)
        return found

    assert tpp(rates | {form: Decimal(7)} if form not in rates else rates) >= tpp(rates)


def test_records_are_frozen_and_survive_pickling(catalog: Catalog) -> None:
    h20 = catalog.sku("h20")
    with pytest.raises(ValueError, match="frozen"):
        h20.tdp_w = Decimal(1)  # type: ignore[misc]
    with pytest.raises(TypeError, match="frozen"):
        h20.basis["derived"] = ()  # type: ignore[index]
    again = pickle.loads(pickle.dumps(h20))
    assert again == h20
    assert again.legal_facts() == h20.legal_facts()

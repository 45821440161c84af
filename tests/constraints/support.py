"""Facts and rule sets that several tests share."""

from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from constraints import Ruleset, load_law

H20: dict[str, Any] = {
    "tpp": 2368,
    "applicable_die_area_mm2": 814,
    "datacenter": True,
    "dram_bandwidth_gb_s": 4000,
    "io_bandwidth_gb_s": 1028,
}

# Values on and around every line of 3A090 and the letters.
TPPS: list[Any] = [0, 900, "1599.99", 1600, 2399, 2400, "4799.99", 4800, 9000]
AREAS: list[Any] = [0, 100, 270, "405.4", 500, 750, 1000, 1500, 3000]
DRAMS: list[Any] = [0, 700, "1399.9", 1400, 4000]
IOS: list[Any] = [0, 300, "1099.9", 1100, 1700]

facts_of_circuits = st.fixed_dictionaries(
    {},
    optional={
        "tpp": st.sampled_from(TPPS).map(Decimal),
        "applicable_die_area_mm2": st.sampled_from(AREAS).map(Decimal),
        "datacenter": st.booleans(),
        "dram_bandwidth_gb_s": st.sampled_from(DRAMS).map(Decimal),
        "io_bandwidth_gb_s": st.sampled_from(IOS).map(Decimal),
    },
)


@cache
def rules(spec: str) -> Ruleset:
    return load_law().ruleset(spec)

"""Shared by the tests of the law: cases as data, and the facts that follow from their figures."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from catalogs.load import read_csv, read_toml
from constraints.check import Assessment, check
from constraints.expressions import exact
from constraints.metrics import (
    LogicDie,
    Operation,
    applicable_die_area_mm2,
    bit_length_x_tops,
    bus_bandwidth_gb_s,
    dram_bandwidth_gb_s,
    memory_bandwidth_density,
    package_operations,
    rate_tera_per_s,
    tpp,
    transistor_count_bn,
)
from constraints.rules import load_law
from constraints.rulesets import Ruleset

DATA = Path(__file__).parent.parent / "data" / "law"
STEP = Fraction(1, 1_000_000)


@cache
def edge_cases() -> tuple[dict[str, Any], ...]:
    return tuple(read_toml(DATA / "edge_cases.toml")["case"])


@cache
def ground_truth() -> tuple[dict[str, str], ...]:
    return tuple(read_csv(DATA / "ground_truth.csv"))


@cache
def ruleset(
    spec: str,
    on: date | None = None,
    with_: tuple[str, ...] = (),
    exporter: str | None = None,
) -> Ruleset:
    return load_law().ruleset(spec, on, with_=with_, exporter=exporter)


def _operations(build: Mapping[str, Any]) -> tuple[Operation, ...]:
    if "ops_per_clock" in build:
        rate = rate_tera_per_s(build["ops_per_clock"], build["clock_mhz"])
        return (Operation("matrix", rate, (build["bits"],)),)
    one_die = tuple(
        Operation(
            each["name"],
            each["tera_per_s"],
            tuple(each["bits"]),
            output_bits=each.get("output_bits", 0),
            sparse=each.get("sparse", False),
            vector=each.get("vector", False),
        )
        for each in build.get("operations", ())
    )
    return package_operations(*[one_die] * build.get("packages_of", 1))


def metrics(build: Mapping[str, Any], rules: str) -> dict[str, Any]:
    """Legal metrics of the figures of a case, by the product's own functions."""
    found: dict[str, Any] = {}
    executed = _operations(build)
    if executed and rules == "us-2022":
        outputs = build.get("count_outputs", False)
        found["bit_length_x_tops"] = bit_length_x_tops(executed, count_outputs=outputs)
    elif executed:
        strict = build.get("add_vector_units", False)
        found["tpp"] = tpp(executed, add_vector_units=strict)
    if "dies" in build:
        dies = [LogicDie(**each) for each in build["dies"]]
        found["applicable_die_area_mm2"] = applicable_die_area_mm2(dies)
        if any("density_mtr_per_mm2" in each for each in build["dies"]):
            found["transistor_count_bn"] = transistor_count_bn(dies)
    buses = [
        bus_bandwidth_gb_s(each["width_bits"], each["gbps"])
        for each in build.get("memory_buses", ())
    ]
    if local := [*buses, *build.get("memory_gb_s", ())]:
        found["dram_bandwidth_gb_s"] = dram_bandwidth_gb_s(
            local, build.get("remote_memory_gb_s", ())
        )
    if "links" in build:
        found["io_bandwidth_gb_s"] = sum((Fraction(each) for each in build["links"]), Fraction(0))
    if "hbm" in build:
        found["memory_bandwidth_density_gb_s_mm2"] = memory_bandwidth_density(**build["hbm"])
    return found


def facts_of(case: Mapping[str, Any]) -> dict[str, Any]:
    built = metrics(case.get("build", {}), case["rules"])
    return {**built, **case.get("facts", {}), **case.get("shipment", {})}


def rules_of(case: Mapping[str, Any]) -> Ruleset:
    return ruleset(case["rules"], case.get("on"), tuple(case.get("with", ())), case.get("exporter"))


def assess(case: Mapping[str, Any]) -> Assessment:
    place, seat = case.get("destination", "CN"), case.get("headquarters")
    return check(facts_of(case), rules_of(case), place, seat)


def paragraphs(assessment: Assessment) -> set[str]:
    """Paragraphs that catch the item, without the family: ``3A090.a.1``."""
    return {each.rpartition("/")[2] for each in assessment.paragraphs}


def equal(found: Any, wanted: Any) -> bool:
    return exact(found) == exact(wanted)

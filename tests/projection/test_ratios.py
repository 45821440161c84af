"""Two parts are told apart by the band of what was measured of both."""

import json
from dataclasses import replace
from typing import Any

import pytest

from catalogs import Catalog
from optimizer.cli import main
from optimizer.projection import prepare
from optimizer.projection.accuracy import Pair
from optimizer.projection.devices import resources_of_sku
from optimizer.projection.intervals import (
    NEW_FAMILY_RATIO,
    NEW_MAKER,
    NEW_MAKER_RATIO,
    NEW_PRECISION_RATIO,
    RATIO,
    THROUGHPUT,
    TPOT,
    TTFT,
    figure_interval,
    load_intervals,
    stored_intervals,
)
from optimizer.projection.planned import interval_words, planned_interval
from optimizer.projection.ranking import best_of_each, ratios_between
from optimizer.projection.ratios import Kin, ratio_band, wider_words
from optimizer.projection.releases import vendors_behind
from optimizer.report.compare_parts import Job, Measure, Projected
from optimizer.report.compare_rows import projected_rows
from optimizer.report.solve import solve

from .conftest import chip, one

HOPPER, AMPERE = Kin("NVIDIA", "Hopper"), Kin("NVIDIA", "Ampere")
CDNA, GAUDI, GAUDI_2 = Kin("AMD", "CDNA 3"), Kin("Intel", "Gaudi 3"), Kin("Intel", "Gaudi 2")
UNSEEN = Kin("NVIDIA", "Rubin")


@pytest.mark.parametrize(
    ("one", "other", "precision", "group"),
    [
        (HOPPER, AMPERE, "fp8", RATIO),
        (HOPPER, UNSEEN, "fp8", NEW_FAMILY_RATIO),
        (HOPPER, AMPERE, "int8", NEW_PRECISION_RATIO),
        (HOPPER, CDNA, "fp8", NEW_MAKER_RATIO),
        (GAUDI, CDNA, "fp8", NEW_MAKER_RATIO),
        (GAUDI, GAUDI_2, "fp8", NEW_FAMILY_RATIO),
        (GAUDI, GAUDI, "fp8", RATIO),
        (Kin("NVIDIA", ""), Kin("NVIDIA", ""), "fp8", NEW_FAMILY_RATIO),
    ],
)
def test_a_pair_takes_the_band_of_what_was_never_measured_of_it(
    one: Kin, other: Kin, precision: str, group: str
) -> None:
    for pair in ((one, other), (other, one)):
        band = ratio_band("tensorrt-llm", ["bf16", precision], *pair)
        assert band is not None
        assert band.group == group


def test_a_maker_with_rows_of_the_stack_needs_no_wider_band() -> None:
    assert vendors_behind("tensorrt-llm") == ("NVIDIA",)
    bands = {name: figure_interval(name) for name in (RATIO, NEW_FAMILY_RATIO, NEW_MAKER_RATIO)}
    highs = [band.high for band in bands.values() if band is not None]
    assert highs == sorted(highs)
    assert wider_words("tensorrt-llm", ["fp8"], [HOPPER, AMPERE, HOPPER]) == ()
    (words,) = wider_words("tensorrt-llm", ["fp8"], [HOPPER, AMPERE, CDNA])
    assert "of a maker without measured rows of the software stack" in words


def test_the_ratios_of_left_out_devices_are_those_to_devices_in_the_fit() -> None:
    def row(gpu: str, projected: float) -> Pair:
        return Pair(gpu, "rate", "s", 0, 10.0, projected, workload="w")

    left_out, fitted = [row("a", 20.0), row("b", 30.0)], [row("a", 10.0), row("b", 12.0)]
    found = ratios_between(left_out, fitted, best_of_each, lambda a, b: a == "a")
    assert found == [(1.0, 12.0 / 20.0)]


def projected(capsys: pytest.CaptureFixture[str], *parts: str) -> list[dict[str, Any]]:
    assert main(["compare", *parts, "-w", "chat-70b", "-f", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    return [row for row in rows if row["group"] == "projected"]


@pytest.mark.parametrize(
    ("other", "high", "like"),
    [
        (AMPERE, 12.0, "different"),
        (CDNA, 12.0, "overlapping"),
        (AMPERE, None, "overlapping"),
        (AMPERE, 30.0, "overlapping"),
    ],
)
def test_times_are_told_apart_by_known_intervals_of_measured_kinds_alone(
    other: Kin, high: float | None, like: str, catalog: Catalog
) -> None:
    def part(kin: Kin, ms: float, low: float | None, high: float | None) -> Projected:
        time = Measure(ms, "projected", low=low, high=high)
        return Projected(Measure(ms, "projected"), time, time, None, (), kin)

    job = Job(catalog.workload("chat-70b"), "tensorrt-llm")
    both = [part(HOPPER, 20.0, 16.0, 24.0), part(other, 10.0, high and 8.0, high)]
    assert [row.likeness for row in projected_rows(both, job)[1:]] == [like, like]


def test_a_part_of_an_unmeasured_maker_is_not_told_apart_by_the_band_of_measured_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found, *_ = projected(capsys, "mi300x", "h200_sxm")
    assert found["likeness"] == "overlapping"
    assert found["pairs"] == [
        {"one": "A", "other": "B", "told_apart": False, "band": NEW_MAKER_RATIO}
    ]
    known, *_ = projected(capsys, "a100_sxm_80gb", "h200_sxm")
    assert known["likeness"] == "different"
    assert known["pairs"][0]["band"] == RATIO
    assert main(["compare", "mi300x", "h200_sxm", "-w", "chat-70b"]) == 0
    assert "not told apart by new_maker_ratio: A and B" in capsys.readouterr().out


def test_parents_of_another_maker_than_the_first_are_ranked_by_the_wider_band() -> None:
    found = solve("us-2025", parents=["gh100", "mi300x_package"], workload="chat-70b")
    bands = {row.parent: row.ratio_band for row in found.parents}
    first = found.designs[0].parent
    assert bands.pop(first) == RATIO
    assert set(bands.values()) == {NEW_MAKER_RATIO}
    assert any("without measured rows of the software stack" in text for text in found.warnings)


@pytest.mark.parametrize("figure", [THROUGHPUT, TTFT, TPOT])
def test_a_maker_without_rows_widens_the_interval_as_rows_of_a_left_out_one_need(
    figure: str,
) -> None:
    usual, wide = (
        planned_interval(True, "Hopper", "fp8", figure=figure, strange=odd) for odd in (False, True)
    )
    bands = load_intervals(figure)
    assert wide.low == pytest.approx(usual.low * min(1, bands[NEW_MAKER].low / bands["all"].low))
    assert wide.high == pytest.approx(
        usual.high * max(1, bands[NEW_MAKER].high / bands["all"].high)
    )
    family = planned_interval(True, "Gaudi 3", "fp8", figure=figure)
    unknown = planned_interval(True, "Gaudi 3", "fp8", figure=figure, strange=True)
    assert unknown.low <= family.low
    assert unknown.high >= family.high


def test_the_maker_of_a_part_reaches_its_interval_and_nothing_else(catalog: Catalog) -> None:
    prepared = prepare(one("llama_3_1_8b"), catalog)
    tables = {
        maker: prepared.project(replace(chip(), family="Hopper", maker=maker))
        for maker in ("", "nvidia", "Acme")
    }
    assert tables[""].low == tables["nvidia"].low
    assert tables["Acme"].low < tables["nvidia"].low
    speeds = {float(table.tokens_per_s_per_chip[0]) for table in tables.values()}
    assert len(speeds) == 1
    for name, maker in (("h20", "NVIDIA"), ("mi300x", "AMD")):
        sku = catalog.sku(name)
        assert resources_of_sku(sku, sku.die_record).maker == maker


def test_a_mix_with_limits_and_without_names_both_kinds_of_rows(catalog: Catalog) -> None:
    limited, free = one("llama_3_1_8b", tpot=50.0), one("llama_3_1_8b")
    members = tuple(
        w.members[0].model_copy(update={"name": n, "weight": 0.5})
        for n, w in (("a", limited), ("b", free))
    )
    mix = limited.model_copy(update={"members": members})
    said = {name: interval_words(w) for name, w in (("mix", mix), ("a", limited), ("b", free))}
    rows = {name: stored_intervals().groups[name].rows for name in ("offline_max", "server_slo")}
    assert f"from {rows['server_slo']} measured rows of like regime, held" in said["a"]
    assert f"from {rows['offline_max']} measured rows of like regime, held" in said["b"]
    both = f"from {rows['offline_max']} and {rows['server_slo']} measured rows of like regime"
    assert f"{both}, without limits and with them" in said["mix"]

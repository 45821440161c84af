"""Two parts are told apart by the band of what was measured of both."""

import json
from typing import Any

import pytest

from optimizer.cli import main
from optimizer.projection.accuracy import Pair
from optimizer.projection.intervals import (
    NEW_FAMILY_RATIO,
    NEW_MAKER_RATIO,
    NEW_PRECISION_RATIO,
    RATIO,
    figure_interval,
)
from optimizer.projection.ranking import best_of_each, ratios_between
from optimizer.projection.ratios import Kin, ratio_band, wider_words
from optimizer.projection.releases import vendors_behind
from optimizer.report.compare_parts import Measure, Projected
from optimizer.report.compare_rows import projected_rows
from optimizer.report.solve import solve

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
    other: Kin, high: float | None, like: str
) -> None:
    def part(kin: Kin, ms: float, low: float | None, high: float | None) -> Projected:
        time = Measure(ms, "projected", low=low, high=high)
        return Projected(Measure(ms, "projected"), time, time, None, (), kin)

    both = [part(HOPPER, 20.0, 16.0, 24.0), part(other, 10.0, high and 8.0, high)]
    assert [row.likeness for row in projected_rows(both, ["fp8"])[1:]] == [like, like]


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

"""The built-in records: how many, that each is valid, cited, and found by its names."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from catalogs import Catalog, InputError
from catalogs.audit import GRADED_KINDS, audit
from catalogs.catalog import squashed
from catalogs.kinds import KINDS
from catalogs.load import data_path, read_toml
from catalogs.overlay import builtin
from catalogs.parts import Capacity, DataRate

# The 75 cataloged parts and two that only the benchmark rows name.
COUNTS = {"dies": 23, "skus": 77, "memory": 9, "links": 17, "derivations": 19}
LEAST_SOURCES = 130
BENCHMARK_NAMES = {
    "A100-SXM-80": "a100_sxm_80gb", "A100-SXM-40": "a100_sxm_40gb", "A800-40": "a800_pcie_40gb",
    "H100-SXM": "h100_sxm", "H100-PCIe": "h100_pcie", "H100-NVL": "h100_nvl",
    "H200-SXM": "h200_sxm", "H200-SXM-1000W": "h200_sxm_1000w", "H200-NVL": "h200_nvl",
    "H20": "h20", "H800": "h800", "GH200-96": "gh200_96gb", "GH200-144": "gh200_144gb",
    "L40S": "l40s", "RTX-4090": "rtx_4090", "RTX-5090": "rtx_5090",
    "RTX-PRO-6000": "rtx_pro_6000_server", "B200": "b200", "GB200": "gb200", "B300": "b300",
    "GB300": "gb300", "MI300X": "mi300x", "MI325X": "mi325x", "MI350X": "mi350x",
    "MI355X": "mi355x",
}  # fmt: skip


def test_no_record_is_missing(catalog: Catalog) -> None:
    assert {kind: len(catalog.records(kind)) for kind in COUNTS} == COUNTS
    assert len(catalog.sources) >= LEAST_SOURCES
    assert len(catalog.models) > 0
    assert "default_mix" in {squashed_id.replace("-", "_") for squashed_id in catalog.workloads}


def test_the_check_finds_no_fault(catalog: Catalog) -> None:
    found = audit(catalog)
    assert found.faults == []
    assert found.values == sum(found.grades.values()) > 2000
    assert set(found.grades) == {"A", "B", "C"}


@pytest.mark.parametrize("kind", GRADED_KINDS)
def test_every_value_is_cited_and_graded(catalog: Catalog, kind: str) -> None:
    for record in catalog.records(kind).values():
        for fact in record.facts():
            assert fact.sources, f"{record.id}.{fact.name}"
            assert fact.grade in "ABC"
            assert fact.basis in ("published", "measured", "derived", "estimated")


def test_every_file_is_named_after_its_id() -> None:
    for kind in KINDS.values():
        if not kind.in_one_file:
            for file in data_path(kind.name).glob("*.toml"):
                assert f'id = "{file.stem}"' in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "key"), BENCHMARK_NAMES.items())
def test_names_of_the_benchmark_rows_resolve(catalog: Catalog, name: str, key: str) -> None:
    sku = catalog.sku(name)
    assert sku.id == key
    assert sku.scale_up_domain in (2, 4, 8, 72)
    assert sku.scale_out_gb_s in (25, 50)


@pytest.mark.parametrize("spelling", ["h20", "H20", "H20-96", "h20_96"])
def test_aliases_ignore_case_and_separators(catalog: Catalog, spelling: str) -> None:
    assert catalog.sku(spelling).id == "h20"


def test_an_unknown_name_offers_near_ones(catalog: Catalog) -> None:
    with pytest.raises(InputError, match=r"unknown sku 'h21'.*Did you mean 'h20'"):
        catalog.sku("h21")


def test_no_alias_names_two_records(catalog: Catalog) -> None:
    for kind in COUNTS:
        seen: dict[str, str] = {}
        for record in catalog.records(kind).values():
            for name in (record.id, *record.aliases):
                assert seen.setdefault(squashed(name), record.id) == record.id


def test_on_sale_dates_of_parts_come_from_parts_that_are_no_answers(catalog: Catalog) -> None:
    answers = {d.derived_sku for d in catalog.derivations.values() if d.derived_sku != d.base_sku}
    for part in catalog.memory_parts.values():
        offers: list[DataRate | Capacity] = [*part.data_rates, *part.capacities]
        for offer in offers:
            sku = catalog.skus[offer.sku]
            assert offer.sku not in answers
            assert sku.memory.part == part.id
            assert sku.on_sale_from == offer.on_sale_from
        for rate in part.data_rates:
            shipped = catalog.skus[rate.sku].memory.data_rate_gbps
            assert shipped is not None
            assert abs(shipped - rate.gbps) <= Decimal("0.01")


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("hbm2", {"8"}), ("hbm2e", {"8", "16"}), ("hbm3", {"16", "24"}),
        ("hbm3e", {"24", "32", "36"}), ("hbm4", set()), ("gddr6", {"2"}), ("gddr6x", {"2"}),
        ("gddr7", {"2", "3"}), ("lpddr5x", set()),
    ],
)  # fmt: skip
def test_capacities_on_sale(catalog: Catalog, part: str, expected: set[str]) -> None:
    assert {str(c.gb) for c in catalog.memory_part(part).capacities} == expected


def test_no_ceiling_of_a_die_rests_on_an_answer(catalog: Catalog) -> None:
    assert catalog.die("gh100").clock_max_mhz == 1980
    assert catalog.die("gh100").fact("clock_max_mhz").sources == ("nv_h100_ds",)
    assert catalog.die("ad104").clock_max_mhz == 2040
    assert catalog.die("mi300x_package").fact("core_draw_bytes_per_clk").basis == "derived"


def test_cores_never_exceed_the_die(catalog: Catalog) -> None:
    for die in catalog.dies.values():
        if die.cores_full is not None and die.cores_max_shipped is not None:
            assert die.cores_max_shipped <= die.cores_full
    for sku in catalog.skus.values():
        own = sku.die_record
        if own and own.cores_full and sku.cores_enabled:
            assert sku.cores_enabled <= own.cores_full * sku.dies_per_package


def test_start_up_stays_quick() -> None:
    script = (
        "import sys; from catalogs import load_catalog; load_catalog().sku('h20').legal_facts();"
        "print([m for m in ('numpy', 'ortools', 'typer') if m in sys.modules])"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_one_sku_reads_few_files(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def counted(path: Path) -> dict[str, Any]:
        read.append(path)
        return read_toml(path)

    monkeypatch.setattr("catalogs.catalog.read_toml", counted)
    Catalog((builtin(),)).sku("h20").legal_facts()
    assert {path.parent.name for path in read} == {"skus", "dies", "memory"}
    assert len(read) == 3


def test_a_source_has_an_address_or_is_hearsay_or_press(catalog: Catalog) -> None:
    for source in catalog.sources.values():
        if source.url is None:
            assert source.kind in ("press", "secondary", "computed")
        else:
            assert source.url.startswith("https://")

"""Devices are data: every name of the fit resolves, every property comes from a file."""

import csv
from pathlib import Path

import pytest

from catalogs.catalog import Catalog
from catalogs.load import data_path, load_catalog
from optimizer.projection import prepare
from optimizer.projection.devices import missing_facts, resources_of_sku
from optimizer.projection.measured import project_measured

from .test_commands import HYPOTHETICAL

# Names as benchmark tables write them, also of parts that no public row measures.
NAMES = {
    "A100-SXM-80": "a100_sxm_80gb",
    "A100-SXM-40": "a100_sxm_40gb",
    "A800-40": "a800_pcie_40gb",
    "H100-SXM": "h100_sxm",
    "H100-PCIe": "h100_pcie",
    "H100-NVL": "h100_nvl",
    "H200-SXM": "h200_sxm",
    "H200-SXM-1000W": "h200_sxm_1000w",
    "H200-NVL": "h200_nvl",
    "H20": "h20",
    "H800": "h800",
    "GH200-96": "gh200_96gb",
    "GH200-144": "gh200_144gb",
    "L40S": "l40s",
    "RTX-4090": "rtx_4090",
    "RTX-5090": "rtx_5090",
    "RTX-PRO-6000": "rtx_pro_6000_server",
    "B200": "b200",
    "GB200": "gb200",
    "B300": "b300",
    "GB300": "gb300",
    "MI300X": "mi300x",
    "MI325X": "mi325x",
    "MI350X": "mi350x",
    "MI355X": "mi355x",
}
# Lines of the file of a hypothetical part, changed for the better, and what of the record moves.
BETTER = {
    "bf16 = 148": ("bf16 = 200", "bf16_flops"),
    "fp8 = 296": ("fp8 = 400", "fp8_flops"),
    "bandwidth_gb_s = 4000": ("bandwidth_gb_s = 5000", "dram_bytes_per_s"),
    "capacity_gb = 96": ("capacity_gb = 192", "memory_bytes"),
    "gb_s_bidir = 900": ("gb_s_bidir = 1800", "link_bytes_per_s_per_dir"),
    "gb_s_bidir = 128": ("gb_s_bidir = 256", "pcie_bytes_per_s_per_dir"),
    'status = "hypothetical"': (
        'status = "hypothetical"\nscale_up_domain = 72',
        "scale_up_domain",
    ),
    'vendor = "Mine"': ('vendor = "Mine"\nscale_out_gb_s = 100', "scale_out_bytes_per_s"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_device_by_its_benchmark_name_is_a_part_that_projects(
    catalog: Catalog, name: str
) -> None:
    sku = catalog.sku(name)
    assert sku.id == NAMES[name]
    assert not missing_facts(sku)
    assert resources_of_sku(sku, sku.die_record).count == 1


def test_a_row_of_a_device_or_model_that_is_not_cataloged_says_so(catalog: Catalog) -> None:
    with data_path("measured", "public.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = {squashed(name) for name in catalog.skus}
    strange = [r for r in rows if r["gpu"].startswith(("Arc-Pro", "RTX-PRO-4500"))]
    assert strange
    assert not known & {squashed(r["gpu"]) for r in strange}
    for row, found in zip(strange, project_measured(strange, catalog), strict=True):
        assert found.reason == f"device '{row['gpu']}' is not in the catalog"


def squashed(name: str) -> str:
    return name.replace("-", "_").lower()


@pytest.mark.parametrize("line", BETTER)
def test_a_part_made_up_in_a_file_projects_and_each_of_its_facts_counts(
    tmp_path: Path, line: str
) -> None:
    better, field = BETTER[line]
    path = tmp_path / "my_part.toml"
    rates, values = [], []
    for text in (HYPOTHETICAL, HYPOTHETICAL.replace(line, better, 1)):
        path.write_text(text, encoding="utf-8")
        catalog = load_catalog([path], ambient=False)
        found = resources_of_sku(catalog.sku("my_part"), None)
        ready = prepare(catalog.workload("default-mix"), catalog)
        rates.append(float(ready.tokens_per_s_per_chip(found)[0]))
        values.append(float(getattr(found, field)))
    assert values[1] > values[0]
    assert rates[1] >= rates[0] > 0

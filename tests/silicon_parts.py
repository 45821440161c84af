"""Parts and boards that the tests of the silicon models share, with what is published of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from catalogs.load import read_csv
from optimizer.silicon import OperatingPoint, floorplan, power_model, product, unit_cost
from optimizer.silicon.cost import DieLot, Product
from optimizer.silicon.prices import die_lot, package_kind, salvaged_share, unmapped_share
from optimizer.silicon.uncertainty import Range

FOLDER = Path(__file__).parent / "silicon"
# Rated power and the rest of power_fit.csv: NVIDIA data sheets (A100, H100, H200, L4, L40, L40S)
# and the TechPowerUp tables of the GeForce and RTX boards; 'full' boards run near full power,
# 'capped' ones are sold in a lower board class and throttle.
BOARDS = read_csv(FOLDER / "power_fit.csv")
FULL = [row for row in BOARDS if row["kind"] == "full"]
# Full cores, 32-bit channels, published die size in mm2 (TechPowerUp, die sizes of Ada and
# Blackwell; structure from the vendor's tables).
DIES: dict[str, dict[str, tuple[int, int, float]]] = {
    "ada": {
        "AD102": (144, 12, 608.5), "AD103": (80, 8, 378.6), "AD104": (60, 6, 294.5),
        "AD106": (36, 4, 187.8), "AD107": (24, 4, 158.7),
    },
    "blackwell_consumer": {
        "GB202": (192, 16, 750), "GB203": (84, 8, 378), "GB205": (50, 6, 263),
        "GB206": (36, 4, 181), "GB207": (20, 4, 149),
    },
}  # fmt: skip
GH100_MM2, GB202_MM2, GB100_MM2, XCD_MM2, IOD_MM2 = 814, 750, 800, 115, 370


def bin_lot(die: str, area: float, cores: int, sites: int, links: int, year: int) -> DieLot:
    plan = floorplan(die)
    assert plan is not None
    return die_lot(area, plan.process, salvaged_share(plan, cores, sites, links), year=year)


def h100() -> Product:
    dies = [bin_lot("gh100", GH100_MM2, 132, 5, 18, 2023)]
    return product(dies, "HBM3", 80, package="cowos_s", stacks=6, base_mm2=GH100_MM2, year=2023)


def h200() -> Product:
    dies = [bin_lot("gh100", GH100_MM2, 132, 6, 18, 2025)]
    return product(dies, "HBM3E", 144, package="cowos_s", stacks=6, base_mm2=GH100_MM2, year=2024)


def h20() -> Product:
    dies = [bin_lot("gh100", GH100_MM2, 78, 6, 18, 2024)]
    return product(dies, "HBM3", 96, package="cowos_s", stacks=6, base_mm2=GH100_MM2, year=2024)


def b200() -> Product:
    dies = [die_lot(GB100_MM2, "n4", unmapped_share(GB100_MM2, "n4"), count=2, year=2025)]
    return product(
        dies, "HBM3E", 192, package="cowos_l_two_die", stacks=8, base_mm2=2 * GB100_MM2, year=2024
    )


def mi300x() -> Product:
    dies = [
        die_lot(XCD_MM2, "n5", unmapped_share(XCD_MM2, "n5"), count=8),
        die_lot(IOD_MM2, "n7_n6", unmapped_share(IOD_MM2, "n7_n6"), count=4),
    ]
    return product(
        dies, "HBM3", 192, package="cowos_s_3d", stacks=8, base_mm2=4 * IOD_MM2, year=2024
    )


def rtx_6000d(memory_usd_per_gb: float) -> Product:
    dies = (bin_lot("gb202", GB202_MM2, 156, 14, 0, 2025),)
    return Product(dies, Range.exactly(memory_usd_per_gb), 84, (package_kind("flip_chip"),))


def unit_usd(made: Product) -> float:
    return float(unit_cost(made).unit_usd[0])


def point(row: dict[str, str]) -> OperatingPoint:
    cores, clock = int(row["cores"]), float(row["clock_mhz"])
    ops = float(row["fp16_dense_tflops"]) * 1e6 / (cores * clock)
    return OperatingPoint(
        cores, clock, ops, float(row["dram_gb_s"]), row["dram"], float(row["io_gb_s_bidir"]),
        float(row["die_area_mm2"]),
    )  # fmt: skip


def modeled_w(row: dict[str, str]) -> float:
    model = power_model(row["family"])
    return float(model.board_w(model.terms(point(row))))


def board(name: str) -> OperatingPoint:
    return point(next(row for row in BOARDS if row["board"] == name))


def design_row(row: dict[str, str], families: list[str]) -> tuple[list[float], float]:
    """Return the unknowns' factors over rated power, and what is left for them to explain."""
    model, tdp = power_model(row["family"]), float(row["tdp_w"])
    terms = model.terms(point(row))
    factors = [0.0] * (len(families) + 1)
    factors[families.index(row["family"])] = float(terms.core) / model.core_w_per_core_ghz_v2
    factors[-1] = float(terms.tensor) / model.tensor_pj_per_flop
    known = float(terms.fixed + terms.static + terms.dram + terms.link)
    return [f / model.efficiency / tdp for f in factors], 1 - known / model.efficiency / tdp


def left_out_power_errors() -> list[float]:
    """Error on each full-power board that the fit has not seen.

    H20 cannot be left out, as it alone tells core from tensor energy apart.
    """
    families = list(dict.fromkeys(row["family"] for row in FULL))
    rows, rest = zip(*(design_row(row, families) for row in FULL), strict=True)
    factors, left = np.array(rows), np.array(rest)
    errors = []
    for i, row in enumerate(FULL):
        if row["board"] != "H20":
            others = np.arange(len(FULL)) != i
            fitted = np.linalg.lstsq(factors[others], left[others], rcond=None)[0]
            errors.append(abs(float(factors[i] @ fitted - left[i])))
    return errors


def left_out_area_errors(family: str) -> list[float]:
    """Error on each die of a family that the regression has not seen."""
    cores, channels, area = np.array(list(DIES[family].values()), dtype=float).T
    terms = np.column_stack([np.ones_like(cores), cores, channels])
    errors = []
    for i in range(len(area)):
        others = np.arange(len(area)) != i
        fitted = np.linalg.lstsq(terms[others], area[others], rcond=None)[0]
        errors.append(abs(float(terms[i] @ fitted / area[i] - 1)))
    return errors

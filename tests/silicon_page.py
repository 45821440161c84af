"""The oracles of docs/silicon.md: what is published, what the models say, how near it has to be.

Run ``python -m tests.silicon_page`` after a change of figures or models to write the table anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catalogs.load import load_catalog, read_csv
from optimizer.silicon import floorplan, gddr_area, power_model, salvage_share
from optimizer.silicon.salvage import Bin, exclusive_share
from optimizer.silicon.uncertainty import Range
from optimizer.silicon.wafer import gross_dies, negative_binomial_yield
from tests.silicon_parts import (
    DIES,
    FOLDER,
    FULL,
    GH100_MM2,
    b200,
    bin_lot,
    board,
    h100,
    h200,
    left_out_area_errors,
    left_out_power_errors,
    mi300x,
    modeled_w,
    unit_usd,
)

PAGE = Path(__file__).resolve().parent.parent / "docs" / "silicon.md"
START = "| Oracle | Ours | Published | Within | Source |\n| --- | --- | --- | --- | --- |\n"
END = "\n\n"


@dataclass(frozen=True, slots=True)
class Oracle:
    """A figure that somebody has published, beside ours.

    Attributes
    ----------
    name, published, within, source : str
        As the page says them.
    ours : float
    low, high : float
        What ours may be.
    digits : int
        Digits of ours after the point.
    unit : str
    """

    name: str
    ours: float
    low: float
    high: float
    published: str
    within: str
    source: str
    digits: int = 0
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether ours is where it has to be."""
        return self.low <= self.ours <= self.high

    def row(self) -> str:
        """The row of the page."""
        ours = f"{self.ours:,.{self.digits}f}{self.unit}"
        return f"| {self.name} | {ours} | {self.published} | {self.within} | {self.source} |"


def near(name: str, ours: float, published: float, share: float, source: str, **said: object):
    """An oracle of one number that ours may miss by a share of it."""
    unit, digits = str(said.get("unit", "")), int(str(said.get("digits", 0)))
    ends = published * (1 - share), published * (1 + share)
    shown = f"{published:,.{digits}f}{unit}"
    return Oracle(name, ours, *ends, shown, f"{share:.0%}", source, digits, unit)


def below(name: str, ours: float, most: float, published: str, source: str) -> Oracle:
    """An oracle of an error in per cent, or in points."""
    return Oracle(name, ours * 100, 0, most * 100, published, f"{most * 100:g}", source, 1)


def oracles() -> Iterator[Oracle]:
    """Every oracle, in the order of the page."""
    yield from _performance()
    yield from _salvage()
    yield from _cost()
    yield from _power()
    yield from _area()


def _performance() -> Iterator[Oracle]:
    catalog, errors = load_catalog(ambient=False), []
    shipped = read_csv(FOLDER / "performance.csv")
    for row in shipped:
        facts = catalog.sku(row["sku"]).legal_facts()
        errors.append(abs(float(facts["tpp"]) / float(row["max_tpp"]) - 1))
    said = f"{len(shipped)} shipped parts"
    yield below("TPP, largest error, %", max(errors), 0.001, said, "last column of performance.csv")


def _salvage() -> Iterator[Oracle]:
    plan = floorplan("gh100")
    assert plan is not None
    yield Oracle("gross GH100 on a wafer", float(gross_dies(GH100_MM2, 300)), 63, 65, "63 to 65",
                 "range", "S47", 1)  # fmt: skip
    clean = float(negative_binomial_yield(GH100_MM2, 0.07, 3))
    yield Oracle("yield of GH100 without spares, alpha 3", clean, 0.5935, 0.5945, "0.594", "0.0005",
                 "textbook formula", 3)  # fmt: skip
    shares = read_csv(FOLDER / "salvage_shares.csv")
    yield below("salvage shares, largest difference, points", max(map(_difference, shares)), 0.002,
                f"{len(shares)} shares", "salvage_shares.csv, an independent script")  # fmt: skip
    good = float(bin_lot("gh100", GH100_MM2, 132, 5, 18, 2023).good_share.read(Range.middle)[0])
    yield near("good GH100 of the H100 bin, out of sample", good, 55 / 65, 0.05,
               "S47: 55 of 65", digits=3)  # fmt: skip


def _difference(row: dict[str, str]) -> float:
    plan, d0 = floorplan(row["die"]), float(row["d0_per_cm2"])
    assert plan is not None
    wanted = Bin(int(row["cores"]), int(row["sites"]), int(row["links"]))
    if not row["richer_cores"]:
        return abs(float(salvage_share(plan, *wanted, d0, 3)) - float(row["share"]))
    richer = Bin(*(int(row[f"richer_{part}"]) for part in ("cores", "sites", "links")))
    return abs(exclusive_share(plan, wanted, richer, d0, 3) - float(row["share"]))


def _cost() -> Iterator[Oracle]:
    yield near("H100, 2023", unit_usd(h100()), 3320, 0.05, "S12", unit=" USD")
    yield Oracle("B200, 2025", unit_usd(b200()), 5700, 7300, "5,700 to 7,300 USD", "range", "S13",
                 unit=" USD")  # fmt: skip
    yield near("MI300X, out of sample", unit_usd(mi300x()), 5300, 0.15, "S13", unit=" USD")
    yield near("H200, out of sample", unit_usd(h200()), 4800, 0.15, "S13", unit=" USD")


def _power() -> Iterator[Oracle]:
    errors = [abs(modeled_w(row) / float(row["tdp_w"]) - 1) for row in FULL]
    left = left_out_power_errors()
    yield below("rated power, mean error, %", float(np.mean(errors)), 0.06, f"{len(FULL)} boards",
                "power_fit.csv")  # fmt: skip
    yield below("the same, each left out, largest, %", max(left), 0.13, f"{len(left)} boards",
                "power_fit.csv")  # fmt: skip
    yield near("H20 from H100", _child("H100-SXM", "H20", 700), 400, 0.10, "S17", unit=" W")
    yield near("RTX 4090 D from 4090", _child("RTX4090", "RTX4090D", 450), 425, 0.03,
               "Tom's Hardware Italy", unit=" W")  # fmt: skip


def _child(parent: str, child: str, tdp_w: float) -> float:
    model = power_model("gh100" if parent.startswith("H") else "ad102")
    scale = model.anchored(model.terms(board(parent)), tdp_w)
    return float(model.board_w(model.terms(board(child)), scale))


def _area() -> Iterator[Oracle]:
    for family, most, unseen in (("ada", 0.03, 0.04), ("blackwell_consumer", 0.05, 0.10)):
        fit, dies = gddr_area(family), DIES[family].values()
        worst = max(abs(float(fit.area_mm2(c, n)) / area - 1) for c, n, area in dies)
        said, name = f"{len(dies)} dies", family.replace("_", " ")
        yield below(f"area of {name}, largest error, %", worst, most, said, "S67")
        mean = float(np.mean(left_out_area_errors(family)))
        yield below("the same, each left out, mean, %", mean, unseen, said, "S67")


def rewritten() -> str:
    """The page with its table as the models say it now."""
    head, _, tail = PAGE.read_text(encoding="utf-8").partition(START)
    rows = "\n".join(each.row() for each in oracles())
    return head + START + rows + END + tail.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(rewritten(), encoding="utf-8")

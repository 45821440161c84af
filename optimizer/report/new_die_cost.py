"""What a new die costs a unit, what its dark area costs, and what the fused part costs instead."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from catalogs.errors import InputError
from optimizer.design import Design
from optimizer.design.cost_estimate import cost_estimate, product_of
from optimizer.design.unit_cost import CENTS, NO_DIE
from optimizer.report.ranges import hidden_of, said
from optimizer.report.solve import Case
from optimizer.silicon.cost import Product, unit_cost
from optimizer.silicon.defaults import reticle_mm2
from optimizer.silicon.new_die import (
    Blocks,
    BuiltArea,
    break_even_units,
    needed_area_mm2,
    new_product,
    nre_usd,
)
from optimizer.silicon.uncertainty import Array, Range, Reader, spreads

# Areas are stated in steps of this; what rounding leaves below one is not dark area.
STEP_MM2 = 0.01
COSTS = ("unit_cost_usd", "dark_area_usd", "dark_area_usd_per_mm2")


@dataclass(frozen=True, slots=True)
class NewDie:
    """A new die of an area, to be costed.

    Attributes
    ----------
    case : Case
    blocks : Blocks
    built : Design
        Its knobs.
    area_mm2 : float
        Area that is built. [mm2]
    filler_process : str or None
        Process of dark dies beyond the reticle; the die's own where absent.
    """

    case: Case
    blocks: Blocks
    built: Design
    area_mm2: float
    filler_process: str | None

    @property
    def dark_area_mm2(self) -> float:
        """Area beyond what the blocks need, by whole steps of an area. [mm2]"""
        dark = float(self._dark(Range.middle)[0])
        return dark if dark >= STEP_MM2 else 0.0

    def unit_usd(self) -> float:
        """Unit cost with every input in the middle. [USD]"""
        return float(self._usd(self.area_mm2, Range.middle)[0])

    def costs(self) -> dict[str, Any]:
        """Unit cost, and the price of its dark area, each with its spread; or what is missing."""
        unknown = self._unknown()
        if unknown:
            return {**dict.fromkeys(COSTS), "cost_missing": unknown}
        shown = {**self._shown(self._own), "cost_missing": ""}
        if self.dark_area_mm2 <= 0:
            shown |= dict.fromkeys(COSTS[1:])
        return shown

    def _unknown(self) -> str:
        """Why the unit cost is unknown; nothing where it is known."""
        try:
            return "" if math.isfinite(self.unit_usd()) else NO_DIE
        except InputError as error:
            if error.where != "cost":
                raise
            return error.what

    def against(self, fused: Design) -> dict[str, Any]:
        """The same part fused from the largest die, and the volume that pays for the new one."""
        shown = self._shown(lambda read: self._fused(fused, read))
        found = cost_estimate(fused)
        assert found is not None  # the caller asks of known costs alone
        shown["unit_cost_usd"]["value"] = found.cents / CENTS
        return shown

    def _shown(self, model: Callable[[Reader], Mapping[str, Array]]) -> dict[str, Any]:
        hidden = hidden_of(self.case)
        return {name: said(each, hidden) for name, each in spreads(model, self.case.draws).items()}

    def _own(self, read: Reader) -> dict[str, Array]:
        whole, bare = self._usd(self.area_mm2, read), self._usd(None, read)
        dark = self._dark(read)
        with np.errstate(divide="ignore", invalid="ignore"):
            more = whole - bare
            each = np.where(dark > 0, more / dark, np.nan)
        return {
            "unit_cost_usd": whole,
            "dark_area_usd": more,
            "dark_area_usd_per_mm2": each,
        }

    def _fused(self, fused: Design, read: Reader) -> dict[str, Array]:
        own = unit_cost(product_of(fused), read).unit_usd
        with np.errstate(invalid="ignore"):
            saving = own - self._usd(self.area_mm2, read)
        once = nre_usd(self.blocks.family, read, self.case.request.figures)
        return {
            "unit_cost_usd": own,
            "saving_usd": saving,
            "nre_usd": once,
            "break_even_units": break_even_units(once, saving),
        }

    def _usd(self, area_mm2: float | None, read: Reader) -> Array:
        return unit_cost(self._product(area_mm2), read).unit_usd

    def _product(self, area_mm2: float | None) -> Product:
        built, case = self.built, self.case
        return new_product(
            self.blocks,
            area_mm2,
            built.option.part,
            built.sites * built.option.gb_per_site,
            filler_process=self.filler_process,
            board=built.board,
            year=case.ruleset.on.year,
            figures=case.request.figures,
        )

    def _dark(self, read: Reader) -> Array:
        figures = self.case.request.figures
        needed = needed_area_mm2(self.blocks, figures)
        area = BuiltArea(needed, self.area_mm2, reticle_mm2(figures))
        return np.asarray(area.read(read) - area.blocks(read))

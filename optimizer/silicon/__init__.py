"""Silicon estimates: board power, salvage, unit cost, die area.

Pure functions of NumPy arrays; the figures come from the catalog, with source and range. The
modules hold more: `power` (terms), `salvage` (exclusive shares), `bins` (shares at draws), `wafer`
(yield models), `prices` (dies, memory and packages at catalog prices), `area`, `uncertainty`
(ranges, draws, intervals), `defaults` (models from the records).
"""

from optimizer.silicon.clock import sustained_clock_mhz
from optimizer.silicon.cost import unit_cost
from optimizer.silicon.defaults import floorplan, gddr_area, power_model
from optimizer.silicon.power import OperatingPoint
from optimizer.silicon.prices import product
from optimizer.silicon.salvage import salvage_share, salvage_table

__all__ = [
    "OperatingPoint",
    "floorplan",
    "gddr_area",
    "power_model",
    "product",
    "salvage_share",
    "salvage_table",
    "sustained_clock_mhz",
    "unit_cost",
]

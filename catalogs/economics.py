"""What silicon draws, costs, loses and covers: sourced figures behind the estimates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, Field
from pydantic import model_validator as check

from catalogs.economics_tables import economics_tables, keyed
from catalogs.figures import Closed, Figure, Figures, Reference
from catalogs.load import data_path, shown
from catalogs.reading import validated
from catalogs.values import Count, FrozenMap, Text


class BoardPower(Closed):
    """Figures that every family of dies shares."""

    efficiency: Figure
    static_w_per_mm2: Figure
    fixed_w: Figure
    fixed_low_profile_w: Figure
    reference_voltage_v: Figure
    link_pj_per_bit: Figure
    sustained_clock_error: Figure


class ActivityShares(Closed):
    """Share of each term that a running phase draws."""

    core: Figure
    tensor: Figure
    dram: Figure
    link: Figure


class VoltageCurve(Closed):
    """Voltage over clock, common to the families."""

    v_slope: Figure
    v_exponent: Figure
    v_max: Figure


class FamilyPower(Closed):
    """Coefficients of one family of dies."""

    dies: tuple[Text, ...] = Field(min_length=1)
    anchored_only: bool
    relative_error: Figure
    v_floor: Figure
    v_speed: Figure
    core_w_per_core_ghz_v2: Figure
    tensor_pj_per_flop: Figure


class Power(Closed):
    """The file power.toml."""

    board: BoardPower
    dram_pj_per_bit: Figures
    activity: Annotated[Mapping[str, ActivityShares], AfterValidator(FrozenMap)]
    curve: VoltageCurve
    families: Annotated[Mapping[str, FamilyPower], AfterValidator(FrozenMap)]
    missing: Annotated[Mapping[str, Text], AfterValidator(FrozenMap)]


class Process(Closed):
    """A process node: the names it goes by and its defect density."""

    names: tuple[Text, ...] = Field(min_length=1)
    defect_density_per_cm2: Figure


class Losses(Closed):
    """The file yield.toml."""

    alpha_cluster: Figure
    parametric_yield: Figure
    spared_without_floorplan: Figure
    processes: Annotated[Mapping[str, Process], AfterValidator(FrozenMap)]


class Wafer(Closed):
    """The wafer, how well rectangles fill it, and the size of an interposer on it."""

    diameter_mm: Figure
    edge_exclusion_mm: Figure
    packing_efficiency: Figure
    interposer_margin: Figure
    stack_footprint_mm2: Figure


class WaferPrice(Closed):
    """Price of a processed wafer from a year on."""

    process: Text
    year: int
    price_usd: Figure


class MemoryPrice(Closed):
    """Contract price of memory from a year on."""

    kind: Text
    year: int
    price_usd_per_gb: Figure


class PackageKind(Closed):
    """A way to package: what it costs, and how many packages it loses."""

    interposer_wafer_usd: Figure | None = None
    interposer_yield: Figure | None = None
    assembly_usd: Figure
    package_yield: Figure
    test_board_usd: Figure

    @check(mode="after")
    def _whole(self) -> Self:
        if (self.interposer_wafer_usd is None) != (self.interposer_yield is None):
            raise ValueError("an interposer needs both its wafer price and its yield")
        return self


class Assembly(Closed):
    """How a package of several dies is put together."""

    package: Text
    on_interposer: tuple[Text, ...] = Field(min_length=1)
    structure_sources: tuple[Text, ...] = Field(min_length=1)


class Cost(Closed):
    """The file cost.toml."""

    relative_error: Figure
    wafer: Wafer
    wafer_prices: tuple[WaferPrice, ...]
    memory_prices: tuple[MemoryPrice, ...]
    packages: Annotated[Mapping[str, PackageKind], AfterValidator(FrozenMap)]
    board_test_usd: Figures
    nre_usd: Figures
    assemblies: Annotated[Mapping[str, Assembly], AfterValidator(FrozenMap)]


class FloorplanRecord(Closed):
    """The parts of a die that can be switched off, and the part that cannot."""

    structure_sources: tuple[Text, ...] = Field(min_length=1)
    groups: Count
    blocks_per_group: Count
    cores_per_block: Count
    sites: Count
    links: Count
    process: Text
    block_area_mm2: Figure
    site_area_mm2: Figure
    link_area_mm2: Figure
    must_work_area_mm2: Figure
    min_good_blocks_per_group: Figure
    min_live_groups: Figure
    share_error: Figure | None = None


class Floorplans(Closed):
    """The file floorplans.toml."""

    dies: Annotated[Mapping[str, FloorplanRecord], AfterValidator(FrozenMap)]
    missing: Annotated[Mapping[str, Text], AfterValidator(FrozenMap)]


class FamilyArea(Closed):
    """Area regression of one family of GDDR dies."""

    largest_die: Text
    base_mm2: Figure
    core_mm2: Figure
    channel_mm2: Figure
    worst_error: Figure
    leave_one_out_error: Figure


class Area(Closed):
    """The file area.toml."""

    reticle_mm2: Figure
    families: Annotated[Mapping[str, FamilyArea], AfterValidator(FrozenMap)]


class Economics(Closed):
    """Every figure behind power, salvage, cost and area, with its sources."""

    power: Power
    losses: Losses
    cost: Cost
    floorplans: Floorplans
    area: Area
    sources: Annotated[Mapping[str, Reference], AfterValidator(FrozenMap)]

    @check(mode="after")
    def _consistent(self) -> Self:
        cited = set(_cited(self))
        faults = [f"source '{name}' is cited but not listed" for name in cited - set(self.sources)]
        faults += [f"source '{name}' is listed but not cited" for name in set(self.sources) - cited]
        used = {price.process for price in self.cost.wafer_prices}
        used |= {plan.process for plan in self.floorplans.dies.values()}
        unknown = used - set(self.losses.processes)
        faults += [f"process '{name}' has no defect density" for name in unknown]
        torn = set(self.floorplans.dies) & set(self.floorplans.missing)
        faults += [f"die '{name}' both has and lacks a floorplan" for name in torn]
        if faults:
            raise ValueError("; ".join(sorted(faults)))
        return self


def _cited(part: object) -> Iterator[str]:
    """Yield every source that a record cites, wherever it stands."""
    match part:
        case Figure():
            yield from part.sources
        case BaseModel():
            yield from getattr(part, "structure_sources", ())
            yield from _cited([getattr(part, name) for name in type(part).model_fields])
        case Mapping():
            yield from _cited(list(part.values()))
        case list() | tuple():
            for item in part:
                yield from _cited(item)


def parse_economics(tables: Mapping[str, Mapping[str, Any]]) -> Economics:
    """Validate the tables of the six files; all faults are reported at once.

    `tables` holds their content by file stem: power, yield, cost, floorplans, area, sources.

    Raises
    ------
    InputError
        A key that nobody reads, a missing value, a range out of order, an unlisted source.

    Examples
    --------
    >>> parse_economics(economics_tables()) == economics()
    True
    """
    named = {"losses" if stem == "yield" else stem: t for stem, t in keyed(tables).items()}
    return validated(Economics, named, shown(data_path("economics")))


@cache
def economics() -> Economics:
    """Return the built-in figures, read and validated once.

    Examples
    --------
    >>> float(economics().area.reticle_mm2)
    858.0
    """
    return parse_economics(economics_tables())

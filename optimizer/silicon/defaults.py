"""Models at the catalog's figures: from sourced records to plain numbers.

An unknown family, process or price is an error that names what is missing; an unknown floorplan
is None. Nothing here falls back on a neighbor. Every function reads the built-in figures unless
it is given others.
"""

from __future__ import annotations

import re
from functools import cache

from catalogs.economics import Economics, economics
from catalogs.errors import InputError, near_matches
from catalogs.figures import Figure
from optimizer.silicon.area import GddrArea
from optimizer.silicon.bins import Losses, PlanRanges
from optimizer.silicon.power import Activity, PowerModel
from optimizer.silicon.salvage import Floorplan
from optimizer.silicon.uncertainty import Array, Range, Reader

_WORD = re.compile(r"[A-Za-z0-9+]+")


def power_family(die: str, figures: Economics | None = None) -> str | None:
    """Return the power family of a die, or None where no coefficient is known.

    Examples
    --------
    >>> power_family("gh100"), power_family("gaudi3_package")
    ('hopper', None)
    """
    families = (figures or economics()).power.families
    return next((name for name, family in families.items() if die in family.dies), None)


def power_model(
    name: str, figures: Economics | None = None, read: Reader | None = None
) -> PowerModel:
    """Return the power model of a family or of a die.

    Parameters
    ----------
    name : str
    figures : Economics, optional
    read : Reader, optional
        Draws the coefficients, shape (draws, 1); their preferred values where absent.

    Raises
    ------
    InputError
        No energy coefficients are known: power of such a part stays unknown.

    Examples
    --------
    >>> power_model("gh100").family, power_model("cdna3").anchored_only
    ('hopper', True)
    """
    data = (figures or economics()).power
    family = power_family(name, figures) or name
    if family not in data.families:
        raise InputError(
            f"power of '{name}' is unknown: no energy per core cycle and per FLOP is published",
            "power",
            near_matches(name, data.families) or f"Known families: {', '.join(data.families)}",
        )
    own, board, curve = data.families[family], data.board, data.curve

    def of(figure: Figure) -> float | Array:
        return float(figure) if read is None else read(as_range(figure))

    return PowerModel(
        family=family,
        basis=own.tensor_pj_per_flop.basis,
        grade=own.tensor_pj_per_flop.grade,
        anchored_only=own.anchored_only,
        relative_error=float(own.relative_error),
        v_floor=of(own.v_floor),
        v_slope=of(curve.v_slope),
        v_exponent=of(curve.v_exponent),
        v_speed=of(own.v_speed),
        v_max=of(curve.v_max),
        reference_voltage_v=float(board.reference_voltage_v),
        core_w_per_core_ghz_v2=of(own.core_w_per_core_ghz_v2),
        tensor_pj_per_flop=of(own.tensor_pj_per_flop),
        static_w_per_mm2=of(board.static_w_per_mm2),
        fixed_full_w=of(board.fixed_w),
        fixed_low_profile_w=of(board.fixed_low_profile_w),
        dram_pj_per_bit={kind: of(energy) for kind, energy in data.dram_pj_per_bit.items()},
        link_pj_per_bit=of(board.link_pj_per_bit),
        efficiency=of(board.efficiency),
    )


def activity(phase: str, figures: Economics | None = None, read: Reader | None = None) -> Activity:
    """Return the activity of a phase: 'decode' or 'prefill'.

    Examples
    --------
    >>> activity("decode").tensor
    0.15
    """
    known = (figures or economics()).power.activity
    if phase not in known:
        raise InputError(
            f"no activity for the phase '{phase}'", "power", near_matches(phase, known)
        )
    own = known[phase]
    each = (own.core, own.tensor, own.dram, own.link)
    return Activity(*(float(f) if read is None else read(as_range(f)) for f in each))


def floorplan(die: str, figures: Economics | None = None) -> Floorplan | None:
    """Return the floorplan of a die, or None where it is not known (see `missing_floorplan`).

    Examples
    --------
    >>> floorplan("gh100").cores, floorplan("mi300x_package")
    (144, None)
    """
    return _built_in_floorplan(die) if figures is None else _floorplan(die, figures)


@cache
def _built_in_floorplan(die: str) -> Floorplan | None:
    return _floorplan(die, economics())


def _floorplan(die: str, figures: Economics) -> Floorplan | None:
    record = figures.floorplans.dies.get(die)
    if record is None:
        return None
    return Floorplan(
        die=die,
        process=record.process,
        groups=record.groups,
        blocks_per_group=record.blocks_per_group,
        cores_per_block=record.cores_per_block,
        sites=record.sites,
        links=record.links,
        block_area_mm2=float(record.block_area_mm2),
        site_area_mm2=float(record.site_area_mm2),
        link_area_mm2=float(record.link_area_mm2),
        must_work_area_mm2=float(record.must_work_area_mm2),
        min_good_blocks_per_group=int(record.min_good_blocks_per_group.value),
        min_live_groups=int(record.min_live_groups.value),
    )


def plan_ranges(die: str, figures: Economics | None = None) -> PlanRanges:
    """Return the ranges of the figures of a known floorplan.

    Examples
    --------
    >>> plan_ranges("gh100").site_area_mm2.high
    24.0
    """
    record = (figures or economics()).floorplans.dies[die]
    return PlanRanges(*(as_range(getattr(record, name)) for name in PlanRanges.__slots__))


def missing_floorplan(die: str) -> str | None:
    """Return why the salvage share of a die is unknown, or None where it is known.

    Examples
    --------
    >>> missing_floorplan("gb202") is None, missing_floorplan("gb100")
    (True, 'the blocks of the compute die and their areas are not published')
    """
    plans = economics().floorplans
    if die in plans.dies:
        return None
    return plans.missing.get(die, f"no floorplan of '{die}' is in the catalog")


def missing_power(die: str) -> str:
    """Return why the power of a die is unknown.

    Examples
    --------
    >>> missing_power("b30a_die")[:50]
    'its one part, B30A, is reported and not on sale (R'
    """
    return economics().power.missing.get(die, f"no power model of '{die}' is in the catalog")


def process_of(process_node: str, figures: Economics | None = None) -> str | None:
    """Return the process key of a catalog's process name, or None where no figure is known.

    A name that mixes nodes is None too: ask for each logic die.

    Examples
    --------
    >>> process_of("TSMC 4N (some sources 4NP)"), process_of("TSMC N5 (XCD) + N6 (IOD)")
    ('n4', None)
    """
    words = set(_WORD.findall(process_node))
    processes = (figures or economics()).losses.processes.items()
    found = [key for key, process in processes if key == process_node or words & set(process.names)]
    return found[0] if len(found) == 1 else None


def as_range(figure: Figure) -> Range:
    """Return a figure as the range that every model reads, under its key."""
    return Range(float(figure.low), float(figure.value), float(figure.high), figure.key)


def defect_density_per_cm2(process: str, figures: Economics | None = None) -> Range:
    """Return the defect density of a process key. [1/cm2]

    Examples
    --------
    >>> defect_density_per_cm2("n4").value
    0.07
    """
    known = (figures or economics()).losses.processes
    if process not in known:
        remedy = near_matches(process, known) or f"Known: {', '.join(known)}"
        raise InputError(f"no defect density for the process '{process}'", "yield", remedy)
    return as_range(known[process].defect_density_per_cm2)


def cluster_alpha(figures: Economics | None = None) -> float:
    """Return the clustering of defects. [1]"""
    return float((figures or economics()).losses.alpha_cluster)


def losses(process: str, figures: Economics | None = None) -> Losses:
    """Return what is lost on a wafer of a process: to defects, to speed and to leakage."""
    own = (figures or economics()).losses
    density = defect_density_per_cm2(process, figures)
    return Losses(density, as_range(own.alpha_cluster), as_range(own.parametric_yield))


def gddr_area(family: str, figures: Economics | None = None) -> GddrArea:
    """Return the area regression of a family: 'ada' or 'blackwell_consumer'.

    Examples
    --------
    >>> gddr_area("ada").core_mm2
    2.38
    """
    known = (figures or economics()).area.families
    if family not in known:
        remedy = near_matches(family, known) or f"Known: {', '.join(known)}"
        raise InputError(f"no area regression for the family '{family}'", "area", remedy)
    own = known[family]
    parts = (own.base_mm2, own.core_mm2, own.channel_mm2, own.worst_error)
    return GddrArea(family, *(float(part) for part in parts))


def reticle_mm2(figures: Economics | None = None) -> float:
    """Return the largest die that a scanner exposes in one field. [mm2]"""
    return float((figures or economics()).area.reticle_mm2)

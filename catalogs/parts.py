"""Bought-in parts and history: memory, links, and how restricted SKUs were derived."""

from __future__ import annotations

from typing import Literal

from catalogs.records import Record, Table
from catalogs.values import Confidence, Count, Day, Flag, Id, MemoryKind, Quantity, Text


class DataRate(Table):
    """A data rate that a cataloged SKU ships, from the day that SKU went on sale."""

    gbps: Quantity
    on_sale_from: Day
    sku: Id
    note: Text | None = None


class Capacity(Table):
    """A capacity per stack or chip that a cataloged SKU ships, from the day it went on sale."""

    gb: Quantity
    on_sale_from: Day
    sku: Id
    note: Text | None = None


class MemoryPart(Record):
    """A kind of memory device: an HBM stack, or a GDDR or LPDDR chip.

    Data rates and capacities are only those that a shipped, not derived, SKU gives evidence of.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> [str(c.gb) for c in load_catalog().memory_part("HBM3").capacities]
    ['16', '24']
    """

    kind: MemoryKind
    width_bits: Count
    grades_gbps: tuple[Quantity, ...] = ()
    rate_spec_max_gbps: Quantity | None = None
    data_rate_min_gbps: Quantity | None = None
    data_rates: tuple[DataRate, ...] = ()
    capacities_made_gb: tuple[Quantity, ...] = ()
    capacity_spec_max_gb: Quantity | None = None
    capacities: tuple[Capacity, ...] = ()
    capacity_unit: Literal["GiB", "GB"] | None = None
    energy_pj_per_bit: Quantity | None = None
    package_dimensions_mm: tuple[Quantity, Quantity] | None = None
    package_area_mm2: Quantity | None = None
    voltage_v: Quantity | None = None
    signaling: Literal["NRZ", "PAM3", "PAM4"] | None = None


class LinkPart(Record):
    """A kind of chip-to-chip or host link; rates count both directions.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> load_catalog().link_part("NVLink4").gb_s_bidir_per_link
    Decimal('50')
    """

    gb_s_bidir_per_link: Quantity | None = None
    gb_s_bidir_total: Quantity | None = None
    lanes_per_link_each_way: Count | None = None
    lane_rate_gbps: Quantity | None = None
    links_max_shipped: Count | None = None
    used_on: tuple[Id, ...] = ()


class Change(Table):
    """One quantity of the parent and of the derived part; absent where not published."""

    quantity: Text
    base: Quantity | None = None
    derived: Quantity | None = None


class Derivation(Record):
    """How a vendor made one SKU out of another to fit the law of its day.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> [c.quantity for c in load_catalog().derivations["a100_to_a800"].cuts]
    ['NVLink GB/s, both directions', 'NVLink links']
    """

    base_die: Id
    base_sku: Id
    derived_sku: Id
    date: Text
    rule_set: Text | None = None
    rule_date: Day | None = None
    datacenter: Flag | None = None
    cuts: tuple[Change, ...] = ()
    raised: tuple[Change, ...] = ()
    unchanged: tuple[Text, ...] = ()
    confidence: Confidence

"""SKUs: what is, was or may be sold, with the facts about it that the law reads."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar, Literal

from pydantic import Field

from catalogs.dies import AREA, Die
from catalogs.errors import InputError, near_matches
from catalogs.facts import Fact
from catalogs.legal import LAW_NAMES, LegalValue, legal_fact, legal_facts, legal_intervals
from catalogs.records import Record, Table
from catalogs.values import (
    Basis,
    Chips,
    Count,
    Day,
    Flag,
    FormFactor,
    Id,
    Market,
    Quantity,
    Share,
    SkuStatus,
    Text,
)

BITS_PER_BYTE = 8
RATE_DIGITS = Decimal("0.01")


class Rates(Table):
    """Published dense peak rates; integer formats in TOPS. [TFLOPS]

    `fp64`, `fp32_vector` and `fp16_vector` are vector formats; `fp16_fp32acc` is FP16 with FP32
    accumulation where that differs from `fp16`.
    """

    fp64: Quantity | None = None
    fp64_tensor: Quantity | None = None
    fp32_vector: Quantity | None = None
    fp32_tensor: Quantity | None = None
    tf32: Quantity | None = None
    bf16: Quantity | None = None
    fp16: Quantity | None = None
    fp16_fp32acc: Quantity | None = None
    fp16_vector: Quantity | None = None
    fp8: Quantity | None = None
    int8: Quantity | None = None
    fp6: Quantity | None = None
    fp4: Quantity | None = None
    int4: Quantity | None = None


class UsableFraction(Table):
    """Share of a published rate that inference can use where the law counts all of it."""

    fp16_fp32acc: Share | None = None
    fp8_fp32acc: Share | None = None


class SkuMemory(Table):
    """Memory of the SKU; capacity as printed, in the unit that the memory part declares.

    Of bandwidth, bus width and data rate, the first or the last follows from the other two.
    """

    part: Id | None = None
    capacity_gb: Quantity | None = None
    bus_width_bits: Count | None = None
    bandwidth_gb_s: Quantity | None = None
    data_rate_gbps: Quantity | None = None

    def model_post_init(self, _: Any, /) -> None:
        """Fill in bandwidth or data rate: bandwidth = data rate x bus width / 8."""
        width, rate, bandwidth = self.bus_width_bits, self.data_rate_gbps, self.bandwidth_gb_s
        if not width:
            return
        if bandwidth is not None and rate is None:
            each = (bandwidth * BITS_PER_BYTE / width).quantize(RATE_DIGITS)
            object.__setattr__(self, "data_rate_gbps", each)
        elif bandwidth is None and rate is not None:
            object.__setattr__(self, "bandwidth_gb_s", rate * width / BITS_PER_BYTE)


class SkuLink(Table):
    """Chip-to-chip links of the SKU; 0 only where a source says that there are none."""

    part: Id | None = None
    links: Count | None = None
    gb_s_bidir: Quantity | None = None


class SkuPcie(Table):
    """PCI Express port of the SKU, both directions together."""

    gen: Count | None = None
    gb_s_bidir: Quantity | None = None


class Sku(Record):
    """One part as sold (or reported, or imagined); None is unknown, never zero.

    A hypothetical part needs no die record: the area and the rates in its own file are enough.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> h20 = load_catalog().sku("h20")
    >>> h20.cores_enabled, h20.memory.bandwidth_gb_s, h20.legal_facts()["tpp"]
    (78, Decimal('4000'), Decimal('2368'))
    """

    claimable: ClassVar[frozenset[str]] = frozenset(LAW_NAMES)

    vendor: Text
    die: Id | None = None
    dies_per_package: Chips = 1
    market: Market = "global"
    datacenter: Flag | None = None
    status: SkuStatus = "hypothetical"
    form_factor: FormFactor | None = None
    launch_date: Text | None = None
    on_sale_from: Day | None = None
    us_available_2026_01_15: Flag | None = None
    cores_enabled: Count | None = None
    boost_clock_mhz: Quantity | None = None
    peak_rate_clock_mhz: Quantity | None = None
    tensor_rate_fraction: Share | None = None
    rate_limiter: Text | None = None
    rate_cap_tpp: Quantity | None = None
    dense_tflops: Rates = Field(default_factory=Rates)
    usable_rate_fraction: UsableFraction = Field(default_factory=UsableFraction)
    memory: SkuMemory = Field(default_factory=SkuMemory)
    link: SkuLink = Field(default_factory=SkuLink)
    pcie: SkuPcie = Field(default_factory=SkuPcie)
    scale_up_domain: Chips | None = None
    scale_out_gb_s: Quantity | None = None
    tdp_w: Quantity | None = None
    price_usd: Quantity | None = None
    l2_cache_mb: Quantity | None = None
    applicable_die_area_mm2: Quantity | None = None
    declared_tpp: Quantity | None = None
    declared_eccn: Text | None = None

    def model_post_init(self, context: Any, /) -> None:
        """Take the area over from the die record where the file does not state its own."""
        super().model_post_init(context)
        die = self.die_record
        if self.applicable_die_area_mm2 is None and die is not None:
            area = die.applicable_die_area_mm2
            if area is not None:
                object.__setattr__(self, AREA, area * self.dies_per_package)

    @property
    def die_record(self) -> Die | None:
        """The die that the SKU names, as found in the same catalog."""
        if self._catalog is None or self.die is None:
            return None
        if self.die not in self._catalog.dies:
            hint = near_matches(self.die, self._catalog.dies)
            raise InputError(f"die: unknown die '{self.die}'", None, hint)
        return self._catalog.dies[self.die]

    @property
    def has_hbm(self) -> bool | None:
        """Whether the memory part is HBM; None where the part is unknown."""
        if self._catalog is None or self.memory.part is None:
            return None
        return self._catalog.memory_parts[self.memory.part].kind == "HBM"

    def legal_facts(self) -> dict[str, LegalValue]:
        """Return the facts that conditions of the law may name; an unknown one is absent."""
        return legal_facts(self)

    def legal_intervals(self) -> Mapping[str, tuple[Decimal, Decimal]]:
        """Return the lowest and highest value over all live claims of each disputable fact."""
        return legal_intervals(self)

    def fact(self, name: str) -> Fact:
        """Return a value, or a fact of the law such as 'tpp', with its evidence."""
        if name in LAW_NAMES:
            return legal_fact(self, name)
        if name == "memory.data_rate_gbps" and not self.stated(name):
            return self._fact(name, self.value(name), "derived")
        return super().fact(name)

    def basis_of(self, name: str) -> Basis | Literal["stated"]:
        """Return the basis of a value; nobody publishes a hypothetical part, its user states it."""
        basis = self.fact(name).basis
        return "stated" if self.status == "hypothetical" and basis == "published" else basis

    def area_fact(self) -> Fact:
        """Return the applicable die area: the SKU's own, or that of its die times the dies."""
        die = self.die_record
        if self.stated(AREA) or die is None:
            return super().fact(AREA)
        own = die.fact(AREA)
        claims = tuple(
            c.model_copy(update={"value": c.value * self.dies_per_package})
            for c in own.claims
            if isinstance(c.value, Decimal)
        )
        return Fact(
            AREA, self.applicable_die_area_mm2, "mm2",
            "derived" if self.dies_per_package > 1 else own.basis,
            own.sources, own.grade, claims + self.rivals(AREA), own.note, own.confidential,
        )  # fmt: skip

    def vector_tflops(self) -> Fraction | None:
        """Return cores x FP32 vector operations x boost clock, exactly. [TFLOPS]"""
        die = self.die_record
        ops = die.vector_ops_per_clk_per_core.fp32 if die else None
        if ops is None or self.cores_enabled is None or self.boost_clock_mhz is None:
            return None
        return Fraction(self.boost_clock_mhz) * self.cores_enabled * ops / 10**6

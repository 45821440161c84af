"""The specification of a sheet: the design beside its parent, each number with its arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from catalogs.facts import Fact
from optimizer.report.numbers import json_number, percent, text_number
from optimizer.report.ranges import interval_note
from optimizer.report.result import Design
from optimizer.report.sheet.arithmetic import MHZ_PER_THZ, largest_product
from optimizer.report.sheet.cells import NOT_APPLICABLE, UNKNOWN, Cells, derived, exact, named
from optimizer.report.sheet.model import Cell, Group, Row
from optimizer.report.sheet.notes import Notes
from optimizer.report.sheet.silicon import WITHHELD, Silicon

BITS_PER_BYTE = 8
_INTEGER_FORMATS = ("int8", "int4")
_FORMAT_NAMES = {
    "fp64_tensor": "FP64 tensor", "fp32_tensor": "FP32 tensor", "tf32": "TF32",
    "fp16": "FP16, BF16", "fp8": "FP8", "int8": "INT8", "fp6": "FP6", "fp4": "FP4", "int4": "INT4",
    "fp64": "FP64 vector", "fp32": "FP32 vector",
}  # fmt: skip
# Names of vector formats in the tables of shipped parts.
_VECTOR_RATES = {"fp64": "fp64", "fp32": "fp32_vector", "fp16": "fp16_vector"}
NOTHING = Cell(text=NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Specification:
    """Writes the groups of the specification and collects their endnotes."""

    design: Design
    cells: Cells
    silicon: Silicon
    notes: Notes

    def groups(self) -> tuple[Group, ...]:
        """Every group in reading order."""
        return tuple(
            Group(title=title, rows=tuple(rows))
            for title, rows in (
                ("Compute", self._compute()),
                ("Peak rates, dense", self._peaks()),
                ("Memory", self._memory()),
                ("Interconnect", self._links()),
                ("Power", self._power()),
                ("Physical", self._physical()),
            )
        )

    def _row(self, label: str, unit: str, design: Cell, parent: Cell, *notes: int) -> Row:
        return Row(label=label, unit=unit, design=design, parent=parent, notes=notes)

    def part(self, path: str) -> Cell:
        """A value of the parent as it ships."""
        sku = self.silicon.reference
        return self._fact(sku.fact(path), f"inputs.catalog.skus.{sku.id}.{path}")

    def die(self, path: str) -> Cell:
        """A value of the whole die."""
        die = self.silicon.die
        return self._fact(die.fact(path), f"inputs.catalog.dies.{die.id}.{path}")

    def _fact(self, fact: Fact, place: str) -> Cell:
        if fact.confidential or fact.name in self.cells.hidden:
            return Cell(text=WITHHELD)
        if fact.value is None:
            return Cell(text=UNKNOWN)
        if isinstance(fact.value, int | Decimal) and not isinstance(fact.value, bool):
            number = json_number(fact.value)
            return Cell(text=text_number(number), value=number, source=place, basis=fact.basis)
        shown = named(fact.value) if isinstance(fact.value, str | bool) else str(fact.value)
        return Cell(text=shown, value=str(fact.value), source=place, basis=fact.basis)

    def _law_fact(self, name: str) -> Cell:
        """A quantity of the law for the parent; computed from published values."""
        if name in self.cells.hidden:
            return Cell(text=WITHHELD)
        return self._fact(self.silicon.reference.fact(name), "")

    def _compute(self) -> Iterator[Row]:
        unit = self.silicon.die.core_unit or "core"
        whole = self.die("cores_full")
        note = self.notes.add(
            f"{self.silicon.die.name} has {whole.text} {unit}s; the design enables "
            f"{self.cells.knob('enabled_cores').text} and caps the clock. The clock is the highest "
            "that the part can run.",
            self.silicon.cited(self.silicon.die.fact("cores_full")),
        )
        yield self._row(
            f"{unit}s enabled", "", self.cells.knob("enabled_cores"), self.part("cores_enabled"),
            note,
        )  # fmt: skip
        yield self._row(
            "Core clock, highest", "MHz", self.cells.knob("core_clock_mhz"),
            self.part("boost_clock_mhz"),
        )  # fmt: skip
        yield self._row(
            "Tensor rate, share of the die's", "", self.cells.knob("tensor_rate_fraction"),
            self.part("tensor_rate_fraction"),
        )  # fmt: skip
        yield self._row(
            "TPP", "TPP", self.cells.quantity("tpp"), self._law_fact("tpp"), *self.tpp_note()
        )
        yield self._row(
            "Performance density", "TPP/mm2", self.cells.quantity("performance_density"),
            self._parent_density(), self.density_note(),
        )  # fmt: skip

    def _parent_density(self) -> Cell:
        tpp, area = self._law_fact("tpp"), self._law_fact("applicable_die_area_mm2")
        numbers = [c.value for c in (tpp, area) if isinstance(c.value, int | float)]
        if len(numbers) < 2 or not numbers[1]:
            return Cell(text=WITHHELD if WITHHELD in (tpp.text, area.text) else UNKNOWN)
        return derived(exact(numbers[0]) / exact(numbers[1]))

    def _operands(self) -> tuple[Fraction, Fraction, Fraction]:
        """Enabled cores, clock and tensor rate of the design."""
        knobs: dict[str, Any] = dict(self.design.knobs)
        names = ("enabled_cores", "core_clock_mhz", "tensor_rate_fraction")
        cores, clock, share = (exact(knobs[name]) for name in names)
        return cores, clock, share

    def _peaks(self) -> Iterator[Row]:
        die = self.silicon.die
        cores, clock, share = self._operands()
        tables = (
            ("dense_ops_per_clk_per_core", die.dense_ops_per_clk_per_core, share),
            ("vector_ops_per_clk_per_core", die.vector_ops_per_clk_per_core, Fraction(1)),
        )
        for table, rates, fraction in tables:
            matrix = table.startswith("dense")
            for form, ops in rates.items():
                rate = cores * clock * ops * fraction / MHZ_PER_THZ
                yield self._peak(f"{table}.{form}", form, matrix, rate)

    def _peak(self, path: str, form: str, matrix: bool, rate: Fraction) -> Row:
        fact = self.silicon.die.fact(path)
        unit = "TOPS" if form in _INTEGER_FORMATS else "TFLOPS"
        name = _FORMAT_NAMES.get(form, form.upper()) if matrix or form != "fp16" else "FP16 vector"
        own = "dense_bf16_tflops"
        cell = self.cells.quantity(own) if matrix and form == "fp16" else derived(rate)
        if fact.confidential:
            return self._row(name, unit, Cell(text=WITHHELD), Cell(text=WITHHELD))
        cores, clock, share = self._operands()
        factors = f"{text_number(cores)} x {text_number(fact.value)} op/clk x "
        factors += f"{text_number(clock)} MHz"
        if matrix and share != 1:
            factors += f" x {text_number(share)}"
        note = self.notes.add(
            f"{name}: {factors} = {text_number(rate)} {unit}, dense; no sparsity is counted.",
            self.silicon.cited(fact),
        )
        shipped = f"dense_tflops.{form if matrix else _VECTOR_RATES.get(form, form)}"
        return self._row(name, unit, cell, self.part(shipped), note)

    def tpp_note(self) -> tuple[int, ...]:
        """Endnote with the arithmetic of the TPP, where the parts of the sum may be shown."""
        tpp = self.design.quantities.get("tpp")
        if "tpp" in self.cells.hidden or tpp is None:
            return ()
        product = largest_product(self.silicon.die, *self._operands())
        if json_number(product.tpp) != tpp:
            return ()
        text = (
            "TPP is the largest product of dense rate and bit length over every format, never a "
            f"sum: {product}."
        )
        source = "15 CFR part 774, supplement 1, ECCN 3A090, technical notes"
        return (self.notes.add(text, source),)

    def density_note(self) -> int:
        """Endnote with the arithmetic of the performance density."""
        tpp, area = (self.cells.quantity(n) for n in ("tpp", "applicable_die_area_mm2"))
        density = self.cells.quantity("performance_density")
        return self.notes.add(
            f"Performance density is TPP over the area of all non-planar logic dies: {tpp.text} / "
            f"{area.text} mm2 = {density.text}.",
            f"area: {self.silicon.cited(self.silicon.die.fact('applicable_die_area_mm2'))}",
        )

    def _memory(self) -> Iterator[Row]:
        knob, die = self.cells.knob, self.silicon.die
        yield self._row("Memory", "", self._memory_name(), self._part_memory_name())
        sites, each = knob("memory_sites"), knob("memory_gb_per_site")
        doubled = ", two chips a channel" if self.design.knobs.get("clamshell") else ""
        capacity = self.cells.quantity("memory_capacity_gb")
        note = self.notes.add(
            f"{sites.text} sites x {each.text} GB{doubled} = {capacity.text} GB, as memory is "
            "labeled.",
            "what is on sale of the memory part by the day of the rule set",
        )
        yield self._row("Capacity", "GB", capacity, self.part("memory.capacity_gb"), note)
        rate = knob("memory_data_rate_gbps")
        yield self._row("Data rate", "Gbit/s", rate, self.part("memory.data_rate_gbps"))
        bus = self._bus_bits()
        yield self._row("Bus width", "bit", derived(bus), self.part("memory.bus_width_bits"))
        bandwidth = self.cells.quantity("dram_bandwidth_gb_s")
        note = self.notes.add(
            f"{UNKNOWN if bus is None else text_number(bus)} bit x {rate.text} Gbit/s / "
            f"{BITS_PER_BYTE} = {bandwidth.text} GB/s.",
            self.silicon.cited(die.fact("memory.site_width_bits")),
        )
        parent = self._law_fact("dram_bandwidth_gb_s")
        yield self._row("DRAM bandwidth", "GB/s", bandwidth, parent, note)

    def _bus_bits(self) -> int | None:
        """Interface width of all sites in use. [bit]"""
        part = self.silicon.memory.get(str(self.design.knobs.get("memory_part")))
        width = getattr(part, "width_bits", None)
        sites = self.design.knobs.get("memory_sites")
        return int(width) * sites if width and isinstance(sites, int) else None

    def _memory_name(self) -> Cell:
        cell = self.cells.knob("memory_part")
        named = self.silicon.memory.get(str(cell.value))
        return cell if named is None else cell.model_copy(update={"text": str(named.name)})

    def _part_memory_name(self) -> Cell:
        cell = self.part("memory.part")
        named = self.silicon.memory.get(str(cell.value))
        return cell if named is None else cell.model_copy(update={"text": str(named.name)})

    def _links(self) -> Iterator[Row]:
        pcie, io = self.die("pcie.gb_s_bidir"), self.cells.quantity("io_bandwidth_gb_s")
        links = self.cells.quantity("link_bandwidth_gb_s")
        note = self.notes.add(
            f"Both directions together: links {links.text} + PCIe {pcie.text} = {io.text} GB/s.",
            self.silicon.cited(self.silicon.die.fact("pcie.gb_s_bidir")),
        )
        yield self._row("Chip-to-chip links", "", self.cells.knob("links"), self.part("link.links"))
        yield self._row("Links, both ways", "GB/s", links, self.part("link.gb_s_bidir"), note)
        gen = self.silicon.die.pcie.gen
        name = "PCIe, both ways" if gen is None else f"PCIe {gen}.0, both ways"
        yield self._row(name, "GB/s", pcie, self.part("pcie.gb_s_bidir"), note)
        yield self._row(
            "I/O bandwidth, both ways", "GB/s", io, self._law_fact("io_bandwidth_gb_s"), note
        )

    def _power(self) -> Iterator[Row]:
        yield self._row(
            "Power class (TDP)", "W", self.cells.quantity("tdp_w"),
            self.part("tdp_w"), self._class_note(),
        )  # fmt: skip
        said = self.design.derived.get("power_w")
        error = None if said is None else said.relative_error
        name = "Board power, DERIVED" + ("" if error is None else f" +/- {percent(exact(error))}")
        power = self.cells.quantity("power_w", 1)
        yield self._row(name, "W", power, NOTHING, self._power_note())

    def _class_note(self) -> int:
        """Endnote on where the power class comes from."""
        return self.notes.add(
            "A power class that shipped boards of this form factor have; it is no measurement of "
            "the design.",
            self.silicon.cited(self.silicon.reference.fact("tdp_w")),
        )

    def _power_note(self) -> int:
        """Endnote on the anchored estimate, its interval and its error."""
        return self.notes.add(
            "DERIVED, not measured: six-term board power model times (rated power of the parent / "
            f"model of the parent).{interval_note(self.design, 'power_w')}",
            "estimated, grade C: fit of rated power of shipped boards",
        )

    def _physical(self) -> Iterator[Row]:
        die = self.silicon.die
        area, note = self.cells.quantity("applicable_die_area_mm2"), self.density_note()
        yield self._row(
            "Die area that counts", "mm2", area, self._law_fact("applicable_die_area_mm2"), note
        )
        yield self._row("Process", "", self.die("process_node"), self.die("process_node"))
        board = self.cells.knob("board_class")
        yield self._row("Form factor", "", board, self.part("form_factor"))
        note = self.notes.add(
            "DERIVED: share of good dies that can serve this bin, from an assumed defect density "
            f"and the floor plan of {die.name}.{interval_note(self.design, 'salvage_share')}",
            "estimated, grade C: salvage model",
        )
        share = self.cells.quantity("salvage_share")
        yield self._row("Share of dies that serve, DERIVED", "", share, NOTHING, note)

"""How the rules count: exact metrics of an integrated circuit from its published figures.

Rates are dense tera-operations a second as data sheets print them, where one multiply-accumulate
counts as two operations: the factor 2 of the rule's formula is already in them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from catalogs.legal import BIT_LENGTH

Exact = int | Decimal | Fraction

BITS_PER_BYTE = 8


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of multiply-accumulate that a circuit executes.

    Attributes
    ----------
    tera_per_s : int, Decimal or Fraction
        Peak rate at the highest clock the part can run. [tera-operation/s]
    multiply_input_bits : tuple of int
        Widths of the inputs to the multiply. [bit]
    output_bits : int
        Width of the accumulator; only the widest reading of the 2022 text looks at it. [bit]
    sparse : bool
        The rate counts skipped zeros.
    vector : bool
        Executed by the vector units rather than the matrix units.
    """

    name: str
    tera_per_s: Exact
    multiply_input_bits: tuple[int, ...]
    output_bits: int = 0
    sparse: bool = False
    vector: bool = False

    @property
    def processing_performance(self) -> Fraction:
        """Rate times the largest input to the multiply. [TPP]

        Examples
        --------
        >>> Operation("w4a8", 100, (4, 8), output_bits=32).processing_performance
        Fraction(800, 1)
        """
        return Fraction(self.tera_per_s) * max(self.multiply_input_bits)


@dataclass(frozen=True, slots=True)
class LogicDie:
    """A logic die of a package: whole area, and whether its transistors are non-planar."""

    area_mm2: Exact
    non_planar: bool | None
    count: int = 1
    density_mtr_per_mm2: Exact | None = None


def operations(dense_tera_per_s: Mapping[str, Exact]) -> tuple[Operation, ...]:
    """Operations of a data sheet, by format name.

    Examples
    --------
    >>> tpp(operations({"fp16": 148, "fp8": 296}))
    Fraction(2368, 1)
    """
    return tuple(
        Operation(name, rate, (BIT_LENGTH[name],), vector=name.endswith("_vector"))
        for name, rate in dense_tera_per_s.items()
    )


def rate_tera_per_s(operations_per_clock: Exact, clock_mhz: Exact) -> Fraction:
    """Peak rate of a circuit at a clock; the rules mean the highest clock it can run.

    Parameters
    ----------
    operations_per_clock : int, Decimal or Fraction
        All cores together; one multiply-accumulate counts as two. [operation/clock]
    clock_mhz : int, Decimal or Fraction
        Clock. [MHz]

    Returns
    -------
    Fraction
        Rate. [tera-operation/s]

    Examples
    --------
    >>> rate_tera_per_s(500_000, 1200)
    Fraction(600, 1)
    """
    return Fraction(operations_per_clock) * Fraction(clock_mhz) / 10**6


def package_operations(*dies: Iterable[Operation]) -> tuple[Operation, ...]:
    """Operations of a package: the rates of equal operations of its dies add up.

    Examples
    --------
    >>> one = operations({"fp8": 150})
    >>> tpp(package_operations(one, one))
    Fraction(2400, 1)
    """
    total: dict[str, Operation] = {}
    for operation in (each for die in dies for each in die):
        seen = total.get(operation.name)
        rate = Fraction(operation.tera_per_s) + (Fraction(seen.tera_per_s) if seen else 0)
        total[operation.name] = replace(operation, tera_per_s=rate)
    return tuple(total.values())


def tpp(executed: Iterable[Operation], *, add_vector_units: bool = False) -> Fraction | None:
    """Total processing performance of an integrated circuit. [TPP]

    The maximum over every operation that the circuit executes, dense rates only; `None` when no
    dense rate is known. The vector units run beside the matrix units on paper, but no vendor adds
    them; `add_vector_units` is the strict reading that does.

    References
    ----------
    .. [1] 15 CFR part 774, supplement no. 1, ECCN 3A090, technical notes to .a and .b.

    Examples
    --------
    >>> tpp([Operation("int8", 600, (8,)), Operation("int8 sparse", 1200, (8,), sparse=True)])
    Fraction(4800, 1)
    """
    dense = [operation for operation in executed if not operation.sparse]
    best = {
        vector: max(
            (each.processing_performance for each in dense if each.vector == vector), default=None
        )
        for vector in (False, True)
    }
    known = [value for value in best.values() if value is not None]
    if not known:
        return None
    return sum(known, Fraction(0)) if add_vector_units else max(known)


def bit_length_x_tops(
    executed: Iterable[Operation], *, count_outputs: bool = False
) -> Fraction | None:
    """Bit length times tera-operations a second, as the 2022 text counts it. [bit x TOPS]

    The highest product among the bit lengths that are possible. The 2022 bit length is the largest
    of inputs and outputs when `count_outputs`, of the inputs alone otherwise, which is what the
    worked example of the rule (600 x 8, 300 x 16) presumes.

    References
    ----------
    .. [1] 87 FR 62186, ECCN 3A090.a and its notes.

    Examples
    --------
    >>> bit_length_x_tops(operations({"fp16": 312, "int8": 624}))
    Fraction(4992, 1)
    """
    products = [
        Fraction(each.tera_per_s)
        * max(*each.multiply_input_bits, each.output_bits if count_outputs else 0)
        for each in executed
        if not each.sparse
    ]
    return max(products, default=None)


def applicable_die_area_mm2(dies: Iterable[LogicDie]) -> Fraction | None:
    """Whole area of the logic dies made with non-planar transistors. [mm2]

    Caches, spare and dummy silicon on a logic die count; memory stacks and interposers are no logic
    dies and are not passed in. `None` when it is unknown whether a die is planar.

    References
    ----------
    .. [1] 15 CFR part 774, supplement no. 1, ECCN 3A090, technical notes to .a and .b.

    Examples
    --------
    >>> applicable_die_area_mm2([LogicDie(400, True), LogicDie(300, False)])
    Fraction(400, 1)
    """
    listed = tuple(dies)
    if any(die.non_planar is None for die in listed):
        return None
    return sum(
        (Fraction(die.area_mm2) * die.count for die in listed if die.non_planar), Fraction(0)
    )


def bus_bandwidth_gb_s(bus_width_bits: int, data_rate_gbps: Exact) -> Fraction:
    """Peak bandwidth of a memory bus, GDDR or HBM. [GB/s]

    Parameters
    ----------
    bus_width_bits : int
        Data pins of all channels or stacks. [bit]
    data_rate_gbps : int, Decimal or Fraction
        Rate of one pin. [Gbit/s]

    Examples
    --------
    >>> bus_bandwidth_gb_s(448, 25)
    Fraction(1400, 1)
    """
    return bus_width_bits * Fraction(data_rate_gbps) / BITS_PER_BYTE


def dram_bandwidth_gb_s(local: Iterable[Exact], remote: Iterable[Exact] = ()) -> Fraction:
    """Total DRAM bandwidth: memory in and beside the package, not memory behind a link. [GB/s]

    Parameters
    ----------
    local : iterable
        Bandwidth to DRAM attached to the circuit, co-packaged or not. [GB/s]
    remote : iterable
        Bandwidth to DRAM reached over an interconnect; named here to be left out. [GB/s]

    References
    ----------
    .. [1] HTSUS chapter 99, subchapter III, U.S. note 39.

    Examples
    --------
    >>> dram_bandwidth_gb_s([4800], remote=[512])
    Fraction(4800, 1)
    """
    del remote
    return sum((Fraction(each) for each in local), Fraction(0))


def memory_bandwidth_density(bandwidth_gb_s: Exact, area_mm2: Exact) -> Fraction:
    """Memory bandwidth per area of the memory package, or of the bare stack. [GB/s/mm2]

    References
    ----------
    .. [1] 15 CFR part 774, supplement no. 1, ECCN 3A090.c and its technical notes.

    Examples
    --------
    >>> memory_bandwidth_density(242, 121)
    Fraction(2, 1)
    """
    return Fraction(bandwidth_gb_s) / Fraction(area_mm2)


def transistor_count_bn(dies: Iterable[LogicDie]) -> Fraction | None:
    """Aggregated approximated transistor count of a package: density times area. [1e9]

    References
    ----------
    .. [1] 15 CFR 772.1, "aggregated approximated transistor count"; 90 FR 5298.

    Examples
    --------
    >>> transistor_count_bn([LogicDie(100, True, count=2, density_mtr_per_mm2=140)])
    Fraction(28, 1)
    """
    total = Fraction(0)
    for die in dies:
        if die.density_mtr_per_mm2 is None:
            return None
        total += Fraction(die.area_mm2) * die.count * Fraction(die.density_mtr_per_mm2)
    return total / 1000

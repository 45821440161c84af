"""From a SKU to the exact facts that the law reads; what is unknown is absent, never zero."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from catalogs.facts import Claim, Fact, graded

if TYPE_CHECKING:
    from catalogs.skus import Sku

LegalValue = Decimal | int | bool | dt.date | str

# Bits per operand of each format (15 CFR part 774, Supp. 1, 3A090 Technical Notes). TF32 is left
# out: its length (19 or 32) is contested, and at 32 it only ties with FP16.
BIT_LENGTH = {
    "fp64": 64, "fp64_tensor": 64, "fp32_vector": 32, "fp32_tensor": 32, "bf16": 16, "fp16": 16,
    "fp16_fp32acc": 16, "fp16_vector": 16, "fp8": 8, "int8": 8, "fp6": 6, "fp4": 4, "int4": 4,
}  # fmt: skip
MATRIX_FORMATS = frozenset(
    {"bf16", "fp16", "fp16_fp32acc", "fp8", "int8", "fp6", "fp4", "int4"}
)  # fmt: skip
TPP, AREA, DRAM, IO = (
    "tpp", "applicable_die_area_mm2", "dram_bandwidth_gb_s", "io_bandwidth_gb_s",
)  # fmt: skip
# The October 2022 text measures the same two products under other names.
SAME_IN_2022 = {"bit_length_x_tops": TPP, "io_transfer_rate_gb_s": IO}
# What no law speaks of and a rule of one's own may, by the field of the record that states it.
OF_DATA_SHEETS = {
    "core_clock_mhz": "boost_clock_mhz",
    "enabled_cores": "cores_enabled",
    "link_bandwidth_gb_s": "link.gb_s_bidir",
    "links": "link.links",
    "memory_capacity_gb": "memory.capacity_gb",
    "tensor_rate_fraction": "tensor_rate_fraction",
}
LAW_NAMES = (
    TPP, AREA, DRAM, IO, *SAME_IN_2022, "datacenter", "dense_bf16_tflops", "first_marketed",
    "has_hbm", "item_kind", "non_planar", "tdp_w", "transistor_count_bn",
    "us_available_2026_01_15", "vendor", *OF_DATA_SHEETS,
)  # fmt: skip
DISPUTABLE = (TPP, AREA, DRAM, IO)


def legal_facts(sku: Sku) -> dict[str, LegalValue]:
    """Return every known fact of the law about a SKU, exactly.

    TPP is the largest product of dense rate and bit length over the formats that the part
    executes, never a sum. With no matrix format published the largest is not known. A cap of the
    whole part in its firmware (`rate_cap_tpp`) stands for the product.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> facts = load_catalog().sku("a800").legal_facts()
    >>> str(facts["tpp"]), str(facts["io_bandwidth_gb_s"])
    ('4992', '464')
    """
    die = sku.die_record
    found: dict[str, LegalValue | None] = {
        TPP: _tpp(sku),
        AREA: sku.applicable_die_area_mm2,
        DRAM: sku.memory.bandwidth_gb_s,
        IO: _io(sku.link.gb_s_bidir, sku.pcie.gb_s_bidir),
        "datacenter": sku.datacenter,
        "dense_bf16_tflops": sku.dense_tflops.get(_bf16_format(sku)),
        "first_marketed": sku.on_sale_from,
        "has_hbm": sku.has_hbm,
        "item_kind": "ic",
        "non_planar": die.non_planar if die else None,
        "tdp_w": sku.tdp_w,
        "transistor_count_bn": _transistors(sku),
        "us_available_2026_01_15": sku.us_available_2026_01_15,
        "vendor": sku.vendor,
    }
    found |= {name: found[same] for name, same in SAME_IN_2022.items()}
    found |= {name: sku.value(path) for name, path in OF_DATA_SHEETS.items()}
    return {name: found[name] for name in LAW_NAMES if found[name] is not None}  # type: ignore[misc]


def legal_intervals(sku: Sku) -> Mapping[str, tuple[Decimal, Decimal]]:
    """Return (lowest, highest) over the live claims of each known fact that may be disputed.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> low, high = load_catalog().sku("h20").legal_intervals()["dram_bandwidth_gb_s"]
    >>> str(low), str(high)
    ('4000', '4096')
    """
    found = {}
    for name in DISPUTABLE:
        values = _live(sku, name)
        if values:
            found[name] = (min(values), max(values))
    same = {name: found[of] for name, of in SAME_IN_2022.items() if of in found}
    return found | same


def legal_fact(sku: Sku, name: str) -> Fact:
    """Return one fact of the law with the evidence of the values that it rests on.

    The note names these values where they are not the fact itself.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> fact = load_catalog().sku("h20").fact("tpp")
    >>> str(fact.value), fact.note, fact.grade
    ('2368', 'dense_tflops.fp16', 'B')
    """
    value = legal_facts(sku).get(name)
    name = SAME_IN_2022.get(name, name)
    if name == AREA:
        return sku.area_fact()
    if name == TPP:
        return _rests_on(sku, TPP, value, _binding(sku))
    paths = {
        DRAM: ["memory.bandwidth_gb_s"],
        IO: ["link.gb_s_bidir", "pcie.gb_s_bidir"],
        "dense_bf16_tflops": [f"dense_tflops.{_bf16_format(sku)}"],
        "first_marketed": ["on_sale_from"],
        "has_hbm": ["memory.part"],
        **{name: [path] for name, path in OF_DATA_SHEETS.items()},
    }.get(name, [name] if name in type(sku).model_fields else [])
    return _rests_on(sku, name, value, paths)


def _rests_on(sku: Sku, name: str, value: LegalValue | None, paths: list[str]) -> Fact:
    """Return a fact that is one value of the record, or follows from several."""
    parts = [sku._fact(path, sku.value(path)) for path in paths]
    single = len(parts) == 1 and name != TPP
    claims = tuple(c for part in parts for c in part.claims) if single or name == TPP else ()
    basis = parts[0].basis if single else "derived"
    if any(part.basis == "estimated" for part in parts):
        basis = "estimated"
    units = {TPP: "TPP", "dense_bf16_tflops": "TFLOPS", "transistor_count_bn": "billion"}
    return Fact(
        name=name,
        value=value,
        unit=units.get(name, next((part.unit for part in parts), "")),
        basis=basis,
        sources=tuple(dict.fromkeys(s for part in parts for s in part.sources)),
        grade=graded(basis, [part.grade for part in parts], named=single),
        claims=claims + (() if single and paths == [name] else sku.rivals(name)),
        note=" + ".join(paths) if paths != [name] else parts[0].note if parts else None,
        confidential=any(part.confidential for part in parts),
    )


def _products(sku: Sku) -> dict[str, Decimal]:
    """Return rate x bits of every format, the vector format from the die where unpublished."""
    rates = {f: rate for f, rate in sku.dense_tflops.items() if f in BIT_LENGTH}
    vector = sku.vector_tflops()
    if "fp32_vector" not in rates and vector is not None:
        rates["fp32_vector"] = Decimal(vector.numerator) / Decimal(vector.denominator)
    return {f: rate * BIT_LENGTH[f] for f, rate in rates.items()}


def _tpp(sku: Sku) -> Decimal | None:
    products = _products(sku)
    if sku.rate_cap_tpp is not None:
        return sku.rate_cap_tpp
    return max(products.values()) if MATRIX_FORMATS & products.keys() else None


def _binding(sku: Sku) -> list[str]:
    """Return the paths of the values that give the TPP."""
    if sku.rate_cap_tpp is not None:
        return ["rate_cap_tpp"]
    products = _products(sku)
    if not MATRIX_FORMATS & products.keys():
        return []
    top = max(products, key=lambda f: (products[f], f in MATRIX_FORMATS))
    if top in sku.dense_tflops:
        return [f"dense_tflops.{top}"]
    return ["cores_enabled", "boost_clock_mhz"]


def _live(sku: Sku, name: str) -> list[Decimal]:
    """Return the preferred value and every live rival of it; nothing where it is unknown."""
    preferred = legal_facts(sku).get(name)
    if preferred is None:
        return []
    values: list[LegalValue | None] = [preferred, *_claimed(sku.rivals(name))]
    if name == AREA:
        values += _claimed(sku.area_fact().claims)
    elif name == DRAM:
        values += _claimed(sku.rivals("memory.bandwidth_gb_s"))
    elif name == IO:
        links = [sku.link.gb_s_bidir, *_claimed(sku.rivals("link.gb_s_bidir"))]
        ports = [sku.pcie.gb_s_bidir, *_claimed(sku.rivals("pcie.gb_s_bidir"))]
        values += [_io(link, port) for link in links for port in ports]
    else:
        values += _tpp_extremes(sku)
    return [Decimal(v) for v in values if isinstance(v, int | Decimal)]


def _tpp_extremes(sku: Sku) -> list[Decimal]:
    """Return the TPP with every format at its lowest and at its highest live rate."""
    if sku.rate_cap_tpp is not None:
        return _claimed(sku.rivals("rate_cap_tpp"))
    low, high = [], []
    for form, product in _products(sku).items():
        rivals = [v * BIT_LENGTH[form] for v in _claimed(sku.rivals(f"dense_tflops.{form}"))]
        low.append(min([product, *rivals]))
        high.append(max([product, *rivals]))
    return [max(low), max(high)] if low else []


def _claimed(claims: Iterable[Claim]) -> list[Decimal]:
    return [c.value for c in claims if not c.superseded and isinstance(c.value, Decimal)]


def _io(link: Decimal | None, port: Decimal | None) -> Decimal | None:
    return None if link is None or port is None else link + port


def _transistors(sku: Sku) -> Decimal | None:
    die = sku.die_record
    if die is None or die.transistors_billion is None:
        return None
    return die.transistors_billion * sku.dies_per_package


def _bf16_format(sku: Sku) -> str:
    """Return the published format that BF16 runs at: it accumulates in FP32 and matches FP16."""
    return next((f for f in ("bf16", "fp16_fp32acc") if f in sku.dense_tflops), "fp16")

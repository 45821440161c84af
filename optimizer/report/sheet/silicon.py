"""The silicon behind a result: the records that travel with it, without confidential values."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Set
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from catalogs import Die, Sku
from catalogs.errors import InputError
from catalogs.facts import Fact, Source
from catalogs.load import load_catalog
from optimizer import __version__
from optimizer.report.public import stripped
from optimizer.report.result import Design, Result

WITHHELD = "withheld"
"""Printed where a value is marked confidential."""

# Which values of a record can be read off a quantity of the design.
_AREA = ("applicable_die_area_mm2", "logic_dies", "area_breakdown_mm2")
_RATES = ("dense_ops_per_clk_per_core", "vector_ops_per_clk_per_core")
_REVEALS: Mapping[str, tuple[str, ...]] = {
    "applicable_die_area_mm2": _AREA,
    "performance_density": _AREA,
    "largest_die_area_mm2": _AREA,
    "heat_flux_w_mm2": _AREA,
    "tpp": _RATES,
    "bit_length_x_tops": _RATES,
    "dense_bf16_tflops": ("dense_ops_per_clk_per_core",),
    "link_bandwidth_gb_s": ("link",),
    "io_bandwidth_gb_s": ("link", "pcie"),
    "io_transfer_rate_gb_s": ("link", "pcie"),
    "total_bandwidth_gb_s": ("link", "pcie"),
    "dram_bandwidth_gb_s + io_bandwidth_gb_s": ("link", "pcie"),
}
# The same for the shipped part: board power is anchored to its rated power.
_REVEALS_OF_PART: Mapping[str, tuple[str, ...]] = {
    "tdp_w": ("tdp_w",),
    "power_w": ("tdp_w",),
    "heat_flux_w_mm2": ("tdp_w",),
}


@dataclass(frozen=True, slots=True)
class Silicon:
    """Records of a result beside those that are built in.

    Attributes
    ----------
    die, reference : Die, Sku
        Parent die and the shipped part that the fuse map starts from.
    parts : mapping of str to Sku
        Every part that may be shown beside the design, none with a confidential value.
    sources : mapping
        Documents that the records cite, by id.
    hidden : frozenset of str
        Quantities of the design from which a confidential value could be read off.
    withheld : tuple of str
        Paths of the values that are left out.
    """

    die: Die
    reference: Sku
    parts: Mapping[str, Sku]
    sources: Mapping[str, Source]
    memory: Mapping[str, Any]
    hidden: frozenset[str]
    withheld: tuple[str, ...]

    def cited(self, fact: Fact) -> str:
        """Basis, grade and documents of a fact, as an endnote names them."""
        titles = [self.sources[each].title for each in fact.sources if each in self.sources]
        unknown = [each for each in fact.sources if each not in self.sources]
        named = "; ".join([*titles, *unknown]) or "no document named"
        return f"{fact.basis}, grade {fact.grade}: {named}"


def silicon_of(result: Result, design: Design) -> Silicon:
    """Read the records of a result again; built-in parts fill the background.

    Raises
    ------
    InputError
        The result does not carry the records of its own parent.
    """
    inputs, withheld = stripped({"files": {}, **result.inputs})
    builtin = load_catalog(ambient=False)
    carried = inputs.get("catalog", {})
    # Records of a result stand for themselves: none of them hides a built-in one.
    view = SimpleNamespace(sources=_Sources(builtin.sources), replaced=lambda record: None)
    view.dies = view.skus = view.memory_parts = {}
    own = None if _may_differ(result) else {design.parent, design.reference}
    view.dies = _over(_read(Die, carried.get("dies", {}), view, builtin.dies, own), builtin.dies)
    memory = carried.get("memory_parts", {})
    named = {key: SimpleNamespace(**record) for key, record in memory.items()}
    view.memory_parts = _over(named, builtin.memory_parts)
    view.skus = _over(_read(Sku, carried.get("skus", {}), view, builtin.skus, own), builtin.skus)
    if design.parent not in view.dies or design.reference not in view.skus:
        raise InputError(
            f"does not carry the records of '{design.parent}'",
            "inputs.catalog",
            "Make the result again with 'optimize --rules RULES -o result.json'",
        )
    die_marks = _marks(carried.get("dies", {}).get(design.parent, {}))
    part_marks = _marks(carried.get("skus", {}).get(design.reference, {}))
    return Silicon(
        die=view.dies[design.parent],
        reference=view.skus[design.reference],
        parts={key: sku for key, sku in sorted(view.skus.items()) if not _marked(sku, view)},
        sources=view.sources,
        memory=view.memory_parts,
        hidden=_hidden(_REVEALS, die_marks) | _hidden(_REVEALS_OF_PART, part_marks),
        withheld=tuple(withheld) or result.stripped,
    )


class _Sources(dict[str, Source]):
    """Built-in documents; one that only an overlay knows goes by its id, as hearsay."""

    def __init__(self, builtin: Mapping[str, Source]) -> None:
        super().__init__()
        self._builtin = builtin

    def __missing__(self, key: str) -> Source:
        if key in self._builtin:
            return self._builtin[key]
        return Source(id=key, title=key, kind="weak", seen="not_opened")

    def __contains__(self, key: object) -> bool:
        return key in self._builtin


def _over(carried: Mapping[str, Any], builtin: Any) -> Mapping[str, Any]:
    """Records of the result before those that are built in."""
    return ChainMap({**carried}, builtin)


def _may_differ(result: Result) -> bool:
    """Whether parts beside the parent may differ from those built in."""
    overlays = result.inputs.get("files", {}).get("catalog")
    return bool(overlays or result.stripped or result.versions.get("optimize") != __version__)


def _read(
    kind: Any,
    records: Mapping[str, Any],
    view: Any,
    builtin: Mapping[str, Any],
    only: Set[str] | None,
) -> dict[str, Any]:
    """Records of a result as objects; one that equals a built-in record is that record."""
    found = {}
    for key, record in records.items():
        if only is None or key in only or key not in builtin:
            read = kind.model_validate(exactly(record), context={"catalog": view})
            same = key in builtin and _values(builtin[key]) == _values(read)
            found[key] = builtin[key] if same else read
    return found


def _values(record: Any) -> Any:
    return record.model_dump(exclude_none=True, exclude_defaults=True)


def exactly(value: Any) -> Any:
    """A JSON value with every float as the decimal that it prints.

    Examples
    --------
    >>> exactly({"rate": 5.92, "n": [1, True]})
    {'rate': Decimal('5.92'), 'n': [1, True]}
    """
    match value:
        case float():
            return Decimal(repr(value))
        case Mapping():
            return {key: exactly(item) for key, item in value.items()}
        case list() | tuple():
            return [exactly(item) for item in value]
    return value


def _marks(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Confidential paths of a record."""
    return tuple(record.get("confidential", ()))


def _hidden(reveals: Mapping[str, tuple[str, ...]], marks: tuple[str, ...]) -> frozenset[str]:
    """Quantities from which a marked value could be read off."""
    return frozenset(
        name for name, fields in reveals.items() if any(_covers(mark, fields) for mark in marks)
    )


def _covers(mark: str, fields: tuple[str, ...]) -> bool:
    return any(mark == f or mark.startswith((f + ".", f + "[")) for f in fields)


def _marked(sku: Sku, view: Any) -> bool:
    """Whether a part, or the die that it is cut from, marks any value."""
    die = view.dies.get(sku.die) if sku.die else None
    return bool(sku.confidential or (die is not None and die.confidential))

"""Who says so of each fact of a classification, and the hashes of the records behind it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalogs.facts import unit_of
from constraints import Assessment
from optimizer.report.assessment import unit, word
from optimizer.report.canonical import digest
from optimizer.report.numbers import text_number

if TYPE_CHECKING:
    from catalogs import Catalog, Sku
    from catalogs.facts import Fact


@dataclass(frozen=True, slots=True)
class Cited:
    """A source in words, with its address where it has one."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact with its evidence.

    Attributes
    ----------
    basis : str
        Published, measured, derived or estimated; or stated by the user.
    grade : str
        A law or vendor, B press, C estimate; empty where nothing is cited.
    note : str
        What it rests on, and the range of live claims where sources disagree.
    """

    name: str
    value: str
    unit: str
    basis: str
    grade: str
    note: str
    sources: tuple[Cited, ...]
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the facts of an item come from."""

    where: str
    strict: bool = False
    sku: "Sku | None" = None
    catalog: "Catalog | None" = None

    @property
    def evidence_rule(self) -> str:
        """Which of several live claims was taken."""
        adverse = "the most adverse live claim of every disputed fact (--strict-evidence)"
        return adverse if self.strict else "the preferred value of every fact"


def origin_of(part: str | None, overlays: Sequence[Path], *, strict: bool) -> Origin:
    """Where facts come from: a SKU, its file, a file of facts, or the command line."""
    from catalogs.load import load_catalog, read_toml
    from optimizer.report.parts import RECORD_KEYS

    if part is None:
        return Origin("the command line", strict)
    catalog = load_catalog(tuple(overlays))
    if not part.endswith(".toml"):
        sku = catalog.sku(part)
        built_in = catalog.skus.entries[sku.id].builtin
        layer = "the built-in catalog" if built_in else "a catalog overlay of the user"
        return Origin(f"record {sku.id} of {layer}", strict, sku, catalog)
    if not RECORD_KEYS & read_toml(Path(part)).keys():
        return Origin(f"the file of facts {part}", strict)
    return Origin(f"the SKU file {part}", strict, catalog.sku_from_file(Path(part)), catalog)


def fact_rows(said: Assessment, origin: Origin) -> tuple[FactRow, ...]:
    """Every fact that the checker was told, with its evidence."""
    sku = origin.sku
    known = set() if sku is None else set(sku.legal_facts())
    return tuple(
        _stated(name, value)
        if sku is None or name not in known
        else _of_catalog(name, value, sku, origin.catalog)
        for name, value in said.facts.items()
    )


def _stated(name: str, value: Any) -> FactRow:
    return FactRow(name, word(value), unit(name), "stated by the user", "", "", ())


def _of_catalog(name: str, value: Any, sku: "Sku", catalog: "Catalog | None") -> FactRow:
    fact = sku.fact(name)
    return FactRow(
        name=name,
        value=word(value),
        unit=unit(name),
        basis=fact.basis,
        grade=fact.grade if fact.sources else "",
        note="; ".join(_notes(fact, name, sku)),
        sources=tuple(_cited(source, catalog) for source in fact.sources),
        confidential=fact.confidential,
    )


def _notes(fact: "Fact", name: str, sku: "Sku") -> Iterator[str]:
    paths = fact.note.split(" + ") if fact.note else []
    known = set(sku.paths(known=True))
    if paths and known.issuperset(paths):
        yield " + ".join(_input(path, name, sku) for path in paths)
    elif fact.note:
        yield fact.note
    low, high = sku.legal_intervals().get(name, (None, None))
    if low is not None and high is not None and low != high:
        yield f"live claims {text_number(low)} to {text_number(high)}"


def _input(path: str, name: str, sku: "Sku") -> str:
    """A value that a fact rests on; a dense rate with the bits that make it TPP."""
    from catalogs.legal import BIT_LENGTH, SAME_IN_2022, TPP

    value = sku.value(path)
    shown = text_number(value) if hasattr(value, "numerator") else word(value)
    bits = BIT_LENGTH.get(path.rpartition(".")[2])
    product = SAME_IN_2022.get(name, name) == TPP and bits is not None
    own = unit_of(path)
    return f"{path} {shown} {own}".rstrip() + (f" x {bits} bit" if product else "")


def _cited(source: str, catalog: "Catalog | None") -> Cited:
    if catalog is None or source not in catalog.sources:
        return Cited(source)
    found = catalog.sources[source]
    return Cited(f"{found.title} [{found.grade}]", found.url or "")


def record_hashes(origin: Origin) -> Iterator[tuple[str, str]]:
    """Hashes over the catalog records that the facts rest on."""
    sku = origin.sku
    if sku is None:
        yield "Catalog record", "none: the facts are stated by the user"
        return
    for kind, record in (("SKU", sku), ("die", sku.die_record)):
        if record is not None:
            content = record.model_dump(exclude_none=True, exclude_defaults=True)
            yield f"Catalog record, {kind} {record.id}", digest(content)

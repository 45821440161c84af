"""The check of a whole catalog: every record read, every reference followed, grades counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import BaseModel

from catalogs.catalog import Catalog, squashed
from catalogs.errors import InputError, near_matches
from catalogs.facts import Fact
from catalogs.kinds import KINDS
from catalogs.records import Record

# Where records refer to others: field path -> kind of the record that must exist.
REFERENCES = {
    "die": "dies", "base_die": "dies", "boards_of": "dies",
    "base_sku": "skus", "derived_sku": "skus",
    "memory.part": "memory", "memory.parts": "memory", "link.part": "links",
    "data_rates": "skus", "capacities": "skus",
}  # fmt: skip
GRADED_KINDS = ("dies", "skus", "memory", "links", "derivations")


@dataclass
class Audit:
    """What the check found: numbers of records and of values per grade, and all faults."""

    records: dict[str, int] = field(default_factory=dict)
    grades: Counter[str] = field(default_factory=Counter)
    claims: int = 0
    unopened: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def values(self) -> int:
        """Number of graded values."""
        return self.grades.total()


def audit(catalog: Catalog) -> Audit:
    """Read every record of a catalog and follow every reference.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> audit(load_catalog(ambient=False)).faults
    []
    """
    found = Audit()
    for kind in KINDS:
        records = catalog.records(kind)
        found.records[kind] = len(records)
        names: dict[str, str] = {}
        for key in records:
            try:
                record = records[key]
            except InputError as error:
                found.faults.append(str(error))
                continue
            for name in (key, *getattr(record, "aliases", ())):
                other = names.setdefault(squashed(name), key)
                if other != key:
                    found.faults.append(f"{kind}/{key}: '{name}' also names '{other}'")
            if kind in GRADED_KINDS:
                _grade(found, record, catalog)
    return found


def _grade(found: Audit, record: Record, catalog: Catalog) -> None:
    found.faults += [f"{record.id}: {fault}" for fault in dangling(record, catalog)]
    found.claims += len(record.claims)
    for fact in record.facts():
        if fact.value is None:
            continue
        found.grades[fact.grade] += 1
        if unopened_vendor(fact, catalog):
            found.unopened[record.id] += 1


def unopened_vendor(fact: Fact, catalog: Catalog) -> tuple[str, ...]:
    """Return the vendor or legal sources of a value that were not opened, if all such are.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> catalog = load_catalog()
    >>> unopened_vendor(catalog.sku("l4").fact("dense_tflops.fp8"), catalog)
    ('nv_l4_ds',)
    """
    primary = [
        catalog.sources[s] for s in fact.sources if catalog.sources[s].kind in ("vendor", "rule")
    ]
    if any(source.seen == "opened" for source in primary):
        return ()
    return tuple(source.id for source in primary)


def dangling(record: Record, catalog: Catalog) -> list[str]:
    """Return the faults of a record's references: sources, dies, parts, SKUs, field names."""
    faults = []
    cited = dict.fromkeys(record.sources, "sources")
    cited |= dict.fromkeys(record.cites, "cites")
    cited |= {claim.source: f"claims ({claim.field})" for claim in record.claims}
    for source, where in cited.items():
        if source not in catalog.sources:
            hint = near_matches(source, catalog.sources) or ""
            faults.append(f"{where}: unknown source '{source}'. {hint}".rstrip())
    for path, kind, key in _references(record):
        if key not in catalog.records(kind):
            hint = near_matches(key, catalog.records(kind)) or ""
            faults.append(f"{path}: unknown {KINDS[kind].label} '{key}'. {hint}".rstrip())
    faults += _unknown_paths(record)
    if getattr(record, "status", "hypothetical") != "hypothetical":
        faults += [f"{f.name}: has no source" for f in record.facts() if not f.sources]
    return faults


def _references(record: Record) -> Iterator[tuple[str, str, str]]:
    for path, kind in REFERENCES.items():
        if path.split(".")[0] not in type(record).model_fields:
            continue
        value = record.value(path) if path in record.paths() else None
        for item in value if isinstance(value, tuple) else (value,):
            key = getattr(item, "sku", None) if isinstance(item, BaseModel) else item
            if isinstance(key, str):
                yield path, kind, key


def _unknown_paths(record: Record) -> Iterator[str]:
    """Yield faults of basis, cites, notes and claims that name no field of the record."""
    leaves = record.paths()
    tables = {path.rpartition(".")[0] for path in leaves} - {""}
    known = {*leaves, *tables, *record.claimable, "default"}
    named = {
        "basis": [path for paths in record.basis.values() for path in paths],
        "cites": [path for paths in record.cites.values() for path in paths],
        "notes": list(record.notes), "confidential": list(record.confidential),
        "claims": [claim.field for claim in record.claims],
    }  # fmt: skip
    for table, paths in named.items():
        for path in paths:
            if path not in known:
                hint = near_matches(path, known) or ""
                yield f"{table}: no field '{path}'. {hint}".rstrip()

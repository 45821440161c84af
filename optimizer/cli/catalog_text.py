"""Pages of ``optimize catalog``: lists, one record with its evidence, the check, the folders."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from catalogs.errors import InputError
from catalogs.kinds import KINDS
from optimizer.report.layout import Block, Heading, Lines, Table

if TYPE_CHECKING:
    from catalogs import Catalog, Claim, Fact
    from catalogs.audit import Audit

GRADES = {
    "A": "law, filing or vendor document, opened",
    "B": "press, teardown, database, copy, or a document not opened",
    "C": "estimate, inference or hearsay",
}
LAW_FACTS = (
    "tpp", "applicable_die_area_mm2", "dram_bandwidth_gb_s", "io_bandwidth_gb_s", "datacenter",
)  # fmt: skip
COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "dies": (("id", "id"), ("vendor", "vendor"), ("mm2", "applicable_die_area_mm2"),
             ("cores", "cores_full"), ("status", "status")),
    "skus": (("id", "id"), ("die", "die"), ("market", "market"), ("on sale", "on_sale_from"),
             ("status", "status")),
    "memory": (("id", "id"), ("kind", "kind"), ("bits", "width_bits"),
               ("pJ/bit", "energy_pj_per_bit")),
    "links": (("id", "id"), ("GB/s a link", "gb_s_bidir_per_link"), ("links", "links_max_shipped"),
              ("name", "name")),
    "derivations": (("id", "id"), ("rule set", "rule_set"), ("date", "date")),
    "models": (("id", "id"), ("name", "name")),
    "workloads": (("id", "id"), ("name", "name")),
    "sources": (("id", "id"), ("grade", "grade"), ("kind", "kind"), ("seen", "seen"),
                ("title", "title")),
}  # fmt: skip


def cell(value: Any) -> str:
    """A value as a table prints it: unknown is a dash, a fixed point number keeps its digits.

    Examples
    --------
    >>> from decimal import Decimal
    >>> cell(None), cell(True), cell(Decimal("608.4")), cell(("hbm3", "hbm3e"))
    ('-', 'true', '608.4', 'hbm3, hbm3e')
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        tables = any(hasattr(item, "items") for item in value)
        return ("; " if tables else ", ").join(cell(item) for item in value) or "-"
    if hasattr(value, "items"):
        return " ".join(f"{name} {cell(item)}" for name, item in value.items())
    return f"{value:f}" if hasattr(value, "as_tuple") else str(value)


def list_blocks(catalog: "Catalog", kinds: Sequence[str]) -> Iterator[Block]:
    """One table a kind."""
    for kind in kinds:
        columns = COLUMNS[kind]
        records = catalog.records(kind)
        yield Heading(f"{kind.upper()} ({len(records)})")
        yield Table(
            tuple(name for name, _ in columns),
            tuple(
                tuple(cell(getattr(record, field, None)) for _, field in columns)
                for record in records.values()
            ),
        )


def record_blocks(kind: str, view: dict[str, Any]) -> Iterator[Block]:
    """One record: identity, what the law reads, every value with its evidence, the sources."""
    yield Heading(f"{kind.upper()} {view['id']}: {view['name']}", 1)
    head = [f"also: {', '.join(view['aliases'])}"] if view.get("aliases") else []
    head += [view["note"]] if view.get("note") else []
    head += [f"record sources: {cell(view['record_sources'])}"] if view["record_sources"] else []
    if head:
        yield Lines(tuple(head))
    if view.get("law"):
        yield Heading("WHAT THE LAW READS")
        yield from _law_blocks(view["law"])
    yield Heading("EVERY VALUE")
    yield Table(
        ("value", "", "unit", "basis", "", "source"),
        tuple(
            (f["name"], cell(f["value"]), f["unit"], f["basis"], f["grade"], _by(f, view))
            for f in view["values"]
            if len(cell(f["value"])) <= _NARROW
        ),
        frozenset({1}),
    )
    wide = [f for f in view["values"] if len(cell(f["value"])) > _NARROW]
    yield Lines(tuple(_sentence(f, view) for f in wide))
    yield from _evidence_blocks(view)


# Widest value that still leaves room for its sources in 80 columns.
_NARROW = 14


def _by(fact: dict[str, Any], view: dict[str, Any]) -> str:
    """The sources of a value, or that it rests on the record's list."""
    return "record" if fact["sources"] == view["record_sources"] else cell(fact["sources"])


def _sentence(fact: dict[str, Any], view: dict[str, Any]) -> str:
    if not fact["basis"]:
        return f"{fact['name']}: {cell(fact['value'])}"
    evidence = f"[{fact['basis']}, {fact['grade']}; {_by(fact, view)}]"
    return f"{fact['name']}: {cell(fact['value'])} {evidence}"


def _law_blocks(facts: Sequence[dict[str, Any]]) -> Iterator[Block]:
    for fact in facts:
        span = ""
        if fact["low"] is not None and fact["low"] != fact["high"]:
            span = f", live claims {cell(fact['low'])} to {cell(fact['high'])}"
        unit = f" {fact['unit']}" if fact["unit"] else ""
        known = "unknown" if fact["value"] is None else f"{cell(fact['value'])}{unit}"
        grade = "" if fact["value"] is None else f" ({fact['basis']}, grade {fact['grade']})"
        yield Lines((f"{fact['name']}: {known}{grade}{span}",))
        if fact["unopened"]:
            yield Lines((f"not opened: {cell(fact['unopened'])}",), indent=4)
        for through, clauses in fact["clauses"].items():
            via = "" if through == fact["name"] else f" through {through}"
            yield Lines((f"read{via} by {_clauses(clauses)}",), indent=4)


def _clauses(clauses: Sequence[str]) -> str:
    """Clauses in force by name, those of bills by number: no bill is law."""
    law = [clause for clause in clauses if not clause.startswith("us_bills/")]
    bills = len(clauses) - len(law)
    return ", ".join(law + ([f"and {bills} clauses of bills"] if bills else []))


def _evidence_blocks(view: dict[str, Any]) -> Iterator[Block]:
    claims = [c for f in view["values"] for c in f["claims"]]
    seen: list[tuple[Any, ...]] = [(c["field"], c["value"], c["source"]) for c in claims]
    claims += [c for f in view.get("law", []) for c in f["claims"]
               if (c["field"], c["value"], c["source"]) not in seen]  # fmt: skip
    if claims:
        yield Heading("OTHER CLAIMS")
        yield Lines(
            tuple(
                f"{c['field']} = {cell(c['value'])} [{c['source']}]"
                + (", superseded" if c["superseded"] else "")
                + (f". {c['note']}" if c["note"] else "")
                for c in claims
            ),
            bullet=True,
        )
    noted = [f for f in view["values"] if f["note"]]
    if noted:
        yield Heading("NOTES")
        yield Lines(tuple(f"{f['name']}: {f['note']}" for f in noted), bullet=True)
    if not view["sources"]:
        return
    yield Heading("SOURCES")
    for s in view["sources"]:
        yield Lines((f"{s['id']} ({s['grade']}, {s['kind']}, {s['seen']}): {s['title']}",))
        yield Lines((s["url"] or "no address",), indent=4)
    yield Heading("GRADES")
    yield Lines(tuple(f"{grade}: {meaning}" for grade, meaning in GRADES.items()), indent=2)


def fact_view(fact: "Fact") -> dict[str, Any]:
    """A fact as the JSON shows it."""
    return {
        "name": fact.name,
        "value": _bare(fact.value),
        "unit": fact.unit,
        "basis": fact.basis,
        "grade": fact.grade,
        "sources": list(fact.sources),
        "claims": [claim_view(claim) for claim in fact.claims],
        "note": fact.note,
        "confidential": fact.confidential,
    }


def claim_view(claim: "Claim") -> dict[str, Any]:
    """A claim as the JSON shows it."""
    return claim.model_dump()


def _bare(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_bare(item) for item in value)
    return dict(value.items()) if hasattr(value, "model_dump") else value


def check_lines(found: "Audit", what: str) -> Iterator[Block]:
    """The check: verdict, numbers of records, grades with their shares, faults."""
    verdict = f"{len(found.faults)} FAULTS in {what}" if found.faults else f"{what}: no fault"
    yield Heading(verdict, 1)
    if found.faults:
        yield Lines(tuple(found.faults), bullet=True)
    yield Heading("RECORDS")
    yield Table(("kind", "records"), tuple((k, str(n)) for k, n in found.records.items()),
                frozenset({1}))  # fmt: skip
    yield Heading(f"VALUES ({found.values}), rival claims kept: {found.claims}")
    yield Table(
        ("grade", "values", "share", "meaning"),
        tuple(
            (grade, str(found.grades[grade]), share(found.grades[grade], found.values), meaning)
            for grade, meaning in GRADES.items()
        ),
        frozenset({1, 2}),
    )
    unopened = found.unopened.total()
    yield Lines(
        (f"{unopened} values rest on a vendor document that was not itself opened: at most B.",)
    )


def share(part: int, whole: int) -> str:
    """A share in percent with one decimal.

    Examples
    --------
    >>> share(1, 3)
    '33.3%'
    """
    return f"{part / whole:.1%}" if whole else "-"


def plain_values(record: Any) -> list[dict[str, Any]]:
    """Values of a record that carries no evidence of its own, in the form of `fact_view`."""
    rows = record.model_dump(exclude_none=True, exclude_defaults=True)
    blank: dict[str, Any] = {
        "unit": "",
        "basis": "",
        "grade": "",
        "sources": [],
        "claims": [],
        "note": None,
    }
    return [{"name": k, "value": v} | blank for k, v in rows.items() if k not in ("id", "name")]


def kinds_of(found: "Catalog", name: str) -> list[tuple[str, str]]:
    """Kinds that have a record of this name, each with a sentence of what it is.

    Examples
    --------
    >>> from catalogs import load_catalog
    >>> kinds_of(load_catalog(ambient=False), "H20")
    [('skus', 'h20 is a sku, cut from die gh100')]
    """
    told = []
    for kind, each in KINDS.items():
        records = found.records(kind)
        try:
            record = records[records.id_of(name)]
        except InputError:
            continue
        die = getattr(record, "die", None)
        cut = f", cut from die {die}" if die else ""
        told.append((kind, f"{record.id} is a {each.label}{cut}"))
    return told

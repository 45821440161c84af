"""The law as something to read: lists, one rule, one rule set, a timeline.

Plain values only (dicts, lists, exact numbers, dates); the command line turns them into text.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from catalogs.errors import InputError, near_matches
from constraints.destinations import load_destinations
from constraints.expressions import names
from constraints.rules import (
    Clause,
    Law,
    Pack,
    Scope,
    Version,
    condition,
)
from constraints.rulesets import BY_DAY, Ruleset

AT = "@"
MOST_OFFERS = 4
Row = dict[str, Any]


def rule_rows(law: Law) -> list[Row]:
    """One row a rule, in reading order.

    Examples
    --------
    >>> from constraints.rules import load_law
    >>> rule_rows(load_law())[0]["id"]
    'us_ear/3A090.a'
    """
    return [
        {
            "id": pack.id,
            "kind": pack.kind,
            "title": pack.title,
            "status": pack.versions[-1].status,
            "since": min((v.effective for v in pack.versions if v.effective), default=None),
            "amended": [version.id for version in pack.versions],
            "confidence": pack.versions[-1].confidence,
            "exporters": list(pack.versions[-1].exporters),
        }
        for pack in law.packs.values()
    ]


def ruleset_rows(law: Law) -> list[Row]:
    """One row a named rule set."""
    return [
        {
            "id": name,
            "title": bundle["title"],
            "default_on": bundle.get("default_on"),
            "first_day": bundle.get("first_day"),
            "last_day": bundle.get("last_day"),
            "packs": list(bundle["packs"]),
            "assumes": [
                *bundle.get("assumes", ()),
                *bundle.get("assumes_without", {}).values(),
            ],
            "last_checked": law.last_checked["date"],
        }
        for name, bundle in law.bundles.items()
    ]


def find_rules(law: Law, wanted: str) -> list[Pack]:
    """Rules that an id or a family means.

    Raises
    ------
    InputError
        Neither a rule nor a family; near matches are offered.
    """
    found = [pack for pack in law.packs.values() if wanted in (pack.id, pack.family)]
    if not found:
        known = {*law.packs, *(pack.family for pack in law.packs.values()), *law.bundles}
        inside = [f"'{each}'" for each in sorted(known) if wanted.casefold() in each.casefold()]
        offers = f"Did you mean {' or '.join(inside[:MOST_OFFERS])}?" if wanted and inside else None
        remedy = offers or near_matches(wanted, sorted(known)) or "See 'optimize rules list'."
        raise InputError(f"no rule, family or rule set '{wanted}'", remedy=remedy)
    return found


def version_of(law: Law, pack: Pack, mark: str | date | None = None) -> Version:
    """Text of a rule by its version id, by a day, or as last checked."""
    if isinstance(mark, str):
        for version in pack.versions:
            if version.id == mark:
                return version
        mark = _day(mark, f"{pack.id}{AT}{mark}")
    day = mark or law.last_checked["date"]
    found = pack.version_on(day) or pack.version_by_name(day)
    if found is None:
        first = min((each.effective for each in pack.versions if each.effective), default=None)
        raise InputError(f"{pack.id} has no text on {day}", remedy=f"Its first day is {first}.")
    return found


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"'{text}' is no day and no version", where, "Write 2026-01-31.") from None


def scope_row(scope: Scope | None) -> Row | None:
    """Scope of a rule without its empty parts; ``None`` is every destination."""
    if scope is None:
        return None
    return {name: value for name, value in scope.model_dump(mode="json").items() if value}


def _clause_row(pack: Pack, clause: Clause) -> Row:
    row = {"id": f"{pack.id}.{clause.id}", "condition": clause.condition, "cite": clause.cite}
    extra = {"outcome": clause.outcome, "note": clause.note, "scope": scope_row(clause.scope)}
    return row | {name: value for name, value in extra.items() if value}


def threshold_rows(law: Law, pack: Pack, version: Version, day: date) -> list[Row]:
    """Every number of a text: value, clause, who owns it, who repeats it, what it moves."""
    texts = {each.id: found for each in law.packs.values() if (found := each.version_by_name(day))}
    texts[pack.id] = version
    rows = []
    for name in version.thresholds:
        path = f"{pack.id}.{name}"
        owner, threshold = law.threshold(path, texts)
        repeats = [
            f"{other}.{key}"
            for other, text in texts.items()
            for key, each in text.thresholds.items()
            if each.ref == path
        ]
        rows.append(
            {
                "path": path,
                "value": threshold.value,
                "unit": threshold.unit,
                "clause": threshold.clause,
                "owner": owner,
                "repeated_by": repeats,
                "moves": [
                    f"{each}.{clause.id}"
                    for each, key in _places([path, *repeats])
                    for clause in (*texts[each].paragraphs, *texts[each].exclusions)
                    if key in names(condition(clause.condition))
                ],
            }
        )
    return rows


def _places(paths: Iterable[str]) -> list[tuple[str, str]]:
    parts = (path.rpartition(".") for path in paths)
    return [(rule, name) for rule, _, name in parts]


def rule_view(law: Law, pack: Pack, mark: str | date | None = None) -> Row:
    """Everything of one text of a rule, and what refers to what."""
    version = version_of(law, pack, mark)
    day = mark if isinstance(mark, date) else version.effective or law.last_checked["date"]
    used = {
        name
        for clause in (*version.paragraphs, *version.exclusions)
        for name in names(condition(clause.condition))
    }
    users = [
        other.id
        for other in law.packs.values()
        for text in other.versions[-1:]
        for clause in (*text.paragraphs, *text.exclusions)
        if pack.meets in names(condition(clause.condition))
    ]
    return {
        "id": pack.id,
        "title": pack.title,
        "kind": pack.kind,
        "items": list(pack.items),
        **version.model_dump(include={"status", "confidence", "published", "effective", "ended"}),
        "version": version.id,
        "versions": [each.id for each in pack.versions],
        "compliance": version.compliance,
        "citation": version.citation.model_dump(),
        "exporters": list(version.exporters),
        "scope": scope_row(version.scope),
        "thresholds": threshold_rows(law, pack, version, day),
        "paragraphs": [_clause_row(pack, each) for each in version.paragraphs],
        "exclusions": [_clause_row(pack, each) for each in version.exclusions],
        "facts": sorted(name for name in used if name in law.vocabulary.quantities),
        "refers_to": sorted(each.id for each in law.packs.values() if each.meets in used),
        "referred_to_by": sorted(set(users) - {pack.id}),
        "overcomes": list(version.overcomes),
        "open": version.open,
        "note": version.note,
    }


def ruleset_view(rs: Ruleset) -> Row:
    """Rules in force in a rule set, with every number and what is assumed."""
    return {
        "id": rs.id,
        "title": rs.title,
        "on": rs.on,
        "last_checked": rs.last_checked,
        "assumptions": list(rs.assumptions),
        "open_points": list(rs.open_points),
        "overrides": dict(rs.overrides),
        "digest": rs.digest,
        "rules": [
            {
                "id": rule.id,
                "kind": rule.kind,
                "version": rule.version.id,
                "status": rule.version.status,
                "citation": rule.version.citation.text,
            }
            for rule in rs.rules
        ],
        "thresholds": [
            {"path": path, "value": use.value, "unit": use.unit, "moves": list(use.clauses)}
            | ({"text_value": _printed(rs, path)} if path in rs.overrides else {})
            for path, use in rs.atoms().items()
        ],
    }


def _printed(rs: Ruleset, path: str) -> Any:
    """Value that the text of the law has for a threshold that the user moved."""
    rule_id, _, name = path.rpartition(".")
    rule = rs.rule(rule_id)
    return None if rule is None else rule.version.thresholds[name].value


def build_ruleset(
    law: Law,
    spec: str,
    on: date | None = None,
    set_: Mapping[str, str] | None = None,
    with_: Sequence[str] = (),
    without: Sequence[str] = (),
) -> Ruleset:
    """Rule set by name, file or day; a bare day means the law of that day."""
    bare = spec[:1].isdigit() and "." not in spec
    name = BY_DAY + spec if bare else spec
    return law.ruleset(name, on, set_=set_ or {}, with_=with_, without=without)


def timeline(law: Law, wanted: str | None = None) -> list[Row]:
    """Dated events of the law, oldest first: texts, endings, moves of countries."""
    packs = find_rules(law, wanted) if wanted else law.packs.values()
    rows = [row for pack in packs for version in pack.versions for row in _events(pack, version)]
    if wanted is None:
        known = load_destinations()
        rows += [
            {
                "date": each.effective,
                "event": each.action,
                "id": f"country group {each.group}",
                "what": f"{known.names[each.country]}: {each.note}",
                "status": "in_force",
                "citation": each.citation,
                "url": each.url,
            }
            for each in known.changes
        ]
    return sorted(rows, key=lambda row: (row["date"], row["id"], row["event"]))


def _events(pack: Pack, version: Version) -> list[Row]:
    base = {
        "id": pack.id,
        "what": version.note or pack.title,
        "status": version.status,
        "citation": version.citation.text,
        "url": version.citation.url,
    }
    days = {
        "published" if version.effective else "introduced": version.published,
        "effective": version.effective,
        "compliance": version.compliance,
        "ended": version.ended,
    }
    events = {event: day for event, day in days.items() if day is not None}
    if events.get("published") == events.get("effective"):
        events.pop("published", None)
    return [{"date": day, "event": event, **base} for event, day in events.items()]

"""Two texts of the law side by side: which rules, numbers, conditions and places differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from constraints.browse import Row, scope_row
from constraints.rules import Clause, Version
from constraints.rulesets import Ruleset


@dataclass(frozen=True, slots=True)
class Text:
    """A version with its numbers put in, as a rule set or a file has it."""

    version: Version
    thresholds: Mapping[str, Any]


def texts_of(rs: Ruleset) -> dict[str, Text]:
    """Texts of a rule set by rule."""
    return {rule.id: Text(rule.version, rule.thresholds) for rule in rs.rules}


def differences(before: Mapping[str, Text], after: Mapping[str, Text]) -> list[Row]:
    """What differs between two sets of texts, rule by rule; equal rules are left out.

    Returns
    -------
    list of dict
        ``id``, ``change`` (``added``, ``removed``, ``changed``), and for a changed rule the
        ``thresholds``, ``paragraphs``, ``scope`` and ``version`` before and after.
    """
    rows: list[Row] = []
    for rule in dict.fromkeys((*before, *after)):
        old, new = before.get(rule), after.get(rule)
        if old is None or new is None:
            kept = old or new
            change = "added" if old is None else "removed"
            if kept is not None:
                rows.append({"id": rule, "change": change, "text": _summary(kept)})
        elif row := _changed(rule, old, new):
            rows.append(row)
    return rows


def units(version: Version) -> dict[str, str]:
    """Unit of each number of a text that the text itself owns."""
    return {name: each.unit for name, each in version.thresholds.items() if each.unit}


def _summary(text: Text) -> Row:
    return {
        "version": text.version.id,
        "citation": text.version.citation.text,
        "thresholds": dict(text.thresholds),
        "units": units(text.version),
        "paragraphs": {each.id: each.condition for each in text.version.paragraphs},
    }


def _changed(rule: str, old: Text, new: Text) -> Row | None:
    numbers = _pairs(old.thresholds, new.thresholds)
    clauses = _pairs(_clauses(old.version), _clauses(new.version))
    scope = (scope_row(old.version.scope), scope_row(new.version.scope))
    if not numbers and not clauses and scope[0] == scope[1]:
        return None
    row: Row = {"id": rule, "change": "changed", "version": [old.version.id, new.version.id]}
    if numbers:
        row["thresholds"] = numbers
        row["units"] = units(old.version) | units(new.version)
    if clauses:
        row["paragraphs"] = clauses
    if scope[0] != scope[1]:
        row["scope"] = list(scope)
    return row


def _clauses(version: Version) -> dict[str, str]:
    return {each.id: _reading(each) for each in (*version.paragraphs, *version.exclusions)}


def _reading(clause: Clause) -> str:
    outcome = f" -> {clause.outcome}" if clause.outcome else ""
    return clause.condition + outcome


def _pairs(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Values that differ, each as [before, after]; absent is ``None``."""
    return {
        name: [old.get(name), new.get(name)]
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    }

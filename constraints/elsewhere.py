"""Controls that catch an item, but not on its way to the destination that is asked about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from constraints.destinations import load_destinations
from constraints.expressions import compiled
from constraints.reach import reaches
from constraints.records import Scope
from constraints.rulesets import CONTROL, Ruleset


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A control that is silent on one shipment and speaks of the same item on others.

    Attributes
    ----------
    certain : bool
        Whether it surely catches the item there; false while a fact is open.
    destinations : tuple of str
        Where it does, in the order of the codes. [ISO 3166 code]
    exporters : tuple of str
        Whom alone it binds, where it is a letter and no exporter is stated.
    """

    rule: str
    certain: bool
    destinations: tuple[str, ...]
    exporters: tuple[str, ...] = ()


def elsewhere(
    rules: Ruleset, whole: Mapping[str, Any], destination: str, headquarters: str | None
) -> tuple[Elsewhere, ...]:
    """Every control that does not reach a shipment but catches its item, or may, on others.

    Parameters
    ----------
    whole : mapping
        Completed facts.
    destination, headquarters : str
        The shipment that is asked about. [ISO 3166 code]

    Examples
    --------
    >>> from constraints.rules import load_law
    >>> rules = load_law().ruleset("us-2023")
    >>> facts = {"tpp": 5000, "datacenter": True, "item_kind": "ic"}
    >>> whole = rules.vocabulary.completed(facts)
    >>> [each.rule for each in elsewhere(rules, whole, "DE", None) if each.certain]
    ['us_ear/3A090.a']
    >>> elsewhere(rules, whole, "CN", None)
    ()
    """
    found = []
    for rule in rules.rules:
        if rule.kind != CONTROL or rule.reaches(destination, headquarters, rules.on):
            continue
        if (caught := compiled(rule.applies)(whole)) is not False:
            places = _reached(rule.version.scope, rules.on)
            bound = () if rules.exporter is not None else rule.version.exporters
            found.append(Elsewhere(rule.id, bool(caught), places, tuple(sorted(bound))))
    return tuple(found)


@lru_cache(maxsize=64)
def _reached(scope: Scope | None, on: date) -> tuple[str, ...]:
    """Every destination in a scope on a day."""
    codes = sorted(load_destinations().names)
    return tuple(code for code in codes if reaches(scope, code, None, on))

"""Which clauses of the law read a fact: the way from a number on a data sheet to its paragraph."""

from collections.abc import Iterator
from functools import cache


@cache
def clauses_by_quantity(fact: str) -> dict[str, tuple[str, ...]]:
    """Clauses of the newest text of each rule that name the fact, or a quantity made of it.

    Returns
    -------
    dict
        Name of the fact, or of the quantity through which it is read, to the clauses.

    Examples
    --------
    >>> "us_ear/3A090.b.2" in clauses_by_quantity("applicable_die_area_mm2")["performance_density"]
    True
    """
    found: dict[str, list[str]] = {}
    through = {fact, *_made_of(fact)}
    for clause, used in _conditions():
        for name in sorted(through & used):
            found.setdefault(name, []).append(clause)
    return {name: tuple(found[name]) for name in sorted(found, key=lambda n: (n != fact, n))}


def _made_of(fact: str) -> Iterator[str]:
    """Quantities whose definition names the fact, directly or through another quantity."""
    from constraints.expressions import names
    from constraints.quantities import load_quantities
    from constraints.syntax import parse_arithmetic

    for name, quantity in load_quantities().items():
        if quantity.definition:
            used = names(parse_arithmetic(quantity.definition))
            if fact in used or any(fact in _made_of_list(u) for u in used):
                yield name


def _made_of_list(name: str) -> frozenset[str]:
    from constraints.expressions import names
    from constraints.quantities import load_quantities
    from constraints.syntax import parse_arithmetic

    quantity = load_quantities().get(name)
    if quantity is None or not quantity.definition:
        return frozenset()
    return names(parse_arithmetic(quantity.definition))


@cache
def _conditions() -> tuple[tuple[str, frozenset[str]], ...]:
    """(clause, names in its condition) of every rule's newest text that has not ended."""
    from constraints.expressions import names
    from constraints.rules import condition, load_law

    rows = []
    for pack in load_law().packs.values():
        living = [version for version in pack.versions if version.ended is None]
        if living and pack.kind != "engineering":
            newest = living[-1]
            rows += [
                (f"{pack.id}.{clause.id}", names(condition(clause.condition)))
                for clause in (*newest.paragraphs, *newest.exclusions)
            ]
    return tuple(rows)

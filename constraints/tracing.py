"""Which comparisons leave a condition open: Kleene's logic that also says why."""

from collections.abc import Callable, Mapping
from typing import Any

from constraints.expressions import And, Expr, Literal, Not, Or, atoms, compiled, names
from constraints.quantities import Vocabulary

Truths = tuple[bool | None, ...]
Tracer = Callable[[Truths, set[int]], bool | None]


def unsettled(expr: Expr, whole: Mapping[str, Any], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Unknown facts behind the comparisons that leave a condition open.

    Parameters
    ----------
    expr : Expr
        A condition on facts and quantities.
    whole : mapping
        Completed facts.

    Examples
    --------
    >>> from constraints.expressions import parse
    >>> from constraints.quantities import load_quantities
    >>> rule = parse("tpp >= 4800 or tpp >= 1600 and performance_density >= 5.92")
    >>> facts, words = {"tpp": 2000}, Vocabulary(load_quantities())
    >>> unsettled(rule, facts, words), unsettled(rule, {"tpp": 900}, words)
    (('applicable_die_area_mm2',), ())
    """
    listed = tuple(dict.fromkeys(atoms(expr)))
    place = {atom: index for index, atom in enumerate(listed)}
    found: set[int] = set()
    tracer_of(expr, place)(tuple(compiled(atom)(whole) for atom in listed), found)
    roots = (
        root
        for index in sorted(found)
        for name in sorted(names(listed[index]))
        if whole.get(name) is None
        for root in sorted(vocabulary.roots(name))
    )
    return tuple(dict.fromkeys(root for root in roots if whole.get(root) is None))


def tracer_of(expr: Expr, place: Mapping[Expr, int]) -> Tracer:
    """Kleene value of a condition from those of its atoms.

    Returns
    -------
    function
        From the truths of the atoms and a set, to which it adds the places of those atoms that
        leave the condition open.
    """
    match expr:
        case Literal(value):
            return lambda _truths, _found: bool(value)
        case Not(arg):
            inner = tracer_of(arg, place)

            def negated(truths: Truths, found: set[int]) -> bool | None:
                value = inner(truths, found)
                return None if value is None else not value

            return negated
        case And(args) | Or(args):
            return _junction(tuple(tracer_of(arg, place) for arg in args), isinstance(expr, Or))
    index = place[expr]

    def atom(truths: Truths, found: set[int]) -> bool | None:
        if truths[index] is None:
            found.add(index)
        return truths[index]

    return atom


def _junction(parts: tuple[Tracer, ...], stop: bool) -> Tracer:
    def joined(truths: Truths, found: set[int]) -> bool | None:
        answer: bool | None = not stop
        inside: set[int] = set()
        for part in parts:
            value = part(truths, inside)
            if value is stop:
                return stop
            if value is None:
                answer = None
        found |= inside
        return answer

    return joined

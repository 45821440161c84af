"""Guard bands that name a metric: each has to name one on which the rule set has a line."""

from collections.abc import Mapping

from catalogs.errors import InputError, near_matches
from constraints import Ruleset
from constraints.expressions import Compare, atoms, names


def with_lines(rules: Ruleset) -> Ruleset:
    """Return a rule set as it is, if it has a line on every metric that its margin names.

    Raises
    ------
    InputError
        A metric that no line is on; its margin would keep nothing away from anything.

    Examples
    --------
    >>> from constraints import load_law
    >>> with_lines(load_law().ruleset("us-2025", margin={"heat": 1}))
    Traceback (most recent call last):
    ...
    catalogs.errors.InputError: --margin: unknown metric 'heat'. ...
    """
    if not isinstance(rules.margin, Mapping):
        return rules
    lines = metrics(rules)
    for name in rules.margin:
        if name in lines:
            continue
        known = name in rules.vocabulary.quantities
        what = f"no line of {rules.id} is on '{name}'" if known else f"unknown metric '{name}'"
        every = "Lines are on: " + ", ".join(lines)
        remedy = every if known else f"{near_matches(name, lines) or ''} {every}".strip()
        raise InputError(what, "--margin", remedy)
    return rules


def metrics(rules: Ruleset) -> tuple[str, ...]:
    """Names of the numbers that some control of a rule set compares with a line, in order.

    Examples
    --------
    >>> from constraints import load_law
    >>> "tpp" in metrics(load_law().ruleset("us-2023"))
    True
    """
    known = rules.vocabulary.quantities
    found = {
        name
        for rule in rules.rules
        if rule.kind == "control"
        for paragraph in rule.paragraphs
        for atom in atoms(paragraph.expr)
        if isinstance(atom, Compare)
        for name in names(atom)
    }
    return tuple(sorted(name for name in found if name in known and known[name].type == "number"))

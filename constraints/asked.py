"""What a rule set asks of an item."""

from functools import lru_cache

from constraints.expressions import names
from constraints.rulesets import Ruleset


@lru_cache(maxsize=64)
def facts_read(rules: Ruleset) -> frozenset[str]:
    """Facts and quantities that some rule reads, and the facts that they follow from.

    Examples
    --------
    >>> from constraints.rules import load_law
    >>> found = facts_read(load_law().ruleset("us-2025"))
    >>> "applicable_die_area_mm2" in found, "memory_capacity_gb" in found
    (True, False)
    """
    read = frozenset[str]().union(*(names(rule.applies) for rule in rules.rules))
    return read.union(*(rules.vocabulary.roots(name) for name in read))

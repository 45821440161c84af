"""Which texts behind a verdict are no law in force: bills, guidance, text that is not enforced."""

from constraints import Ruleset
from constraints.remarks import NOT_IN_FORCE

__all__ = ["NOT_IN_FORCE", "status_of"]


def status_of(rule_id: str, rules: Ruleset) -> str:
    """Status of the text of a rule, empty where the rule set has no such rule."""
    rule = rules.rule(rule_id)
    return "" if rule is None else str(rule.version.status)

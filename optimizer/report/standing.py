"""Which texts behind a verdict are no law in force: bills, guidance, text that is not enforced."""

from constraints import Ruleset
from constraints.remarks import NOT_IN_FORCE

__all__ = ["NOT_IN_FORCE", "beyond_law", "status_of"]


def beyond_law(rules: Ruleset) -> list[str]:
    """Controls of a rule set that are no law in force, each said to be so."""
    return [
        f"the verdicts count {rule.id}, which is {NOT_IN_FORCE[rule.version.status]}"
        for rule in rules.rules
        if rule.kind == "control" and rule.version.status in NOT_IN_FORCE
    ]


def status_of(rule_id: str, rules: Ruleset) -> str:
    """Status of the text of a rule, empty where the rule set has no such rule."""
    rule = rules.rule(rule_id)
    return "" if rule is None else str(rule.version.status)

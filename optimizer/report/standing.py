"""Which texts behind a verdict are no law in force: bills, guidance, text that is not enforced."""

from constraints import Ruleset
from constraints.remarks import NOT_IN_FORCE
from optimizer.report.numbers import law_changes

__all__ = ["NOT_IN_FORCE", "beyond_law", "changes_of", "status_of"]


def beyond_law(rules: Ruleset) -> list[str]:
    """Controls of a rule set that are no law in force, each said to be so."""
    return [
        f"the verdicts count {rule.id}, which is {NOT_IN_FORCE[rule.version.status]}"
        for rule in rules.rules
        if rule.kind == "control" and rule.version.status in NOT_IN_FORCE
    ]


def changes_of(rules: Ruleset) -> tuple[str, ...]:
    """What the user changed in a rule set, who exports, and the guard band."""
    return law_changes(rules.changes, rules.exporter, rules.margin)


def status_of(rule_id: str, rules: Ruleset) -> str:
    """Status of the text of a rule, empty where the rule set has no such rule."""
    rule = rules.rule(rule_id)
    return "" if rule is None else str(rule.version.status)

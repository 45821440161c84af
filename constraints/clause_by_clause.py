"""A rule set whose controls are taken apart, so that a clause can be named by itself."""

from dataclasses import replace

from constraints.expressions import conjunction
from constraints.rulesets import Rule, Ruleset


def by_clause(ruleset: Ruleset, destination: str = "CN") -> Ruleset:
    """Every control that reaches a destination as one rule per clause; nothing else moves.

    Together the clauses of a rule catch what the rule catches, so `Ruleset.controlled` says the
    same. No threshold is to be moved on this value: it keeps the names of the whole rules.

    Parameters
    ----------
    destination : str
        Where the item goes. [ISO 3166 code]

    Examples
    --------
    >>> from constraints.rules import load_law
    >>> sorted(by_clause(load_law().ruleset("us-2023")).conditions())[:2]
    ['us_ear/3A090.a.1', 'us_ear/3A090.a.2']
    """
    split: list[Rule] = []
    inside = {rule.id: rule for rule in ruleset.controls(destination)}
    for rule_id, limb in ruleset.limbs(destination).items():
        rule = inside[rule_id]
        for each in rule.paragraphs:
            caught = conjunction(limb, each.expr)
            named = rule.pack.model_copy(update={"id": each.id, "after": ()})
            split.append(replace(rule, pack=named, paragraphs=(each,), alone=caught, meets=caught))
    others = [rule for rule in ruleset.rules if rule.id not in inside]
    return replace(ruleset, rules=(*split, *others))

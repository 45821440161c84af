"""What is allowed: law and engineering limits as data, and the exact logic that reads them."""

from constraints.check import Assessment, check, screen
from constraints.findings import Finding
from constraints.rules import Law, load_law
from constraints.rulesets import Rule, Ruleset

__all__ = ["Assessment", "Finding", "Law", "Rule", "Ruleset", "check", "load_law", "screen"]

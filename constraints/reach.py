"""Where a text is read: its scope beside a shipment, and what is assumed only there."""

from dataclasses import dataclass
from datetime import date

from constraints.destinations import in_scope
from constraints.records import Scope


def reaches(scope: Scope | None, destination: str, headquarters: str | None, on: date) -> bool:
    """Whether a scope takes in a destination; no scope takes in every one."""
    return scope is None or in_scope(scope, destination, headquarters, on)


@dataclass(frozen=True, slots=True)
class Premise:
    """What a rule set takes for granted, and the scopes of the rules that do.

    Examples
    --------
    >>> Premise("it holds").counts("DE", None, date(2026, 1, 1))
    True
    """

    text: str
    scopes: tuple[Scope | None, ...] = ()

    def counts(self, destination: str, headquarters: str | None, on: date) -> bool:
        """Whether a rule that assumes it is read for a shipment; one of no rule always counts."""
        read = (reaches(scope, destination, headquarters, on) for scope in self.scopes)
        return not self.scopes or any(read)

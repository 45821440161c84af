"""Where a text is read: its scope beside a shipment, and what is assumed only there."""

from dataclasses import dataclass
from datetime import date

from constraints.destinations import load_destinations
from constraints.records import Scope


def reaches(scope: Scope | None, destination: str, headquarters: str | None, on: date) -> bool:
    """Whether a rule reaches a shipment, by its destination or by a party's seat.

    Parameters
    ----------
    scope : Scope or None
        `None` reaches every destination.
    destination : str
        Country that the item goes to.
    headquarters : str or None
        Country where the party or its ultimate parent has its seat; `None` is not stated and does
        not set off the headquarters test.
    on : date
        Day of the shipment.

    Raises
    ------
    InputError
        A country is unknown.
    """
    known = load_destinations()
    code = known.code(destination)
    seat = None if headquarters is None else known.code(headquarters)
    if scope is None or scope.worldwide:
        return True
    if seat is not None and known.in_any(seat, scope.headquarters_groups, on):
        return True
    return known.in_reach(
        code, on, groups=scope.groups, excluded=scope.exclude_groups, added=scope.countries
    )


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

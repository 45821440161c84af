"""One change of the law, and the two requests that it sets side by side."""

from dataclasses import dataclass, replace

from catalogs.errors import InputError
from optimizer.report.settings import Settings, read_day
from optimizer.report.solve import Case, load_case, with_known_facts

OPTIONS = "--set, --with, --without, --versus or --on"
ONLY_ONE = "Give one change. Start from the law of another day with --rules us@DATE."


@dataclass(frozen=True, slots=True)
class Change:
    """What is changed, as typed.

    A reform may move several numbers, add rules and leave rules out: these three join. Another
    rule set and another day each stand alone, since nobody could say which of two did what.

    Attributes
    ----------
    set_ : tuple of str
        Thresholds at new values: ``us_letters/april_2025.dram_ceiling=1200``.
    with_, without : tuple of str
        Rules or families to add and to leave out.
    versus : str or None
        Another rule set instead.
    on : str or None
        Another day of the same rule set.
    """

    set_: tuple[str, ...] = ()
    with_: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    versus: str | None = None
    on: str | None = None

    def __post_init__(self) -> None:
        """Refuse no change, and changes that cannot be told apart."""
        reform = bool(self.set_ or self.with_ or self.without)
        kinds = [reform, self.versus is not None, self.on is not None].count(True)
        if kinds == 0:
            raise InputError("no change is given", "what-if", f"Give one of {OPTIONS}.")
        if kinds > 1:
            given = [
                name
                for name, value in (
                    ("--set", self.set_),
                    ("--with", self.with_),
                    ("--without", self.without),
                    ("--versus", self.versus),
                    ("--on", self.on),
                )
                if value
            ]
            raise InputError(f"{' and '.join(given)} are two changes", "what-if", ONLY_ONE)
        both = sorted({*self.with_} & {*self.without})
        if both:
            raise InputError(f"'{both[0]}' is added and left out", "what-if", ONLY_ONE)
        read_day(self.on)

    def applied(self, before: Settings) -> Settings:
        """The request after the change; the one before stays as it is."""
        if self.versus is not None:
            return replace(before, rules=self.versus)
        if self.on is not None:
            return replace(before, on=self.on)
        return replace(before, set_=self.set_, with_=self.with_, without=self.without)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Two requests that differ in the law alone."""

    change: Change
    before: Case
    after: Case

    @property
    def words(self) -> tuple[str, ...]:
        """The change: another rule set or day, or what the law after says was moved in it."""
        if self.change.versus is not None:
            return (f"{self.change.versus} instead",)
        if self.change.on is not None:
            return (f"the law of {self.change.on}",)
        known = self.before.ruleset.changes
        return tuple(text for text in self.after.ruleset.changes if text not in known)

    @property
    def name_after(self) -> str:
        """Name of the rule set after the change, never that of the one before."""
        if self.change.versus is not None:
            return self.change.versus
        return f"{self.before.settings.rules}, {', '.join(self.words)}"


def scenario(before: Settings, change: Change, *, ambient: bool = True) -> Scenario:
    """Load both sides of a change.

    Parameters
    ----------
    before : Settings
        The request under the law as it stands.
    change : Change
        What becomes different.
    ambient : bool
        Whether catalog overlays of the surroundings are read.

    Raises
    ------
    InputError
        A name, day or value that is not known, or a change that changes nothing.

    Examples
    --------
    >>> found = scenario(Settings("us-2022"), Change(versus="us-2023"))
    >>> found.before.ruleset.id, found.after.ruleset.id
    ('us-2022', 'us-2023')
    """
    try:
        first, second = with_known_facts([before, change.applied(before)])
        old, new = load_case(first, ambient=ambient), load_case(second, ambient=ambient)
    except InputError as error:
        if change.on is None or error.where != "--on":
            raise
        raise InputError(error.what, "--on", f"Use --versus us@{change.on}.") from None
    if old.ruleset == new.ruleset:
        said = [text for text in new.ruleset.assumptions if text not in old.ruleset.assumptions]
        raise InputError(
            f"the law is the same before and after{': ' if said else ''}{', '.join(said)}",
            "what-if",
            f"See what there is to change: optimize rules show {old.settings.rules}",
        )
    return Scenario(change, old, new)

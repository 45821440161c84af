"""Where an item goes and whose it is: country codes and dated country groups.

The groups stand in ``packs/countries.toml`` as codified on one day, with every later or earlier
move as a dated change; the groups of another day follow by undoing or applying changes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from catalogs.errors import InputError, names_within
from catalogs.load import read_toml

COUNTRIES_FILE = Path(__file__).parent / "packs" / "countries.toml"
ADD, REMOVE = "add", "remove"
# The headquarters tests of 15 CFR 742.6(a)(6) and 744.23(a)(3) name D:5 and, apart, Macau.
EMBARGO_GROUP, MACAU = "D:5", "MO"


@dataclass(frozen=True, slots=True)
class GroupChange:
    """One dated move of a country into or out of a country group."""

    country: str
    group: str
    action: str
    effective: date
    citation: str
    url: str
    confidence: str
    note: str


@dataclass(frozen=True, slots=True, eq=False)
class Destinations:
    """Country codes, names and the dated country groups of the rules. Equal to itself only."""

    names: Mapping[str, str]
    aliases: Mapping[str, str]
    titles: Mapping[str, str]
    members_as_read: Mapping[str, frozenset[str]]
    changes: tuple[GroupChange, ...]
    follows: Mapping[str, str]
    as_read: date
    history_from: date
    citation: str
    url: str

    def code(self, text: str) -> str:
        """Two-letter code of a country given by code, name or usual other name.

        Parameters
        ----------
        text : str
            An ISO 3166-1 alpha-2 code or an English name; case and outer spaces do not matter.

        Raises
        ------
        InputError
            The name is unknown; near matches are offered.

        Examples
        --------
        >>> load_destinations().code("viet nam")
        'VN'
        """
        wanted = text.strip()
        if wanted.upper() in self.names:
            return wanted.upper()
        by_name = {name.casefold(): code for code, name in self.names.items()}
        by_name |= {name.casefold(): code for name, code in self.aliases.items()}
        if (found := by_name.get(wanted.casefold())) is not None:
            return found
        near = dict.fromkeys(by_name[name] for name in names_within(wanted.casefold(), by_name))
        offers = " or ".join(f"{code} ({self.names[code]})" for code in near)
        remedy = f"Did you mean {offers}?" if near else "Give an ISO code such as CN, MO or DE."
        raise InputError(f"unknown country '{text}'", remedy=remedy)

    def name(self, code: str) -> str:
        """English name of a country code."""
        return self.names[self.code(code)]

    def groups(self, country: str, on: date) -> frozenset[str]:
        """Country groups of a country on a day.

        Parameters
        ----------
        country : str
            Code or name; Hong Kong follows China.
        on : date
            Day of the transaction.

        References
        ----------
        .. [1] 15 CFR part 740, supplement no. 1.

        Examples
        --------
        >>> sorted(load_destinations().groups("AE", date(2026, 7, 9)))
        ['D:4']
        >>> sorted(load_destinations().groups("AE", date(2026, 7, 10)))
        ['A:5']
        """
        return _groups_of_day(self, on).get(self.code(country), frozenset())

    def members(self, group: str, on: date) -> frozenset[str]:
        """Codes of the countries in one group on a day, those that follow another included."""
        if group not in self.members_as_read:
            known = ", ".join(sorted(self.members_as_read))
            raise InputError(f"unknown country group '{group}'", remedy=f"Known: {known}.")
        found = set(self.members_as_read[group])
        for change in sorted(self.changes, key=lambda each: each.effective, reverse=True):
            if change.group == group and on < change.effective <= self.as_read:
                (found.discard if change.action == ADD else found.add)(change.country)
        for change in sorted(self.changes, key=lambda each: each.effective):
            if change.group == group and self.as_read < change.effective <= on:
                (found.add if change.action == ADD else found.discard)(change.country)
        found |= {code for code, other in self.follows.items() if other in found}
        return frozenset(found)

    def in_any(self, country: str, groups: Iterable[str], on: date) -> bool:
        """Whether a country is in one of these groups, or named among them by its code.

        Examples
        --------
        >>> load_destinations().in_any("MO", ["D:5"], date(2026, 1, 1))
        False
        >>> load_destinations().in_any("MO", ["D:5", "MO"], date(2026, 1, 1))
        True
        """
        wanted = tuple(groups)
        code = self.code(country)
        named = {code, self.follows.get(code, code)}
        return bool(named & set(wanted)) or bool(self.groups(code, on) & set(wanted))

    def in_reach(
        self,
        destination: str,
        on: date,
        *,
        groups: Iterable[str],
        excluded: Iterable[str] = (),
        added: Iterable[str] = (),
    ) -> bool:
        """Whether a rule stated by country groups reaches a destination on a day.

        Parameters
        ----------
        groups, excluded : iterable of str
            Groups the rule names, and groups it takes out again. [country groups]
        added : iterable of str
            Countries named beside the groups; the exclusion does not touch them. [ISO codes]

        Examples
        --------
        >>> reach = dict(groups=["D:1", "D:4", "D:5"], excluded=["A:5", "A:6"], added=["MO"])
        >>> load_destinations().in_reach("IL", date(2026, 1, 1), **reach)
        False
        """
        if self.in_any(destination, added, on):
            return True
        inside = self.in_any(destination, groups, on)
        return inside and not self.in_any(destination, excluded, on)

    def embargoed_or_macau(self, country: str | None, on: date) -> bool:
        """Whether a place is Macau or in country group D:5, as the rules' pair of words has it.

        Examples
        --------
        >>> load_destinations().embargoed_or_macau("HK", date(2026, 1, 1))
        True
        """
        return country is not None and self.in_any(country, (EMBARGO_GROUP, MACAU), on)


@lru_cache(maxsize=64)
def _groups_of_day(known: Destinations, on: date) -> Mapping[str, frozenset[str]]:
    """Country groups by country code; a country in none is absent."""
    members = {group: known.members(group, on) for group in known.members_as_read}
    return {
        code: frozenset(group for group, inside in members.items() if code in inside)
        for code in frozenset().union(*members.values())
    }


def _change(record: Mapping[str, Any]) -> GroupChange:
    cite = record["citation"]
    plain = {key: value for key, value in record.items() if key != "citation"}
    return GroupChange(**plain, citation=cite["text"], url=cite["url"])


def _faults(data: Mapping[str, Any]) -> list[str]:
    """Everything wrong with the file, so that one reading reports it all."""
    names, groups = data["names"], data["groups"]
    faults = [
        f"group {group}: unknown country '{code}'"
        for group, record in groups.items()
        for code in record["members"]
        if code not in names
    ]
    for change in data["changes"]:
        inside = change["country"] in groups.get(change["group"], {"members": ()})["members"]
        if change["group"] not in groups or change["country"] not in names:
            faults.append(f"change of {change['country']}: unknown country or group")
        elif change["effective"] <= data["as_read"] and inside != (change["action"] == ADD):
            faults.append(f"change of {change['country']} does not lead to {change['group']}")
    faults += [
        f"alias '{name}': unknown code"
        for name, code in data["aliases"].items()
        if code not in names
    ]
    return faults


@cache
def load_destinations(path: Path = COUNTRIES_FILE) -> Destinations:
    """Read the country file once.

    Raises
    ------
    InputError
        The file contradicts itself; all faults are named together.

    Examples
    --------
    >>> load_destinations().name("MO")
    'Macau'
    """
    data = read_toml(path)
    if faults := _faults(data):
        raise InputError("; ".join(faults), where=str(path))
    return Destinations(
        names=data["names"],
        aliases=data["aliases"],
        titles={group: record["title"] for group, record in data["groups"].items()},
        members_as_read={
            group: frozenset(record["members"]) for group, record in data["groups"].items()
        },
        changes=tuple(_change(record) for record in data["changes"]),
        follows={record["country"]: record["as"] for record in data["follows"]},
        as_read=data["as_read"],
        history_from=data["history_from"],
        citation=data["citation"]["text"],
        url=data["citation"]["url"],
    )

"""What a user adds to a rule set: which texts come in, which are too young, in words."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from catalogs.errors import InputError, near_matches
from constraints.records import Version
from constraints.remarks import LETTER
from constraints.rules import Law
from constraints.rulesets import BY_DAY

OWN_FILE = "A rule file of your own, --with FILE.toml, carries its lines to an earlier day."


@dataclass(frozen=True, slots=True)
class Additions:
    """Texts that count because a user asks for them.

    Attributes
    ----------
    words : tuple of str
        Each text that the rule set would not count by itself, dated where it is a letter.
    notes : tuple of str
        What was asked for and adds nothing: too young, or there already.
    """

    words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def named(law: Law, names: Iterable[str], option: str) -> list[str]:
    """Rule ids that a list of ids and families means.

    Raises
    ------
    InputError
        A name that is neither.
    """
    found: list[str] = []
    for name in names:
        matched = [each.id for each in law.packs.values() if name in (each.id, each.family)]
        if not matched:
            known = sorted({*law.packs, *(each.family for each in law.packs.values())})
            remedy = near_matches(name, known) or "See 'optimize rules list'."
            raise InputError(f"unknown rule or family '{name}'", option, remedy)
        found += matched
    return found


def additions(
    law: Law,
    names: Iterable[str],
    day: date,
    counted: Mapping[str, Version],
    before: Collection[str],
) -> Additions:
    """What the rules and families of ``--with``, and the user's own files, add.

    Parameters
    ----------
    names : iterable of str
        Rules and families as typed.
    counted : mapping
        Texts of the rule set by rule id.
    before : collection of str
        Rules that count without the user.

    Raises
    ------
    InputError
        Every text of a name takes effect after the day.
    """
    asked = [(name, named(law, (name,), "--with")) for name in names]
    words: list[str] = []
    notes: list[str] = []
    for name, ids in asked:
        late = dict(_late(law, ids, day))
        if len(late) == len(ids):
            first = min(late.values())
            raise InputError(
                f"'{name}' takes effect on {first}, after {day}",
                "--with",
                f"Use --rules {BY_DAY}{first} or a later day. {OWN_FILE}",
            )
        words += [_dated(each, counted[each], day) for each in ids if each in counted]
        notes += [
            f"{each} is not added: it takes effect on {first}, after {day}; --rules "
            f"{BY_DAY}{first} counts it"
            for each, first in late.items()
        ]
        notes += [f"{each} counts already" for each in ids if each in before]
    there = {_dated(each, counted[each], day) for each in before if each in counted}
    own = (Path(path).name for path in law.added)
    kept = (text for text in words if text not in there)
    return Additions(tuple(dict.fromkeys((*own, *kept))), tuple(dict.fromkeys(notes)))


def _late(law: Law, ids: Iterable[str], day: date) -> Iterator[tuple[str, date]]:
    """Rules without a text up to a day, and the day of their first one."""
    for each in ids:
        begins = [v.effective for v in law.packs[each].versions if v.effective is not None]
        if law.packs[each].version_by_name(day) is None and begins:
            yield each, min(begins)


def _dated(rule_id: str, text: Version, day: date) -> str:
    """A rule by its id; a letter with its day, and any text with its end where that is past."""
    of = f"letter of {text.effective}" if text.status == LETTER else ""
    ended = f"ended {text.ended}" if text.ended is not None and text.ended <= day else ""
    said = ", ".join(filter(None, (of, ended)))
    return f"{rule_id} ({said})" if said else rule_id

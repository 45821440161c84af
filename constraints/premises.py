"""What a rule set takes for granted: who exports, which letters bind, what the user changed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any
from unicodedata import normalize

from catalogs.errors import InputError, close_names
from constraints.reach import Premise
from constraints.records import Version
from constraints.rules import Law

LETTER, CONTROL = "letter", "control"
# Companies that letters name, under the other name that a filing may give them.
FULL_NAMES: Mapping[str, str] = {"advanced micro devices": "AMD"}
# Share of letters in common from which a word reads as a misspelled company. [%]
NEAR = 70
WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Choices:
    """What a user may say about a rule set beyond its name and day."""

    set_: Mapping[str, str] = field(default_factory=dict)
    with_: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    exporter: str | None = None
    margin: Fraction | Mapping[str, Fraction] = Fraction(0)

    def words(self) -> Iterator[str]:
        """What was moved, added and left out."""
        yield from (f"{path} set to {value}" for path, value in self.set_.items())
        yield from (f"{name} added" for name in self.with_)
        yield from (f"{name} left out" for name in self.without)


def read_exporter(law: Law, text: str | None) -> str | None:
    """Exporter under the name that letters give it; a name near to theirs is refused.

    Raises
    ------
    InputError
        Blank, or so near to a company that letters name that a slip would free its parts.

    Examples
    --------
    >>> from constraints.rules import load_law
    >>> read_exporter(load_law(), " nvidia ")
    'NVIDIA'
    """
    if text is None:
        return None
    name = " ".join(normalize("NFKC", text).split())
    if not name:
        raise InputError("is blank", "--exporter", "Name who exports, or leave it out.")
    versions = (version for pack in law.packs.values() for version in pack.versions)
    known = {each.casefold(): each for version in versions for each in version.exporters}
    folded = name.casefold()
    if folded in known:
        return known[folded]
    meant = {short for full, short in FULL_NAMES.items() if full in folded}
    for word in WORDS.findall(folded):
        meant |= {known[near] for near in close_names(word, known, NEAR, most=1)}
    if meant:
        offers = " or ".join(f"'{each}'" for each in sorted(meant))
        remedy = f"Did you mean {offers}? For another company give --without us_letters instead."
        what = f"'{name}' is near the name of a company with a letter"
        raise InputError(what, "--exporter", remedy)
    return name


def binds(version: Version, exporter: str | None) -> bool:
    """Whether a text binds an exporter: every text without addressees does."""
    return exporter is None or not version.exporters or exporter in version.exporters


def addressees(texts: Mapping[str, Version], law: Law) -> tuple[str, ...]:
    """Companies that the controls among these texts name."""
    return tuple(
        sorted(
            {
                name
                for rule_id, text in texts.items()
                if law.packs[rule_id].kind == CONTROL
                for name in text.exporters
            }
        )
    )


def cautions(
    law: Law, texts: Mapping[str, Version], letters: tuple[str, ...], exporter: str | None
) -> Iterator[str]:
    """What has to be said beside every verdict: a stranger to the letters, readings that clash."""
    if exporter is not None and letters and exporter not in letters:
        shipped = " or ".join(filter(None, (", ".join(letters[:-1]), letters[-1])))
        yield (
            f"no letter names '{exporter}', so none counts; if it ships for {shipped}, "
            "leave --exporter out"
        )
    for text, rules in _readings(law, texts).items():
        if len(rules) > 1:
            yield f"{' and '.join(rules)} are two readings of one text, {text}, counted together"


def _readings(law: Law, texts: Iterable[str]) -> dict[str, list[str]]:
    """Rules by the text of which they are one reading."""
    found: dict[str, list[str]] = {}
    for rule_id in texts:
        if text := law.packs[rule_id].reading_of:
            found.setdefault(text, []).append(rule_id)
    return found


def refuse_two_readings(law: Law, asked: Iterable[str], texts: Iterable[str]) -> None:
    """Refuse a family that brings two readings of one text at once.

    Parameters
    ----------
    asked : iterable of str
        Rules and families by name; who names both readings gets both, with a warning.

    Raises
    ------
    InputError
        Two rules of a family read the same bill in two ways.
    """
    families = {*asked}
    joined = [rule_id for rule_id in texts if law.packs[rule_id].family in families]
    for text, rules in _readings(law, joined).items():
        if len(rules) > 1:
            raise InputError(
                f"{' and '.join(rules)} are two readings of one text, {text}",
                "--with",
                f"Ask twice, each time with one of them; --without {rules[-1]} leaves one out.",
            )


def premises(
    law: Law,
    bundle: Mapping[str, Any],
    texts: Mapping[str, Version],
    day: date,
    choices: Choices,
) -> list[Premise]:
    """What holds for every item under a rule set, the letters first.

    Parameters
    ----------
    texts : mapping
        Texts that count, by rule id.
    """
    found: list[Premise] = []
    letters = addressees(texts, law)
    if letters and choices.exporter is None:
        said = f"the exporter is one to whom the letters are addressed ({', '.join(letters)})"
        named = (text for rule, text in texts.items() if law.packs[rule].kind == CONTROL)
        found.append(Premise(said, tuple(text.scope for text in named if text.exporters)))
    elif choices.exporter is not None:
        found.append(Premise(f"the exporter is {choices.exporter}; letters to others are left out"))
    found += [Premise(each, (text.scope,)) for text in texts.values() for each in text.assumes]
    found += map(Premise, bundle.get("assumes", ()))
    lacking = bundle.get("assumes_without", {})
    found += (Premise(said) for rule_id, said in lacking.items() if rule_id not in texts)
    found += _letters_to_come(law, bundle, day)
    return [*found, *map(Premise, choices.words())]


def _letters_to_come(law: Law, bundle: Mapping[str, Any], day: date) -> Iterator[Premise]:
    """Letters that a named rule set counts on its own day, but not yet on this one."""
    own = bundle.get("default_on")
    for pack in law.packs.values():
        if own is None or pack.kind != CONTROL or pack.family not in bundle["packs"]:
            continue
        for version in pack.versions:
            begins = version.effective
            if version.status == LETTER and begins and day < begins <= own:
                said = f"{pack.id} does not count: it takes effect on {begins}, after {day}"
                yield Premise(said, (version.scope,))

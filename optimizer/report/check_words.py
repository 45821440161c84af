"""Words of a classification that the page and the record share: where, how near, how far."""

from collections.abc import Collection, Iterator
from fractions import Fraction
from typing import Any

from constraints.check import Assessment
from constraints.findings import Finding, Test
from optimizer.report.numbers import text_number
from optimizer.report.words import VERDICTS, label, plural

WORD = {"controlled": "caught", "not_controlled": "not caught", "undetermined": "unknown"}
MOST_PLACES = 8
"""Destinations that are named one by one; more are counted."""

MEETS = {True: "met", False: "not met", None: "unknown"}


def law_of(said: Assessment) -> str:
    """Rule set and day, the day once, and what the user changed."""
    law = said.ruleset if said.ruleset.endswith(f"@{said.on}") else f"{said.ruleset} on {said.on}"
    return ", ".join((law, *said.changes))


def headline(said: Assessment) -> str:
    """The verdict in capitals; where it is one of the destination alone, with that said.

    Examples
    --------
    >>> from constraints import check, load_law
    >>> rules = load_law().ruleset("us-2023")
    >>> headline(check({"tpp": 5000, "datacenter": True}, rules, "DE"))
    'NOT CONTROLLED to DE, controlled to 47 other destinations,'
    >>> headline(check({"tpp": 5000, "datacenter": True}, rules))
    'CONTROLLED'
    """
    places, possible = others(said), others(said, certain=False)
    return verdict_of(said.verdict, said.destination, len(places), len(possible))


def verdict_of(verdict: str, destination: str, places: int, possible: int) -> str:
    """The verdict in capitals; where it is one of the destination alone, with that said.

    Parameters
    ----------
    places, possible : int
        Other destinations to which the item is controlled, and with those to which it may be.

    Examples
    --------
    >>> verdict_of("not_controlled", "DE", 47, 48)
    'NOT CONTROLLED to DE, controlled to 47 other destinations,'
    """
    word = VERDICTS[verdict]
    if verdict != "not_controlled" or not possible:
        return word
    may = "controlled" if places else "perhaps controlled"
    return f"{word} to {destination}, {may} to {plural(places or possible, 'other destination')},"


def verdict_line(said: Assessment) -> str:
    """The verdict with its law and its destination, which is named once."""
    word = headline(said)
    place = f", exported to {said.destination}" if word == VERDICTS[said.verdict] else ""
    seat = "" if said.headquarters is None else f", to a party seated in {said.headquarters}"
    return f"{word} under {law_of(said)}{place}{seat}"


def others(said: Assessment, *, certain: bool = True) -> frozenset[str]:
    """Destinations to which the item is controlled, or may be, though not to this one."""
    kept = (each.destinations for each in said.elsewhere if each.certain or not certain)
    return frozenset(code for places in kept for code in places)


def elsewhere_lines(said: Assessment) -> Iterator[str]:
    """What each control that does not reach the destination makes of the item elsewhere."""
    for each in said.elsewhere if said.verdict == "not_controlled" else ():
        places = plural(len(each.destinations), "other destination")
        if len(each.destinations) <= MOST_PLACES:
            places += f" ({', '.join(each.destinations)})"
        may = "is" if each.certain else "may be"
        bound = f", if one of {', '.join(each.exporters)} exports" if each.exporters else ""
        yield (
            f"no license to {said.destination} under {each.rule}; "
            f"the item {may} controlled under it to {places}{bound}"
        )


def holds_lines(said: Assessment) -> Iterator[str]:
    """Whether the answer is the same at every live claim, and what else it could be."""
    if said.holds is None:
        return
    claims = f"at every live claim of {', '.join(said.disputed)}"
    if said.at_worst is None:
        yield f"verdict and tier hold {claims}"
        return
    verdict, tier = said.at_worst
    if (verdict, tier) == (said.verdict, said.tier):
        yield f"verdict and tier DO NOT HOLD {claims}: they are those of the most adverse one"
        return
    yield (
        f"verdict and tier DO NOT HOLD {claims}: at the most adverse one "
        f"the item is {verdict.replace('_', ' ')}, tier {tier} (--strict-evidence)"
    )


def later_law(said: Assessment) -> Iterator[str]:
    """That a rule set is the law of a day that has passed."""
    if said.on < said.last_checked:
        yield f"this is the law of {said.on}; what took effect later is not counted"


def spoken(findings: tuple[Finding, ...]) -> list[Finding]:
    """Paragraphs that speak of the item: of its control here, or of what it is everywhere."""
    return [each for each in findings if not each.silent]


def unspoken(findings: tuple[Finding, ...]) -> dict[str, str]:
    """Rules that do not speak of the item here, with the reason."""
    return {each.rule: each.because for each in findings if each.silent}


def finding_words(finding: Finding, near: Collection[str] = ()) -> str:
    """What a paragraph says of the item; one that stops at a border says that it is met.

    Parameters
    ----------
    near : collection of str
        Paragraphs inside the guard band.
    """
    aside = finding.because
    if aside.startswith("does not reach"):
        return f"{MEETS[finding.meets]}, {'but ' if finding.meets else ''}{aside}"
    band = ", inside the guard band" if finding.paragraph in near else ""
    return WORD[finding.verdict] + band + (f" ({aside})" if aside else "")


def guard_lines(said: Assessment, margin: str = "") -> Iterator[str]:
    """Whether the item lies inside the guard band, of which paragraphs, and how near."""
    if said.in_guard_band is None:
        return
    band = f"the guard band of {margin}" if margin else "the guard band"
    if not said.in_guard_band:
        yield f"outside {band} of every paragraph"
    for finding in said.findings:
        if finding.paragraph in said.guard_band:
            tests = [test for test in finding.tests if test.holds is not True]
            yield f"inside {band} of {finding.paragraph}" + "".join(map(_nearness, tests))


def _nearness(test: Test) -> str:
    if not isinstance(test.threshold, Fraction):
        return ""
    shown = "unknown" if test.value is None else text_number(test.value, [test.threshold])
    return f"; {label(test.quantity)} {shown}, line {test.op} {text_number(test.threshold)}"


def distance(value: Any, line: Any, unit: str = "") -> str:
    """Distance of a value from its line, with its direction; empty where either is no number.

    Examples
    --------
    >>> distance(Fraction(2368), Fraction(2400), "TPP"), distance(Fraction(5), Fraction(5))
    ('32 TPP below', '0')
    """
    if not (isinstance(value, Fraction) and isinstance(line, Fraction)):
        return ""
    side = "" if value == line else " above" if value > line else " below"
    return f"{text_number(abs(value - line), [0])} {unit}".rstrip() + side

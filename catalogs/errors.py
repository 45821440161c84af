"""What a user can put right: wrong input, said as what, where and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

MOST_OFFERS = 3
"""Names that an error offers at most."""

ALL_BUT_EQUAL = 85
"""Share of letters in common from which a name reads as a slip of another. [%]"""


class InputError(ValueError):
    """Wrong input from a user: a file, an option or a name.

    Parameters
    ----------
    what : str
        What is wrong, without a closing stop.
    where : str, optional
        File, line, row or field at fault.
    remedy : str, optional
        What would be right.

    Examples
    --------
    >>> str(InputError("unknown SKU 'h21'", "catalog", "Did you mean 'h20'?"))
    "catalog: unknown SKU 'h21'. Did you mean 'h20'?"
    """

    def __init__(self, what: str, where: str | None = None, remedy: str | None = None) -> None:
        super().__init__(what, where, remedy)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        """Return the one line (or block) that the command line prints."""
        text = f"{self.where}: {self.what}" if self.where else self.what
        if not self.remedy:
            return text
        stop = "" if text.endswith((".", "?", "!")) else "."
        return f"{text}{stop} {self.remedy}"


def near_matches(name: str, known: Iterable[str]) -> str | None:
    """Return 'Did you mean ...?' for the known names that look like `name`, or None.

    Examples
    --------
    >>> near_matches("h2O", ["h20", "l20", "mi300x"])
    "Did you mean 'h20'?"
    >>> near_matches("h200", ["h20", "h200_sxm", "h200_nvl", "b200"])
    "Did you mean 'h200_sxm' or 'h200_nvl'?"
    """
    by_key = {candidate.lower(): candidate for candidate in known}
    longer = [key for key in by_key if re.match(re.escape(name.lower()) + r"[^a-z0-9]", key)]
    keys = longer[:MOST_OFFERS] or get_close_matches(name.lower(), by_key, n=MOST_OFFERS)
    close = [by_key[key] for key in keys]
    if not close:
        return None
    return "Did you mean " + " or ".join(f"'{candidate}'" for candidate in close) + "?"


def close_names(
    name: str, known: Iterable[str], percent: int, most: int = MOST_OFFERS
) -> list[str]:
    """Return the known names that share at least a percentage of letters with `name`.

    Examples
    --------
    >>> close_names("nvdia", ["nvidia", "amd"], 70)
    ['nvidia']
    """
    return get_close_matches(name, list(known), n=most, cutoff=percent / 100)


def names_within(wanted: str, known: Iterable[str]) -> list[str]:
    """Return names that contain `wanted`, or stand in it, as whole words; else slips of it.

    For names where a wrong hint is worse than none: words like "republic" make no two alike.

    Examples
    --------
    >>> names_within("federal republic of germany", ["china", "germany", "iran"])
    ['germany']
    """
    asked, names = f" {wanted} ", list(known)
    inside = [name for name in names if f" {name} " in asked or asked in f" {name} "]
    return inside[:MOST_OFFERS] or close_names(wanted, names, ALL_BUT_EQUAL)


def collected(faults: list[str], where: str, remedy: str | None = None) -> InputError:
    """Return one error that carries every fault found in a file.

    Examples
    --------
    >>> print(collected(["id: missing", "tdp_w: is negative"], "my.toml"))
    my.toml: 2 faults
      id: missing
      tdp_w: is negative
    """
    if len(faults) == 1:
        return InputError(faults[0], where, remedy)
    return InputError("\n  ".join([f"{len(faults)} faults", *faults]), where, remedy)

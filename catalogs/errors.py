"""What a user can put right: wrong input, said as what, where and what would be right."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


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
    >>> str(InputError("unknown SKU 'h21'", "catalogue", "Did you mean 'h20'?"))
    "catalogue: unknown SKU 'h21'. Did you mean 'h20'?"
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
    """
    by_key = {candidate.lower(): candidate for candidate in known}
    close = [by_key[key] for key in get_close_matches(name.lower(), by_key, n=3)]
    if not close:
        return None
    return "Did you mean " + " or ".join(f"'{candidate}'" for candidate in close) + "?"


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

"""The name of a planned part: the user's, or a safe one from the parent and the figures."""

from catalogs.errors import InputError
from optimizer.report.result import Design
from optimizer.report.safe import safe_text

LONGEST = 120
"""Characters of the longest name that a sheet takes."""

_LONGEST_PARENT = 24


def default_name(design: Design) -> str:
    """Parent, enabled cores and memory: letters, digits and hyphens only.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> default_name(SimpleNamespace(parent="gb202", knobs={"enabled_cores": 76},
    ...                              quantities={"memory_capacity_gb": 96}))
    'GB202-76C-96G'
    """
    parent = design.parent[:_LONGEST_PARENT].upper().replace("_", "-")
    cores, capacity = design.knobs.get("enabled_cores"), design.quantities.get("memory_capacity_gb")
    return f"{parent}-{cores}C-{capacity}G"


def read_name(text: str) -> str:
    """A name that the user gives: one line, not empty, printable.

    Raises
    ------
    InputError
        Empty, too long, or with characters that are not shown.
    """
    if not text.strip() or len(text) > LONGEST:
        raise InputError(
            f"a name has 1 to {LONGEST} characters, not {len(text)}", "--name", "Shorten it"
        )
    if safe_text(text) != text:
        raise InputError("holds characters that cannot be shown", "--name", "Use printable text")
    return text.strip()

"""Whether the ids of a table tell its rows apart, before and after they are written."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from catalogs.errors import collected
from catalogs.load import shown
from optimizer.report.parts import ID
from optimizer.report.safe import safe_cell

MOST_NAMED = 20
"""Rows that a warning names at most."""


class Answered(Protocol):
    """A row of a table with its answer."""

    @property
    def number(self) -> int: ...  # noqa: D102
    @property
    def key(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def answer(self) -> tuple[str, ...]: ...  # noqa: D102


def refuse_two_answers(rows: Sequence[Answered], path: Path) -> None:
    """Refuse a table in which one id, on one shipment, has two different answers.

    Raises
    ------
    InputError
        Who looks such an id up in the answer finds one of the two; every one is named.
    """
    faults = [
        f"id '{safe_cell(same[0].key[0])}' in {_listed(same)} has different answers"
        for same in _repeated(rows)
        if len({each.answer for each in same}) > 1
    ]
    if faults:
        more = [f"and {len(faults) - MOST_NAMED} more"] if len(faults) > MOST_NAMED else []
        remedy = "give each part an id of its own"
        raise collected([*faults[:MOST_NAMED], *more, remedy], shown(path))


def id_warnings(columns: Sequence[str], rows: Sequence[Answered]) -> Iterator[str]:
    """What a reader who goes by the ids has to know: none, blank, repeated or written otherwise."""
    if ID not in columns:
        yield "the table has no column id: its rows are told apart by their order alone"
        return
    if blank := [each for each in rows if not each.key[0]]:
        yield f"no id in {_listed(blank)}"
    for same in _repeated(rows):
        yield f"id '{safe_cell(same[0].key[0])}' stands in {_listed(same)}, with one answer"
    if changed := [each for each in rows if safe_cell(each.key[0]) != each.key[0]]:
        yield (
            f"the id of {_listed(changed)} is written otherwise in CSV: it has a control "
            "character or reads as a formula"
        )


def _repeated(rows: Sequence[Answered]) -> list[list[Answered]]:
    """Rows that name one part and one shipment, as they are written."""
    found: dict[tuple[str, ...], list[Answered]] = {}
    for each in rows:
        if each.key[0]:
            found.setdefault((safe_cell(each.key[0]), *each.key[1:]), []).append(each)
    return [same for same in found.values() if len(same) > 1]


def _listed(rows: Sequence[Answered]) -> str:
    """Rows by number.

    Examples
    --------
    >>> from types import SimpleNamespace as Row
    >>> _listed([Row(number=2)]), _listed([Row(number=2), Row(number=7)])
    ('row 2', 'rows 2, 7')
    """
    named = ", ".join(str(each.number) for each in rows[:MOST_NAMED])
    more = f" and {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else ""
    return f"row{'' if len(rows) == 1 else 's'} {named}{more}"

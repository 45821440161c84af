"""Numbered endnotes, each text once, in the order in which the page asks for them."""

from dataclasses import dataclass, field

from optimizer.report.sheet.model import Endnote


@dataclass(slots=True)
class Notes:
    """Collects endnotes while a sheet is written.

    Examples
    --------
    >>> notes = Notes()
    >>> notes.add("a"), notes.add("b"), notes.add("a")
    (1, 2, 1)
    """

    found: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, text: str, source: str = "") -> int:
        """Number of a note; an equal one keeps its number."""
        return self.found.setdefault((text, source), len(self.found) + 1)

    def all(self) -> tuple[Endnote, ...]:
        """Every note by number."""
        return tuple(
            Endnote(number=number, text=text, source=source)
            for (text, source), number in self.found.items()
        )

"""The records of the packs, as read: a pack file is one rule with all its amendments."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from catalogs.errors import collected
from catalogs.load import read_toml

MEETS = "meets_"

Kind = Literal[
    "control", "exception", "review", "duty", "volume", "reporting", "presumption", "engineering",
    "classification",
]  # fmt: skip
Status = Literal[
    "in_force", "printed_not_enforced", "letter", "bill", "guidance", "hypothetical"
]  # fmt: skip
# What a version takes over from the one that it names in text_of, unless it says otherwise.
INHERITED = frozenset(
    {
        "assumes", "exporters", "overcomes", "eccn", "open", "thresholds", "paragraphs",
        "exclusions", "scope",
    }
)  # fmt: skip
ENFORCED = frozenset({"in_force", "letter"})


class Record(BaseModel):
    """Base of everything read from a pack: frozen, closed, no number ever a float."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Threshold(Record):
    """A number of a rule, or a reference to the rule that owns it."""

    value: int | Decimal | date | None = None
    unit: str = ""
    clause: str = ""
    ref: str = ""

    @field_validator("value", mode="before")
    @classmethod
    def _exact(cls, value: Any) -> Any:
        if isinstance(value, bool | float | str):
            raise ValueError("give a plain number or a day")
        return value


class Citation(Record):
    """Where a text is printed."""

    text: str
    url: str = ""


class Scope(Record):
    """Where a rule reaches; read by ``constraints.reach.reaches``."""

    groups: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    exclude_groups: tuple[str, ...] = ()
    headquarters_groups: tuple[str, ...] = ()
    worldwide: bool = False


class Clause(Record):
    """A paragraph or an exclusion: a condition and what follows from it."""

    id: str
    condition: str
    cite: str = ""
    outcome: str = ""
    note: str = ""
    scope: Scope | None = None


class Version(Record):
    """An amendment: one text of a rule, with its days."""

    id: str
    published: date | None = None
    effective: date | None = None
    compliance: date | None = None
    ended: date | None = None
    status: Status
    confidence: Literal["A", "B", "C", "D"]
    citation: Citation
    exporters: tuple[str, ...] = ()
    overcomes: tuple[str, ...] = ()
    eccn: tuple[str, ...] = ()
    open: str = ""
    note: str = ""
    assumes: tuple[str, ...] = ()
    thresholds: Mapping[str, Threshold] = {}
    paragraphs: tuple[Clause, ...]
    exclusions: tuple[Clause, ...] = ()
    scope: Scope | None = None

    @property
    def starts(self) -> date | None:
        """First day on which it must be obeyed."""
        return self.compliance or self.effective

    def in_force(self, on: date) -> bool:
        """Whether this text must be obeyed on a day, were no newer one there."""
        begun = self.starts is not None and self.starts <= on
        return begun and self.status in ENFORCED and (self.ended is None or on < self.ended)


class DeclaredFact(Record):
    """A fact that a pack needs and the common table does not list."""

    unit: str = ""
    type: Literal["number", "bool", "date", "str"]
    meaning: str
    choices: tuple[str, ...] = ()


class Pack(Record):
    """A rule: what it is about, and its versions, oldest first.

    Two rules with one `reading_of` read the same text in two ways and should not stand together.
    """

    id: str
    title: str
    kind: Kind
    items: tuple[str, ...] = ()
    tier: Literal["a", "b", "c"] | None = None
    order: int = 100
    after: tuple[str, ...] = ()
    reading_of: str = ""
    facts: Mapping[str, DeclaredFact] = {}
    versions: tuple[Version, ...]
    file: str = ""

    @property
    def family(self) -> str:
        """The folder of the rule: ``us_ear``."""
        return self.id.rpartition("/")[0]

    @property
    def meets(self) -> str:
        """Name by which conditions say that this rule catches the item."""
        return meets_name(self.id)

    def version_on(self, on: date) -> Version | None:
        """Return the text in force on a day.

        Of the texts that have begun, the newest counts: one that is printed but not enforced
        silences those before it.
        """
        begun = [each for each in self.versions if each.starts is not None and each.starts <= on]
        newest = begun[-1] if begun else None
        return newest if newest is not None and newest.in_force(on) else None

    def version_by_name(self, on: date) -> Version | None:
        """Return the text that somebody who asks for this rule by name means."""
        begun = [each for each in self.versions if each.effective is None or each.effective <= on]
        return begun[-1] if begun else None


def meets_name(rule_id: str) -> str:
    """Name of a rule in conditions.

    Examples
    --------
    >>> meets_name("us_ear/3A090.a")
    'meets_3A090_a'
    """
    plain = rule_id.rpartition("/")[2]
    return MEETS + "".join(letter if letter.isalnum() else "_" for letter in plain)


def _whole_texts(versions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put in what a version takes over from an older one by ``text_of``."""
    found: dict[Any, dict[str, Any]] = {}
    for version in versions:
        older = found.get(version.pop("text_of", None), {})
        kept = {key: value for key, value in older.items() if key in INHERITED}
        found[version.get("id")] = {**kept, **version}
    return list(found.values())


def read_pack(path: Path) -> Pack:
    """Read one pack file.

    Raises
    ------
    InputError
        Malformed TOML, an unknown key, a missing or wrong value; all faults at once.
    """
    table = read_toml(path)
    try:
        table["versions"] = _whole_texts(table.get("versions", []))
        return Pack(**table, file=str(path))
    except ValidationError as error:
        faults = [
            ".".join(str(part) for part in fault["loc"]) + ": " + fault["msg"].lower()
            for fault in error.errors()
        ]
        raise collected(faults, str(path)) from None

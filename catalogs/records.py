"""What every record has: identity, sources, basis, claims; and how a value becomes a fact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr

from catalogs.errors import InputError, near_matches
from catalogs.facts import Claim, Fact, graded, unit_of
from catalogs.values import Basis, Flag, FrozenMap, Id, Text, Texts

if TYPE_CHECKING:
    from catalogs.catalog import Catalog

K = TypeVar("K", bound=str)
M = TypeVar("M", bound=BaseModel)
_EVERY = "default"
IDENTITY = frozenset(
    {"id", "name", "aliases", "sources", "basis", "cites", "claims", "note", "notes",
     "confidential", "replaces", "lower_bounds"}
)  # fmt: skip


class Table(BaseModel):
    """A table inside a record; reads as an object or, for its set values, as a mapping."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __getitem__(self, name: str) -> Any:
        """Return a value by name; unknown to the record (None) is a KeyError."""
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value by name, or the default where it is not known."""
        value = getattr(self, name, None) if name in type(self).model_fields else None
        return default if value is None else value

    def __contains__(self, name: object) -> bool:
        """Whether the value is known."""
        return isinstance(name, str) and self.get(name) is not None

    def items(self) -> list[tuple[str, Any]]:
        """Return the known values in file-independent order."""
        return [(n, v) for n in type(self).model_fields if (v := getattr(self, n)) is not None]

    def keys(self) -> list[str]:
        """Return the names of the known values."""
        return [name for name, _ in self.items()]


Paths = tuple[Text, ...]
Bases = Annotated[Mapping[Basis, Paths], AfterValidator(FrozenMap)]
Cites = Annotated[Mapping[Id, Paths], AfterValidator(FrozenMap)]


class Record(BaseModel):
    """A frozen catalog record whose every value has a source and a basis.

    `sources` stand behind the whole record. `cites` names the fields that a source gives, `basis`
    the fields that are not simply published; a field may be a table, and 'default' in `basis` is
    every field.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    claimable: ClassVar[frozenset[str]] = frozenset()
    """Names beside its own fields that a source may claim of such a record."""

    id: Id
    name: Text
    aliases: tuple[Text, ...] = ()
    sources: tuple[Id, ...] = ()
    basis: Bases = Field(default_factory=FrozenMap[Basis, Paths])
    cites: Cites = Field(default_factory=FrozenMap[Id, Paths])
    claims: tuple[Claim, ...] = ()
    note: Text | None = None
    notes: Texts = Field(default_factory=FrozenMap[str, str])
    confidential: tuple[Text, ...] = ()
    replaces: Flag = False

    _catalog: Catalog | None = PrivateAttr(default=None)

    def model_post_init(self, context: Any, /) -> None:
        """Remember the catalog that a record was read into, to resolve its references."""
        self._catalog = (context or {}).get("catalog")

    def __eq__(self, other: object) -> bool:
        """Records are equal when their values are, whatever catalog holds them."""
        return type(other) is type(self) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        """Hash by kind and id."""
        return hash((type(self).__name__, self.id))

    def value(self, path: str) -> Any:
        """Return the value at a path such as 'memory.bandwidth_gb_s', or None if unknown."""
        found: Any = self
        for step in path.split("."):
            if not isinstance(found, BaseModel) or step not in type(found).model_fields:
                raise InputError(
                    f"'{self.id}' has no value '{path}'", None, near_matches(path, self.paths())
                )
            found = getattr(found, step)
            if found is None:
                return None
        return found

    def stated(self, path: str) -> bool:
        """Whether the file itself gives the value (rather than a formula on load)."""
        found: Any = self
        for step in path.split("."):
            if not isinstance(found, BaseModel) or step not in found.model_fields_set:
                return False
            found = getattr(found, step)
        return True

    def paths(self, *, known: bool = False) -> list[str]:
        """Return the paths of all values, or only of those that are known."""
        return [path for path, value in _leaves(self, "") if value is not None or not known]

    def fact(self, name: str) -> Fact:
        """Return the value at a path with its basis, sources, grade and claims."""
        return self._fact(name, self.value(name))

    def facts(self) -> Iterator[Fact]:
        """Yield every value that the file states, and fields that have claims only."""
        claimed = {claim.field for claim in self.claims}
        for path, value in _leaves(self, ""):
            if (value is not None and self.stated(path)) or path in claimed:
                yield self.fact(path)

    def rivals(self, name: str) -> tuple[Claim, ...]:
        """Return the claims of other sources on a field."""
        return tuple(claim for claim in self.claims if claim.field == name)

    def public(self) -> Self:
        """Return the record without the values that its file marks confidential."""
        shown = self
        for path in self.confidential:
            shown = _without(shown, path)
        claims = tuple(c for c in self.claims if not _nearest(self._hidden(), c.field))
        return shown.model_copy(update={"claims": claims})

    def _hidden(self) -> dict[str, Paths]:
        return {"yes": self.confidential}

    def _fact(self, name: str, value: Any, basis: Basis | None = None) -> Fact:
        cited = _nearest(self.cites, name)
        stated: list[Basis] = _nearest(self.basis, name) or _nearest(self.basis, _EVERY)
        how = basis or "published" if not stated else stated[0]
        sources = cited or self.sources
        grades = [self._catalog.sources[s].grade for s in sources] if self._catalog else []
        if self._changed(name, sources):
            grades = []
        return Fact(
            name=name,
            value=value,
            unit=unit_of(name),
            basis=how,
            sources=tuple(sources),
            grade=graded(how, grades, named=bool(cited)),
            claims=self.rivals(name),
            note=self.notes.get(name),
            confidential=bool(_nearest(self._hidden(), name)),
        )

    def _changed(self, name: str, sources: Iterable[str]) -> bool:
        """Whether a built-in value was replaced by another one that cites no source of its own."""
        twin: Self | None = self._catalog.replaced(self) if self._catalog else None
        if twin is None or self.value(name) == twin.value(name):
            return False
        return {*sources} <= {*(_nearest(twin.cites, name) or twin.sources)}


def _nearest(table: Mapping[K, Paths], path: str) -> list[K]:
    """Return the keys whose list holds the path, else the table that the path stands in."""
    while path:
        found = [key for key, paths in table.items() if path in paths]
        if found:
            return found
        path = path.rpartition(".")[0]
    return []


def _without(model: M, path: str) -> M:
    """Return a copy in which the value at a path is unknown again."""
    head, _, rest = path.partition(".")
    field = type(model).model_fields[head]
    if rest:
        return model.model_copy(update={head: _without(getattr(model, head), rest)})
    return model.model_copy(update={head: field.get_default(call_default_factory=True)})


def _leaves(model: BaseModel, prefix: str) -> Iterator[tuple[str, Any]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Table):
            yield from _leaves(value, f"{prefix}{name}.")
        elif prefix or name not in IDENTITY:
            yield f"{prefix}{name}", value

"""All the law there is: every rule of every day, loaded once and checked as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalogs.errors import InputError, collected, near_matches
from catalogs.load import read_text, read_toml, shown
from constraints.expressions import Expr, names, parse
from constraints.quantities import Quantity, Vocabulary, load_quantities
from constraints.records import (
    MEETS,
    Clause,
    Pack,
    Scope,
    Threshold,
    Version,
    meets_name,
    read_pack,
)

if TYPE_CHECKING:
    from constraints.rulesets import Ruleset

__all__ = [
    "MEETS", "NOT_PACKS", "PACKS", "RULESETS", "Clause", "Law", "Pack", "Scope", "Threshold",
    "Version", "condition", "load_law", "meets_name", "read_pack",
]  # fmt: skip

PACKS = Path(__file__).parent / "packs"
RULESETS = "rulesets.toml"
NOT_PACKS = frozenset({RULESETS, "quantities.toml", "countries.toml"})


@dataclass(frozen=True)
class Law:
    """Every rule that is known, of every day, and the named rule sets."""

    packs: Mapping[str, Pack]
    bundles: Mapping[str, Any]
    last_checked: Mapping[str, Any]
    added: tuple[Path, ...] = ()
    open_points: tuple[Mapping[str, Any], ...] = ()

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Names that conditions may use, those that packs declare included."""
        declared = {
            name: Quantity(name=name, **fact.model_dump())
            for pack in self.packs.values()
            for name, fact in pack.facts.items()
        }
        return Vocabulary({**declared, **load_quantities()})

    def threshold(self, path: str, texts: Mapping[str, Version]) -> tuple[str, Threshold]:
        """Follow a threshold to its owner: path and record.

        Parameters
        ----------
        path : str
            ``us_ear/3A090.b.density_ceiling``.
        texts : mapping
            Text of each rule by its id, on the day that is meant.

        Raises
        ------
        InputError
            No text has it; near matches are offered.
        """
        rule, _, name = path.rpartition(".")
        version = texts.get(rule)
        if version is None or name not in version.thresholds:
            known = [f"{each}.{key}" for each, text in texts.items() for key in text.thresholds]
            near = near_matches(path, known) or "See 'optimize rules show'."
            raise InputError(f"no threshold '{path}' on that day", remedy=near)
        found = version.thresholds[name]
        return self.threshold(found.ref, texts) if found.ref else (path, found)

    def faults(self) -> list[str]:
        """Everything wrong with the packs that reading them one by one does not show."""
        found = []
        for pack in self.packs.values():
            for number, version in enumerate(pack.versions):
                where = f"{shown(Path(pack.file))}, versions[{number}]"
                found += [f"{where}, {fault}" for fault in self._version_faults(pack, version)]
        return found

    def _version_faults(self, pack: Pack, version: Version) -> list[str]:
        rules = {each.meets for each in self.packs.values()}
        known = {*version.thresholds, *self.vocabulary.quantities, *rules}
        found = [
            f"after: unknown rule '{rule}'" for rule in pack.after if rule not in self.packs
        ] + [
            f"overcomes: unknown rule '{rule}'"
            for rule in version.overcomes
            if rule not in self.packs
        ]
        for name, threshold in version.thresholds.items():
            owner = threshold.ref.rpartition(".")[0]
            if (threshold.value is None) == (not threshold.ref):
                found.append(f"threshold {name}: give either value or ref")
            elif threshold.ref and owner not in self.packs:
                found.append(f"threshold {name}: unknown rule '{owner}'")
            if name in self.vocabulary.quantities:
                found.append(f"threshold {name}: this is the name of a fact")
        for clause in (*version.paragraphs, *version.exclusions):
            try:
                used = names(condition(clause.condition))
            except InputError as error:
                found.append(f"paragraph {clause.id}: {error}")
                continue
            found += [
                f"paragraph {clause.id}: {_unknown_name(name, version, known)}"
                for name in sorted(used - known)
            ]
        return found

    def ruleset(
        self,
        spec: str,
        on: date | None = None,
        *,
        set_: Mapping[str, str] = {},
        with_: Sequence[str] = (),
        without: Sequence[str] = (),
        exporter: str | None = None,
        margin: Fraction | Mapping[str, Fraction] = Fraction(0),
    ) -> "Ruleset":
        """Build the rules in force on a day; see ``constraints.building.build``.

        Examples
        --------
        >>> load_law().ruleset("us-2025").on
        datetime.date(2025, 12, 31)
        """
        from constraints.building import build
        from constraints.premises import Choices

        choices = Choices(dict(set_), tuple(with_), tuple(without), exporter, margin)
        return build(self, spec, on, choices)


def _unknown_name(name: str, version: Version, known: set[str]) -> str:
    thresholds = ", ".join(sorted(version.thresholds)) or "none"
    near = near_matches(name, known) or ""
    return f"unknown name '{name}'. Thresholds here: {thresholds}. {near}".rstrip()


@cache
def condition(text: str) -> Expr:
    """Expression of a condition's text, read once."""
    return parse(text)


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise InputError(f"no such pack file: {path}")
        found += sorted(path.rglob("*.toml")) if path.is_dir() else [path]
    return found


@cache
def _load(files: tuple[Path, ...], _contents: tuple[str, ...]) -> Law:
    """The law with some files of the user, read again where their contents differ."""
    built_in = [read_pack(path) for path in _files([PACKS]) if path.name not in NOT_PACKS]
    users = [read_pack(path) for path in files]
    packs: dict[str, Pack] = {}
    for pack in (*built_in, *users):
        if pack.id in packs:
            raise InputError(
                f"rule '{pack.id}' is there twice", pack.file, f"Also in {packs[pack.id].file}."
            )
        packs[pack.id] = pack
    table = read_toml(PACKS / RULESETS)
    law = Law(
        dict(sorted(packs.items(), key=lambda item: (item[1].order, item[0]))),
        table["rulesets"],
        table["last_checked"],
        files,
        tuple(table["open"]),
    )
    if faults := law.faults():
        raise collected(faults, "law")
    return law


def load_law(packs: Sequence[Path] = ()) -> Law:
    """Every rule that ships with the product, and the user's own.

    Parameters
    ----------
    packs : sequence of Path
        Pack files of the user, or folders of them; each joins every rule set that is built.

    Examples
    --------
    >>> load_law().packs["us_ear/3A090.a"].title
    'Advanced computing integrated circuits'
    """
    files = tuple(_files([Path(path) for path in packs]))
    return _load(files, tuple(map(read_text, files)))

"""Every cataloged part under two rule sets: who changes class, and who does not.

The lean answer reads each part once and runs both rule sets through the engine of ``check``,
made ready once each. The full record of a part, with its margins, is `examined`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from catalogs import Catalog, Sku
from constraints import Assessment, Ruleset, check, screen
from constraints.check import UNDETERMINED
from optimizer.report.parts import question_of

CLASS_CHANGES, PARAGRAPHS_CHANGE, NEEDS_CHANGE = "class", "paragraphs", "needs"
NO_CHANGE = "none"


@dataclass(frozen=True, slots=True)
class Standing:
    """Class of a part under one rule set.

    Attributes
    ----------
    verdict, tier : str
        As `constraints.check.Assessment` has them.
    paragraphs : tuple of str
        Those that catch the part.
    needs : tuple of str
        Unknown facts whose value would change verdict or tier.
    """

    verdict: str
    tier: str
    paragraphs: tuple[str, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reclassified:
    """One part before and after."""

    sku: str
    before: Standing
    after: Standing

    @property
    def change(self) -> str:
        """What differs most: the class, the paragraphs that catch it, or the facts it needs."""
        old, new = self.before, self.after
        if (old.verdict, old.tier) != (new.verdict, new.tier):
            return CLASS_CHANGES
        if old.paragraphs != new.paragraphs:
            return PARAGRAPHS_CHANGE
        return NO_CHANGE if old.needs == new.needs else NEEDS_CHANGE


@dataclass(frozen=True, slots=True)
class Reclassification:
    """Every part of a catalog before and after, in the order of the catalog."""

    rows: tuple[Reclassified, ...]

    @property
    def changed(self) -> tuple[Reclassified, ...]:
        """Parts whose verdict or 3A090 tier differs."""
        return tuple(row for row in self.rows if row.change == CLASS_CHANGES)

    @property
    def undetermined(self) -> tuple[Reclassified, ...]:
        """Parts without a verdict on one side or both."""
        return tuple(
            row for row in self.rows if UNDETERMINED in (row.before.verdict, row.after.verdict)
        )

    @property
    def counts(self) -> Mapping[tuple[str, str], int]:
        """Number of parts by (verdict before, verdict after)."""
        return Counter((row.before.verdict, row.after.verdict) for row in self.rows)


def reclassify(
    catalog: Catalog,
    before: Ruleset,
    after: Ruleset,
    destination: str = "CN",
    stated: Mapping[str, Any] = MappingProxyType({}),
) -> Reclassification:
    """Classify every cataloged part under two rule sets.

    Parameters
    ----------
    catalog : Catalog
    before, after : Ruleset
    destination : str
        Where the parts go. [ISO 3166 code]
    stated : mapping
        Further facts of the shipment, where a part does not have them.

    Returns
    -------
    Reclassification
        Verdicts, tiers, paragraphs and needed facts equal those of ``constraints.check``.

    Examples
    --------
    >>> from catalogs import load_catalog
    >>> from constraints import load_law
    >>> old, new = (load_law().ruleset(name) for name in ("us-2022", "us-2023"))
    >>> found = {row.sku: row for row in reclassify(load_catalog(), old, new).rows}
    >>> found["a800"].before.verdict, found["a800"].after.verdict, found["l20"].change
    ('not_controlled', 'controlled', 'none')
    """
    return Reclassification(
        tuple(
            Reclassified(sku.id, _standing(facts, before, destination), new)
            for sku in catalog.skus.values()
            for facts in (_with(stated, sku.legal_facts()),)
            for new in (_standing(facts, after, destination),)
        )
    )


def _with(stated: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of a part, and those stated that it does not have."""
    return {**stated, **{name: value for name, value in own.items() if value is not None}}


def _standing(facts: Mapping[str, Any], rules: Ruleset, destination: str) -> Standing:
    known = rules.vocabulary.read(rules.vocabulary.known(facts))
    return Standing(*screen(rules, destination).classify(known))


def examined(
    sku: Sku,
    rulesets: Iterable[Ruleset],
    destination: str = "CN",
    stated: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[Assessment, ...]:
    """The full assessment of a part by each rule set: margins, evidence, disputed facts.

    Examples
    --------
    >>> from catalogs import load_catalog
    >>> from constraints import load_law
    >>> (said,) = examined(load_catalog().sku("h20"), [load_law().ruleset("us-2025")])
    >>> [str(f.slack) for f in said.findings if f.paragraph == "us_letters/april_2025.dram"]
    ['2600']
    """
    asked = question_of(sku)
    facts = _with(stated, asked.facts)
    return tuple(
        check(
            rules.vocabulary.known(facts),
            rules,
            destination,
            intervals=asked.intervals,
            grades=asked.part.grades,
        )
        for rules in rulesets
    )

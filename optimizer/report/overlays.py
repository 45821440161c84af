"""Records of the user's own files that an answer rests on, named before anything else is said."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalogs import Catalog
from catalogs.kinds import KINDS

if TYPE_CHECKING:
    from catalogs import Sku
    from catalogs.architectures import Workload


@dataclass(frozen=True, slots=True)
class Overlaid:
    """A record that was read from a file of the user.

    Attributes
    ----------
    kind : str
        ``die``, ``sku`` ...
    file : str
        Folder and file name.
    replaces : bool
        Whether a built-in record of the same id is hidden by it.
    """

    kind: str
    id: str
    file: str
    replaces: bool

    def __str__(self) -> str:
        """Say what was read from where."""
        instead = ", in place of the built-in record" if self.replaces else ""
        return f"{self.kind} {self.id} is read from {self.file}{instead}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a document."""
        return {"kind": self.kind, "id": self.id, "file": self.file, "replaces": self.replaces}


Used = Mapping[str, Iterable[str]]
"""Kind of record (``dies``, ``skus`` ...) -> ids that an answer rests on."""


def overlaid(catalog: Catalog, used: Used) -> tuple[Overlaid, ...]:
    """Those of the used records that are not the built-in ones, by kind and id.

    Examples
    --------
    >>> from catalogs import load_catalog
    >>> overlaid(load_catalog(ambient=False), {"dies": ["gh100"]})
    ()
    """
    return tuple(_found(catalog, used)) if len(catalog.layers) > 1 else ()


def _found(catalog: Catalog, used: Used) -> Iterator[Overlaid]:
    built_in = catalog.layers[-1]
    for kind, ids in used.items():
        entries = catalog.records(kind).entries
        for key in sorted({*ids} & {*entries}):
            if entries[key].builtin:
                continue
            path = entries[key].path
            hides = key in built_in.entries.get(kind, {})
            yield Overlaid(KINDS[kind].label, key, f"{path.parent.name}/{path.name}", hides)


def overlays_of_sku(sku: "Sku") -> tuple[Overlaid, ...]:
    """Records of the user behind a part: its own, its die, its memory and its links."""
    catalog = sku._catalog
    if catalog is None:
        return ()
    own = [sku.id] if catalog.skus.get(sku.id) is sku else []
    parts = {"dies": [sku.die], "memory": [sku.memory.part], "links": [sku.link.part]}
    return overlaid(catalog, {"skus": own, **{k: _known(v) for k, v in parts.items()}})


def overlays_of_workload(workload: "Workload", catalog: Catalog) -> tuple[Overlaid, ...]:
    """Records of the user behind a workload: its own and its models.

    A file that takes the id of a cataloged workload is named, so that it does not pass for that; a
    pool for the prompts, which options add, is named wherever it is.
    """
    known = catalog.workloads.get(workload.id)
    pool = {"prefill": workload.prefill}
    same = known is not None and known.model_copy(update=pool) == workload
    own = [workload.id] if same else []
    used = {"workloads": own, "models": workload.models, "skus": workload.skus}
    found = overlaid(catalog, used)
    if known is None or own:
        return found
    return (Overlaid("workload", workload.id, "a file of the user", replaces=True), *found)


def overlays_of_dies(catalog: Catalog, dies: Sequence[str]) -> tuple[Overlaid, ...]:
    """Records of the user behind the design spaces of some dies."""
    if len(catalog.layers) == 1:
        return ()
    records = [catalog.dies[name] for name in dies]
    return overlaid(
        catalog,
        {
            "dies": dies,
            "skus": [sku.id for sku in catalog.skus.values() if sku.die in dies],
            "memory": [part for die in records for part in die.memory.parts],
            "links": _known(die.link.part for die in records),
        },
    )


def _known(names: Iterable[str | None]) -> list[str]:
    return [name for name in names if name is not None]

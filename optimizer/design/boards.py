"""Board classes: the form factors and power classes that a die already ships in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from catalogs import Catalog, Sku

# Width of a GDDR channel (JEDEC GDDR6 and GDDR7 devices).
CHANNEL_BITS = 32
# A module that pairs the die with a host processor is not a board for a derived part.
HOSTED_FORM_FACTORS = ("superchip", "apu")


@dataclass(frozen=True, slots=True)
class Board:
    """One form factor with the power classes sold in it.

    Attributes
    ----------
    form_factor : str
        As the data sheets name it.
    links_max : int
        Most chip-to-chip links wired on a shipped part of this form factor.
    clamshell : bool
        Whether a shipped part carries two memory chips per channel.
    tdp_classes_w : tuple of int
        Power classes, ascending. [W]
    evidence : tuple of str
        SKU ids that ship in it.
    """

    form_factor: str
    links_max: int
    clamshell: bool
    tdp_classes_w: tuple[int, ...]
    evidence: tuple[str, ...]


def is_hosted(form_factor: str) -> bool:
    """Whether the form factor includes a host processor (superchip, APU socket).

    Examples
    --------
    >>> is_hosted("superchip (NVL72)"), is_hosted("SXM5")
    (True, False)
    """
    return form_factor.lower().startswith(HOSTED_FORM_FACTORS)


def parents_skus(catalog: Catalog, die: str, on: date, datacenter: bool) -> tuple[Sku, ...]:
    """SKUs of a die that may describe the parent: on sale by the day and not themselves derived.

    A derived part (A800, H20 ...) is an answer, never an input. Parts of the declared market come
    first; where the die has none, every part of the die stands in, and where no part of the die is
    on sale, those of the package that its record names (`boards_of`).
    """
    derived = {d.derived_sku for d in catalog.derivations.values() if d.derived_sku != d.base_sku}
    own = [
        sku
        for sku in catalog.skus.values()
        if sku.die == die
        and sku.id not in derived
        and sku.on_sale_from is not None
        and sku.on_sale_from <= on
    ]
    market = [sku for sku in own if sku.datacenter is datacenter]
    package = catalog.dies[die].boards_of
    if own or package is None:
        return tuple(market or own)
    return parents_skus(catalog, package, on, datacenter)


def boards_of(
    skus: Iterable[Sku], chip_capacities_gb: Iterable[int], gddr: bool
) -> tuple[Board, ...]:
    """Board classes that a set of SKUs shows to exist.

    Parameters
    ----------
    skus : iterable of Sku
        Parts of one die (see `parents_skus`).
    chip_capacities_gb : iterable of int
        Capacities of the memory chips that fit one site. [GB]
    gddr : bool
        Whether sites are 32-bit channels, so that two chips can share one.
    """
    largest = max(chip_capacities_gb, default=0)
    found: dict[str, list[Sku]] = {}
    for sku in skus:
        if sku.form_factor and sku.tdp_w is not None and not is_hosted(sku.form_factor):
            found.setdefault(sku.form_factor, []).append(sku)
    return tuple(_board(name, members, largest, gddr) for name, members in sorted(found.items()))


def _board(form_factor: str, skus: list[Sku], largest_chip_gb: int, gddr: bool) -> Board:
    return Board(
        form_factor=form_factor,
        links_max=max(int(sku.link.links or 0) if sku.link else 0 for sku in skus),
        clamshell=gddr and any(_is_clamshell(sku, largest_chip_gb) for sku in skus),
        tdp_classes_w=tuple(sorted({int(sku.tdp_w) for sku in skus if sku.tdp_w is not None})),
        evidence=tuple(sorted(sku.id for sku in skus)),
    )


def _is_clamshell(sku: Sku, largest_chip_gb: int) -> bool:
    memory = sku.memory
    if memory is None or memory.capacity_gb is None or memory.bus_width_bits is None:
        return False
    return bool(memory.capacity_gb * CHANNEL_BITS > largest_chip_gb * memory.bus_width_bits)

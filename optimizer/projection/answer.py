"""The projection of one part as an answer: numbers, assumptions, JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catalogs.architectures import Workload
from catalogs.deployment import LEAST_NETWORK_GB_S, PrefillPool
from catalogs.errors import InputError
from catalogs.load import load_catalog, read_toml
from catalogs.reading import validated
from catalogs.values import MOST
from optimizer.projection.calibration import Calibration, release_words, vendors_behind
from optimizer.projection.deployment import deployment_words
from optimizer.projection.devices import (
    assumptions_of_sku,
    resources_of_sku,
)
from optimizer.projection.gradients import (
    Gradients,
    gradients,
)
from optimizer.projection.layouts import Path as Carrier
from optimizer.projection.load import Burst, Load, at_rate, in_burst
from optimizer.projection.planned import interval_words, widening_words
from optimizer.projection.resources import Resources
from optimizer.projection.serving import DEFAULT_STACK, DEFAULT_WORKLOAD, Prepared, prepare
from optimizer.projection.table import ProjectionTable

if TYPE_CHECKING:
    from catalogs.catalog import Catalog
    from catalogs.skus import Sku


@dataclass(frozen=True, slots=True)
class Answer:
    """One part on one workload."""

    sku: Sku
    workload: Workload
    prepared: Prepared
    resources: Resources
    table: ProjectionTable
    gradients: Gradients
    member_gradients: tuple[Gradients, ...]
    assumptions: tuple[str, ...]
    loads: tuple[Load | None, ...] = ()
    bursts: tuple[Burst | None, ...] = ()

    @property
    def served(self) -> bool:
        """Whether every member of the workload can be served."""
        return self.table.reason[0] is None


def open_part(name: str, overlays: list[Path]) -> tuple[Catalog, Sku]:
    """Return the catalog and a SKU given by id, alias or file."""
    key, files = part_name(name)
    catalog = load_catalog([*files, *overlays])
    return catalog, catalog.sku(str(key))


def part_name(name: str | None) -> tuple[str | None, list[Path]]:
    """Return the id of a part given by id, alias or file, and the files to load for it."""
    if name is None or Path(name).suffix != ".toml":
        return name, []
    return str(read_toml(Path(name)).get("id", "")), [Path(name)]


def open_workload(name: str | None, catalog: Catalog) -> Workload:
    """Return a workload given by id, alias or file, or a mix of such; the default one if None.

    Examples
    --------
    >>> mix = open_workload("chat-70b=0.75,retrieval-32b=0.25", load_catalog())
    >>> [(m.name, m.weight) for m in mix.members]
    [('chat', 0.75), ('retrieval', 0.25)]
    """
    if name is None:
        return catalog.workload(DEFAULT_WORKLOAD)
    if "=" in name:
        return _mixed(name, catalog)
    path = Path(name)
    if path.suffix != ".toml":
        return catalog.workload(name)
    data = {key: value for key, value in read_toml(path).items() if key != "record"}
    return validated(Workload, data, str(path))


def with_prefill(
    workload: Workload, sku: str | None, network_gb_s: float | None = None
) -> Workload:
    """Return a workload whose prompts a pool of another part reads.

    Parameters
    ----------
    sku : str or None
        Id of the part; None leaves the workload as it is, but for the network.
    network_gb_s : float, optional
        Network between the pools, per chip and direction. [GB/s]

    Raises
    ------
    InputError
        A network without a pool, or one out of bounds.
    """
    if network_gb_s is not None and not LEAST_NETWORK_GB_S <= network_gb_s <= MOST:
        raise InputError(
            f"{network_gb_s or 0.0:g} is not from {LEAST_NETWORK_GB_S:g} to {MOST:g}",
            "--network",
            "Give GB/s per chip",
        )
    stated = workload.prefill
    if sku is None and stated is None:
        if network_gb_s is not None:
            raise InputError("a network without a second pool", "--network", "Add --prefill-with")
        return workload
    most = workload.max_chips_per_instance if stated is None else stated.max_chips_per_instance
    own = None if stated is None else stated.network_gb_s_per_chip
    pool = PrefillPool(
        sku=sku or (stated.sku if stated else ""),
        max_chips_per_instance=most,
        network_gb_s_per_chip=own if network_gb_s is None else network_gb_s,
        cite="command line" if stated is None else stated.cite,
    )
    return workload.model_copy(update={"prefill": pool})


def _mixed(text: str, catalog: Catalog) -> Workload:
    """A mix of workloads from ``NAME=SHARE,NAME=SHARE``; shares of the output tokens."""
    parts: list[tuple[Workload, float]] = []
    for each in text.split(","):
        name, _, share = each.partition("=")
        try:
            value = float(share)
        except ValueError:
            value = float("nan")
        if not 0 < value <= 1:
            raise InputError(
                f"'{each.strip()}' has no share from 0 to 1",
                "--workload",
                "Write NAME=SHARE,NAME=SHARE, as in chat-70b=0.7,retrieval-32b=0.3.",
            )
        parts.append((open_workload(name.strip(), catalog), value))
    pooled = next((w.id for w, _ in parts if w.prefill is not None), None)
    if pooled is not None:
        raise InputError(
            f"'{pooled}' has a prefill pool of its own", "--workload", "Give it without a share."
        )
    whole = len({w.id for w, _ in parts}) == len(parts)
    members = [
        m.model_copy(update={"weight": m.weight * share}) for w, share in parts for m in w.members
    ]
    if not whole or len({m.name for m in members}) < len(members):
        members = [
            m.model_copy(update={"name": f"{m.name} of {w.id} {i}", "weight": m.weight * share})
            for i, (w, share) in enumerate(parts, 1)
            for m in w.members
        ]
    data = {
        "id": "_and_".join(dict.fromkeys(w.id for w, _ in parts)),
        "name": " and ".join(f"{share:.6g} of {w.name}" for w, share in parts),
        "max_chips_per_instance": min(w.max_chips_per_instance for w, _ in parts),
        "members": [m.model_dump() for m in members],
        "cite": "; ".join(dict.fromkeys(w.cite for w, _ in parts)),
    }
    return validated(Workload, data, "--workload")


def answer(
    sku: Sku,
    workload: Workload,
    catalog: Catalog,
    *,
    calibration: Calibration | None = None,
    stack: str = DEFAULT_STACK,
    rate: float | None = None,
    burst: int | None = None,
) -> Answer:
    """Project a cataloged part.

    Parameters
    ----------
    rate : float, optional
        Requests of the whole workload at which it is shown as well. [1/s]
    burst : int, optional
        Requests that come at once to one instance, shown as well.

    Examples
    --------
    >>> catalog, sku = open_part("h20", [])
    >>> answer(sku, open_workload("chat-70b", catalog), catalog).served
    True
    """
    prepared = prepare(workload, catalog, calibration, stack=stack)
    chips = workload.max_chips_per_instance
    resources = resources_of_sku(sku, sku.die_record, chips=chips)
    table = prepared.project(resources)
    whole, each = gradients(prepared, resources)
    said = (*_assumptions(prepared, sku, resources, catalog), *piped_words(table))
    loads = () if rate is None else tuple(at_rate(prepared, resources, rate))
    bursts = () if burst is None else tuple(in_burst(prepared, resources, burst))
    return Answer(sku, workload, prepared, resources, table, whole, each, said, loads, bursts)


def _assumptions(
    prepared: Prepared, sku: Sku, resources: Resources, catalog: Catalog
) -> tuple[str, ...]:
    limits = any(p.step_limit_s is not None for p in prepared.plans)
    two = prepared.workload.prefill is not None
    cal = prepared.calibration
    own = (
        f"software stack {prepared.stack}; constants '{cal.id}' of {cal.fitted_date}, "
        "one set for all devices",
        interval_words(limits, two_pools=two),
        f"at most {prepared.workload.max_chips_per_instance} chips an instance; throughput is "
        "output tokens per second and chip",
    )
    die = sku.die_record
    maker = sku.vendor if die is None else die.vendor
    thin = thin_words(prepared.stack, prepared.workload, [(maker, resources.family)])
    warned = (f"warning: {each}" for each in thin)
    return (
        *own,
        *warned,
        *deployment_words(prepared.workload, catalog),
        *assumptions_of_sku(sku, die),
    )


def thin_words(
    stack: str, workload: Workload, families: Iterable[tuple[str, str]]
) -> tuple[str, ...]:
    """Return what was never measured: a stack on a maker's parts, a die family, a weight format.

    Parameters
    ----------
    stack : str
        Software stack.
    workload : Workload
    families : iterable of (maker, die family)
        Of the parts that are projected.
    """
    pairs = tuple(families)
    precisions = [member.weight_precision for member in workload.members]
    wider = widening_words([family for _, family in pairs], precisions) if pairs else ()
    return (*unmeasured_words(stack, [maker for maker, _ in pairs]), *wider)


def piped_words(table: ProjectionTable, row: int = 0) -> tuple[str, ...]:
    """Return which members run in pipeline stages over links, of which no row was measured."""
    names = [
        m.name
        for m in table.members
        if m.pipeline_stages[row] > 1 and m.path[row] == Carrier.LINK.value
    ]
    if not names:
        return ()
    return (
        f"{' and '.join(names)}: pipeline stages over links; all measured ones are on PCIe "
        "(docs/projection.md)",
    )


def unmeasured_words(stack: str, vendors: Iterable[str]) -> tuple[str, ...]:
    """Return a warning of each maker on whose parts a software stack was not measured.

    Examples
    --------
    >>> unmeasured_words("tensorrt-llm", ["NVIDIA"])
    ()
    """
    measured = vendors_behind(stack)
    known = [name.casefold() for name in measured]
    found = []
    for vendor in dict.fromkeys(vendors):
        if vendor.casefold() not in known:
            meant, others = release_words(stack, vendor)
            rows = f" (its measured rows are of {others})" if others else ""
            found.append(
                f"{stack} means {meant}, measured on {' and '.join(measured)} parts alone: "
                f"{vendor} may have no such release{rows}, and a maker left out of the fit was "
                "missed by more than the interval (docs/validation.md)"
            )
    return tuple(found)

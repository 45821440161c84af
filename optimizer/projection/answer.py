"""The projection of one part as an answer: numbers, assumptions, JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catalogs.architectures import Workload
from catalogs.deployment import LEAST_NETWORK_GB_S, PrefillPool
from catalogs.errors import InputError
from catalogs.load import load_catalog, read_toml
from catalogs.reading import validated
from catalogs.values import MOST
from optimizer.projection.calibration import Calibration
from optimizer.projection.deployment import deployment_words
from optimizer.projection.devices import (
    assumptions_of_sku,
    resources_of_sku,
)
from optimizer.projection.gradients import (
    Gradients,
    gradients,
)
from optimizer.projection.load import Burst, Load, at_rate, in_burst
from optimizer.projection.planned import interval_words
from optimizer.projection.ratios import kin_of_sku
from optimizer.projection.remarks import network_words, piped_words, thin_words
from optimizer.projection.resources import Resources
from optimizer.projection.serving import (
    DEFAULT_STACK,
    DEFAULT_WORKLOAD,
    Prepared,
    prepare,
    require_network,
)
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
    if len(parts) == 1 and parts[0][1] == 1:
        return parts[0][0]
    members = [
        m.model_copy(update={"weight": m.weight * share}) for w, share in parts for m in w.members
    ]
    if len({m.name for m in members}) < len(members):
        members = [
            m.model_copy(update={"name": f"{m.name} of {w.id} {i}", "weight": m.weight * share})
            for i, (w, share) in enumerate(parts, 1)
            for m in w.members
        ]
    data = {
        "id": "_and_".join(w.id for w, _ in parts),
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
    if workload.prefill is not None:
        require_network(workload.prefill, sku, "decode")
    chips = workload.max_chips_per_instance
    resources = resources_of_sku(sku, sku.die_record, chips=chips)
    table = prepared.project(resources)
    whole, each = gradients(prepared, resources)
    parts = (sku, *prefill_parts(workload, catalog))
    said = (*_assumptions(prepared, parts, catalog), *piped_words(table))
    loads = () if rate is None else tuple(at_rate(prepared, resources, rate))
    bursts = () if burst is None else tuple(in_burst(prepared, resources, burst))
    return Answer(sku, workload, prepared, resources, table, whole, each, said, loads, bursts)


def prefill_parts(workload: Workload, catalog: Catalog) -> tuple[Sku, ...]:
    """Return the part of a prefill pool, if there is one."""
    return () if workload.prefill is None else (catalog.sku(workload.prefill.sku),)


def _assumptions(prepared: Prepared, parts: Sequence[Sku], catalog: Catalog) -> tuple[str, ...]:
    """What is assumed of the part, and of that of a prefill pool by name."""
    cal = prepared.calibration
    own = (
        f"software stack {prepared.stack}; constants '{cal.id}' of {cal.fitted_date}, "
        "one set for all devices",
        interval_words(prepared.workload),
        f"at most {prepared.workload.max_chips_per_instance} chips an instance; throughput is "
        "output tokens per second and chip",
    )
    thin = thin_words(prepared.stack, prepared.workload, map(kin_of_sku, parts))
    warned = (f"warning: {each}" for each in thin)
    facts = [("" if i == 0 else f"{p.id}: ", assumptions_of_sku(p)) for i, p in enumerate(parts)]
    assumed = (f"{name}{each}" for name, found in facts for each in found)
    deployed = deployment_words(prepared.workload, catalog)
    between = network_words(prepared.workload.prefill, parts)
    return (*own, *warned, *deployed, *between, *assumed)

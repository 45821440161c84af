"""From a workload to output tokens per second and chip, for many designs at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from catalogs.architectures import Workload
from catalogs.deployment import PrefillPool
from catalogs.errors import InputError
from optimizer.projection.calibration import Calibration, load_calibration
from optimizer.projection.closed_form import chunk_size, raised, rate_per_chip
from optimizer.projection.deployment import Models, models_of, refuse_beyond
from optimizer.projection.devices import GIGA, resources_of_sku
from optimizer.projection.disaggregated import Pool
from optimizer.projection.layouts import Layout, Path
from optimizer.projection.plan import MemberPlan, plan_member
from optimizer.projection.prices import carriers, hot_prices
from optimizer.projection.resources import ARRAYS, Array, Resources
from optimizer.projection.software import STACK_TENSORRT_LLM

if TYPE_CHECKING:
    from catalogs.skus import Sku
    from optimizer.projection.table import ProjectionTable

# Indexes of layouts: worked out for all designs, and only where they can win.
Goes: TypeAlias = tuple[NDArray[np.intp], NDArray[np.intp]]

DEFAULT_STACK = STACK_TENSORRT_LLM
DEFAULT_WORKLOAD = "default-mix"
# Freeing one block of so many doubles makes the allocator keep smaller ones, where it would give
# the arrays of each chunk back to the system and clear their pages anew: twice the time
# (mallopt(3) of the GNU C library, M_MMAP_THRESHOLD).
KEPT_CELLS = 2_000_000
# From so many designs on a bound on the layouts that seldom win takes less time than they do.
MANY_DESIGNS = 1_000


class ModelSource(Models, Protocol):
    """What `prepare` asks of a catalog."""

    def sku(self, name: str) -> Sku:
        """Return a SKU by id or alias; asked for where a workload names a prefill pool."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A workload made ready: coefficients per member, no device yet.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> catalog = load_catalog()
    >>> ready = prepare(catalog.workload("chat-70b"), catalog)
    >>> chip = Resources(148e12, 296e12, 296e12, 148e12, 4e12, np.inf, 96 * 2**30, 450e9, 64e9)
    >>> bool(ready.tokens_per_s_per_chip(chip)[0] > 0)
    True
    """

    workload: Workload
    plans: tuple[MemberPlan, ...]
    calibration: Calibration
    stack: str

    def tokens_per_s_per_chip(self, resources: Resources) -> Array:
        """Output tokens per second and chip; 0 where any member cannot be served. (n,)

        For a mix, output tokens over weighted GPU-seconds: 1 / sum(share / rate).
        """
        return self._in_chunks(resources, worst=False)

    def worst_tokens_per_s_per_chip(self, resources: Resources) -> Array:
        """The least rate of any member, were it served alone; 0 where one cannot be. (n,)

        Examples
        --------
        >>> from catalogs.load import load_catalog
        >>> catalog = load_catalog()
        >>> ready = prepare(catalog.workload("default-mix"), catalog)
        >>> chip = Resources(148e12, 296e12, 296e12, 148e12, 4e12, np.inf, 96 * 2**30, 450e9, 64e9)
        >>> worst = ready.worst_tokens_per_s_per_chip(chip)
        >>> bool(0 < worst[0] < ready.tokens_per_s_per_chip(chip)[0])
        True
        """
        return self._in_chunks(resources, worst=True)

    def _in_chunks(self, resources: Resources, *, worst: bool) -> Array:
        count = resources.count
        picks = [usable_layouts(plan, resources, self.calibration) for plan in self.plans]
        if any(pick.size == 0 for pick in picks):
            return np.zeros(count)
        goes = [in_two(plan, pick, resources) for plan, pick in zip(self.plans, picks, strict=True)]
        step = chunk_size(max(go.size for each in goes for go in each))
        if count <= step:
            return self._chunk(resources, goes, count, worst)
        out = np.empty(count)
        np.empty(KEPT_CELLS)
        for start in range(0, count, step):
            stop = min(start + step, count)
            out[start:stop] = self._chunk(part(resources, start, stop), goes, stop - start, worst)
        return out

    def _chunk(self, resources: Resources, goes: list[Goes], count: int, worst: bool) -> Array:
        cal = self.calibration
        memory = np.asarray(resources.memory_bytes, dtype=np.float64)
        memory = memory if memory.shape == (count,) else np.full(count, memory)
        prices: dict[str, Array] = {}
        seconds, least = np.zeros(count), np.full(count, np.inf)
        for plan, (first, later) in zip(self.plans, goes, strict=True):
            width = plan.member.weight_precision
            if width not in prices:
                prices[width] = hot_prices(width, resources, cal, count)
            rates = rate_per_chip(plan, first, prices[width], memory, cal)
            silence_cut_links(rates, plan, first, resources)
            if plan.prefill is not None:
                rates = plan.prefill.beside(resources, first).joined(rates)
            best: Array = rates[0] if len(rates) == 1 else rates.max(axis=0)
            if later.size:
                best = raised(best, plan, later, prices[width], memory, cal)
            best += 0.0  # a rate of -0.0 would be minus infinite seconds in a mix
            if len(self.plans) == 1:
                return best
            if worst:
                np.minimum(least, best, out=least)
                continue
            with np.errstate(divide="ignore"):
                seconds += plan.member.weight / best
        return least if worst else np.divide(1.0, seconds)

    def project(self, resources: Resources) -> ProjectionTable:
        """Return the full table: per member the choice, latencies, binding term and interval."""
        from optimizer.projection.table import project

        return project(self, resources)


def part(resources: Resources, start: int, stop: int) -> Resources:
    """Return the designs `start` to `stop`."""
    changes: dict[str, Any] = resources.where()
    for name in ARRAYS:
        value = getattr(resources, name)
        changes[name] = value[start:stop] if np.ndim(value) and len(value) > 1 else value
    return Resources(**changes)


def in_two(plan: MemberPlan, pick: NDArray[np.intp], resources: Resources) -> Goes:
    """Split layouts into those worked out for all designs, and those that may only raise the best.

    These are the pipelines of a mixture of experts on many designs that have links, or have none;
    none beside another pool, where the faster of two layouts may be the worse one.
    """
    piped = plan.stages[pick] > 1
    linked = np.atleast_1d(resources.link_bytes_per_s_per_dir) > 0
    whole = (
        plan.prefill is not None
        or not plan.model.moe_layers
        or resources.count < MANY_DESIGNS
        or piped.all()
        or linked.any() != linked.all()
    )
    return (pick, pick[:0]) if whole else (pick[~piped], pick[piped])


def silence_cut_links(
    rates: Array, plan: MemberPlan, pick: NDArray[np.intp], resources: Resources
) -> None:
    """Set to zero what a design without links would get from a layout that they carry."""
    cut = np.asarray(resources.link_bytes_per_s_per_dir) <= 0
    if cut.any():
        rows = [row for row, index in enumerate(pick) if plan.layouts[index].path is Path.LINK]
        rates[rows] *= ~np.atleast_1d(cut)


def usable_layouts(plan: MemberPlan, resources: Resources, cal: Calibration) -> NDArray[np.intp]:
    """Indexes of the layouts that some of these designs could use to advantage.

    Left out are layouts whose weights fit no design, carriers that no design has, and the bus
    where every design's links are faster: the answer is the same without them.
    """
    if resources.count == 0:
        return np.empty(0, dtype=np.intp)
    link, bus = carriers(resources)
    held = cal.memory_usable_share * np.max(resources.memory_bytes)
    linked, bussed = bool(link.max() > 0), bool(bus.max() > 0)
    either = any(x.path is Path.LINK for x in plan.layouts)
    faster = link.min() * cal.link_efficiency >= bus.max() * cal.bus_efficiency
    outrun = linked and either and bool(faster)
    ways = _carried(plan.layouts, linked, bussed, outrun, resources.scale_up_domain)
    return np.flatnonzero(ways & (plan.weight_bytes + plan.stages / plan.per_cache_byte <= held))


@lru_cache(maxsize=256)
def _carried(
    layouts: tuple[Layout, ...], linked: bool, bussed: bool, outrun: bool, domain: int
) -> NDArray[np.bool_]:
    """Whether each layout has a carrier, and none that is faster for all."""

    def useful(layout: Layout) -> bool:
        by_link = linked and layout.chips <= domain
        match layout.path:
            case Path.NONE:
                return True
            case Path.LINK:
                return by_link
            case Path.BUS:
                return bussed and not (by_link and outrun)

    return np.array([useful(layout) for layout in layouts])


def prepare(
    workload: Workload,
    catalog: ModelSource,
    calibration: Calibration | None = None,
    *,
    stack: str = DEFAULT_STACK,
) -> Prepared:
    """Do once everything that does not depend on the device.

    Parameters
    ----------
    workload : Workload
        The mix of requests.
    catalog : ModelSource
        Where the models of the members are found.
    calibration : Calibration, optional
        Constants; the built-in global set if absent.
    stack : str
        Software stack, its current release: `tensorrt-llm` (factor 1), `sglang`, `vllm`.

    Examples
    --------
    >>> from catalogs.load import load_catalog
    >>> catalog = load_catalog()
    >>> len(prepare(catalog.workload("default-mix"), catalog).plans)
    3
    """
    cal = load_calibration() if calibration is None else calibration
    release = cal.stack(stack)
    pool = None if workload.prefill is None else prefill_pool(workload.prefill, catalog)
    plans = []
    for member in workload.members:
        model, *drafts = models = models_of(member, catalog)
        refuse_beyond(member, models)
        plans.append(
            plan_member(
                member,
                model,
                workload.max_chips_per_instance,
                cal,
                release,
                draft=drafts[0] if drafts else None,
                pool=pool,
            )
        )
    return Prepared(workload, tuple(plans), cal, stack.lower())


def require_network(stated: PrefillPool, sku: Sku, role: str) -> None:
    """Refuse a pool of which nothing says how fast the network to the other one is.

    Parameters
    ----------
    role : str
        `prefill` or `decode`.

    Raises
    ------
    InputError
        Neither the workload nor the record of the part states it.
    """
    if stated.network_gb_s_per_chip is None and not sku.scale_out_gb_s:
        raise InputError(
            "the network between the pools is unknown",
            f"{role} pool of {sku.id}",
            "State network_gb_s_per_chip in [prefill] (or --network), or its scale_out_gb_s",
        )


def prefill_pool(stated: PrefillPool, catalog: ModelSource) -> Pool:
    """Return the chip of a prefill pool with its resources.

    Raises
    ------
    InputError
        A fact of the chip is unknown, or nothing says how fast the network between the pools is.
    """
    sku = catalog.sku(stated.sku)
    chips = stated.max_chips_per_instance
    resources = resources_of_sku(sku, sku.die_record, chips=chips)
    network = stated.network_gb_s_per_chip
    require_network(stated, sku, "prefill")
    return Pool(sku.id, resources, chips, None if network is None else network * GIGA)

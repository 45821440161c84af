"""What a projection assumes of parts and requests, and what was never measured of them."""

from __future__ import annotations

from collections.abc import Iterable

from catalogs.architectures import Workload
from optimizer.projection.calibration import load_calibration, stored_constants, vendors_behind
from optimizer.projection.context import Models, context_words, models_of
from optimizer.projection.layouts import Path as Carrier
from optimizer.projection.planned import widening_words
from optimizer.projection.ratios import Kin
from optimizer.projection.software import ReleaseRecord
from optimizer.projection.table import ProjectionTable


def thin_words(stack: str, workload: Workload, parts: Iterable[Kin]) -> tuple[str, ...]:
    """Return what was never measured: a stack on a maker's parts, a die family, a weight format.

    Parameters
    ----------
    stack : str
        Software stack.
    workload : Workload
    parts : iterable of Kin
        Of those that are projected, of a prefill pool too.
    """
    kin = tuple(parts)
    precisions = [member.weight_precision for member in workload.members]
    wider = widening_words([each.family for each in kin], precisions) if kin else ()
    return (*unmeasured_words(stack, [each.maker for each in kin]), *wider)


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
    >>> unmeasured_words("tensorrt-llm", ["nvidia"])
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
                f"{vendor} may have no such release{rows}; the 80 % intervals are wider by what "
                "a maker left out of the fit was missed by (docs/projection.md)"
            )
    return tuple(found)


def release_words(stack: str, vendor: str) -> tuple[str, str]:
    """Return what a plan means by an engine, and which of its releases a maker's rows are of.

    Examples
    --------
    >>> release_words("vllm", "AMD")
    ('vLLM 0.18 and later, 2026', 'vLLM to 0.7 on ROCm 6, 2024')
    """
    releases = stored_constants().releases
    meant = releases[load_calibration().stack(stack).id]
    others = (
        _short(record)
        for record in releases.values()
        if record.engine == meant.engine and vendor.casefold() in map(str.casefold, record.vendors)
    )
    return _short(meant), "; ".join(others)


def _short(record: ReleaseRecord) -> str:
    """Which versions a release covers: its source without what follows the list of them."""
    return record.source.partition(";")[0].partition(":")[0]


def deployment_words(workload: Workload, models: Models) -> tuple[str, ...]:
    """Return what a pool of its own for the prompts, long contexts, prefixes and drafts assume."""
    found = []
    pool = workload.prefill
    if pool is not None:
        found.append(
            f"prompts are read by a pool of {pool.sku}, in the ratio at which both pools are full; "
            "throughput counts the chips of both; that part is not classified here"
        )
    for member in workload.members:
        found += context_words(member, models_of(member, models))
        if member.prefix_cached_share:
            found.append(
                f"{member.name}: {member.prefix_cached_share:.10g} of each prompt is found in the "
                f"cache as stated, held {member.prefix_held}; no measured row states a share"
            )
        if member.layout is not None:
            found.append(f"{member.name}: the layout {member.layout} is stated, not chosen")
        how = member.speculation
        if how is not None:
            found.append(
                f"{member.name}: {how.draft_tokens} drafted tokens a step, each kept with "
                f"{how.acceptance:g} as stated: {how.tokens_per_step:.3g} tokens a step; no "
                "measured row with a stated acceptance is in the interval"
            )
    return tuple(found)

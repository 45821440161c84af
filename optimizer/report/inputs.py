"""Everything that went into a result, resolved, and the hashes over it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel

from catalogs.economics import economics
from optimizer.projection.calibration import load_calibration
from optimizer.report.canonical import digest, plain
from optimizer.report.embed import embedded_files
from optimizer.report.overlays import Overlaid, overlays_of_dies, overlays_of_workload
from optimizer.report.solve import Case

PARTS = ("catalog", "economics", "models", "projection", "workload")
"""Parts of the inputs that have a hash of their own."""

ANSWER = "answer"
UNSEALED = ("hashes", "versions")
"""What the hash of the answer leaves out: itself, and the programs that made it."""


def resolved_inputs(case: Case, *, files: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The ``inputs`` of a result.

    Parameters
    ----------
    case : Case
        What was solved.
    files : mapping, optional
        Embedded files of the user, when a replay already has them.
    """
    if files is None:
        files = embedded_files(case.settings, ambient=True)
    workload = case.request.workload
    inputs = {
        "options": case.settings.to_dict(),
        "rules": _rules(case),
        "workload": _record(workload),
        "models": _records(case.catalog.models, map(case.catalog.models.id_of, workload.models)),
        "projection": _projection(case),
        "catalog": _catalog(case),
        "overlays": [each.to_dict() for each in overlays_of(case)],
        "economics": _economics(case),
        "files": files,
    }
    return plain(inputs)  # type: ignore[no-any-return]


def overlays_of(case: Case) -> tuple[Overlaid, ...]:
    """Records of the user's own files that the answer to a case rests on."""
    dies = case.request.parents or tuple(case.catalog.dies)
    workload = overlays_of_workload(case.request.workload, case.catalog)
    return (*overlays_of_dies(case.catalog, dies), *workload)


def hashes_of(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Hashes over the canonical form of the inputs and of their parts."""
    parts = {name: digest(inputs[name]) for name in PARTS if name in inputs}
    return {"inputs": digest(inputs), "rules": inputs["rules"]["digest"], **parts}


def answer_hash(document: Mapping[str, Any]) -> str:
    """Hash over all that a result says, but for its hashes and the versions that made it."""
    return digest({k: v for k, v in document.items() if k not in UNSEALED})


def _rules(case: Case) -> dict[str, Any]:
    rules, settings = case.ruleset, case.settings
    destination = case.request.destination
    atoms = rules.atoms(destination)
    return {
        "id": settings.rules,
        "title": rules.title,
        "on": rules.on,
        "destination": destination,
        "exporter": rules.exporter,
        "margin": rules.margin,
        "overrides": dict(rules.overrides),
        "changes": rules.changes,
        "last_checked": rules.last_checked,
        "digest": rules.digest,
        "rules": [
            {"id": rule.id, "version": rule.version.id, "citation": rule.version.citation.text}
            for rule in rules.rules
        ],
        "thresholds": {
            path: {"value": use.value, "unit": use.unit, "clauses": use.clauses}
            for path, use in atoms.items()
        },
    }


def _economics(case: Case) -> dict[str, Any]:
    """The figures behind cost, salvage and power: their hash, the user's own, the draws."""
    figures = case.request.figures or economics()
    own = {
        each.key: {
            "low": each.low,
            "value": each.value,
            "high": each.high,
            **({"confidential": True} if each.confidential else {}),
        }
        for each in case.overrides
    }
    drawn = {"draws": case.draws.count, "seed": case.draws.seed}
    return {"digest": digest(plain(figures.model_dump())), "overrides": own, **drawn}


def _projection(case: Case) -> dict[str, Any]:
    """The constants that the throughput rests on."""
    calibration = load_calibration()
    return {
        "stack": case.request.stack,
        "calibration": calibration.id,
        "fitted_date": calibration.fitted_date,
        "digest": digest(asdict(calibration)),
    }


def _catalog(case: Case) -> dict[str, Any]:
    """Records that the design spaces were built from."""
    catalog = case.catalog
    dies = case.request.parents or tuple(catalog.dies)
    skus = [sku.id for sku in catalog.skus.values() if sku.die in dies]
    skus += map(catalog.skus.id_of, case.request.workload.skus)
    memory = {part for die in dies for part in catalog.dies[die].memory.parts}
    return {
        "dies": _records(catalog.dies, dies),
        "skus": _records(catalog.skus, skus),
        "memory_parts": _records(catalog.memory_parts, memory),
    }


def _records(records: Mapping[str, BaseModel], ids: Iterable[str]) -> dict[str, Any]:
    return {name: _record(records[name]) for name in sorted(set(ids))}


def _record(record: BaseModel) -> dict[str, Any]:
    """A record without what it does not state."""
    return record.model_dump(exclude_none=True, exclude_defaults=True)

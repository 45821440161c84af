"""Check a stored certificate by itself: its corners, and nothing else of the search."""

from collections.abc import Iterator

import numpy as np

from optimizer.projection import Prepared
from optimizer.report.result import Corner
from optimizer.solver import Optimal, Request
from optimizer.solver.objective import requested
from optimizer.solver.proof import Claim, ProofRefusedError, prove
from optimizer.solver.requirements import requirements
from optimizer.solver.staircase import axis_levels
from optimizer.solver.tables import build_tables, with_columns


def unproved(
    optimum: Optimal, corners: tuple[Corner, ...], request: Request, prepared: Prepared
) -> Iterator[str]:
    """Say why stored corners do not prove an optimum; nothing if they do.

    Parameters
    ----------
    optimum : Optimal
        The best design of one parent, found again.
    corners : tuple of Corner
        The stored corners of that parent.
    request : Request
    prepared : Prepared
        The workload, made ready.
    """
    axes = optimum.certificate.axes
    if any(set(corner.resources) != set(axes) for corner in corners) or not corners:
        yield f"the corners do not have the axes {', '.join(axes)}"
        return
    vectors = np.array([[_number(c.resources[axis]) for axis in axes] for c in corners])
    needs = requirements(request, optimum.space)
    objective = requested(request, optimum.space, prepared)
    tables = with_columns(build_tables(optimum.space), needs.board_columns)
    claim = Claim(
        space=optimum.space,
        requirements=needs.by_label(),
        design=optimum.designs[0].design,
        value=optimum.designs[0].value,
        objective=objective,
        vector=objective.vector,
        board_columns=needs.board_columns,
        axes=objective.axes,
    )
    try:
        proved = prove(claim, vectors, axis_levels(tables, objective.extra, objective.grid))
    except (ProofRefusedError, TimeoutError) as refusal:
        yield str(refusal)
        return
    if len(proved) > len(vectors):
        yield f"{len(proved) - len(vectors)} lawful designs lie outside every corner"


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")

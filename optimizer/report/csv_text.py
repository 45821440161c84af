"""Rows as CSV that no spreadsheet reads as formulas."""

import csv
import io
from collections.abc import Iterable, Sequence

from optimizer.report.safe import safe_cell


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A header and rows as CSV, every cell safe.

    Examples
    --------
    >>> print(csv_text(["id"], [["h20"], ["=1"]]), end="")
    id
    h20
    '=1
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([safe_cell(cell) for cell in cells] for cells in rows)
    return stream.getvalue()

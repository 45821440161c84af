"""The spec sheet of a design: one page in the manner of the vendors' own data sheets.

``sheet_of`` gives the sheet as data, ``as_html``, ``as_markdown_sheet`` and ``as_text_sheet``
render it.
"""

from optimizer.report.sheet.content import sheet_of
from optimizer.report.sheet.html import as_html, as_html_page
from optimizer.report.sheet.markdown import as_markdown_sheet, as_text_sheet
from optimizer.report.sheet.model import Sheet

__all__ = [
    "Sheet",
    "as_html",
    "as_html_page",
    "as_markdown_sheet",
    "as_text_sheet",
    "sheet_of",
]

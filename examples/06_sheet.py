"""Solve one die, write its spec sheet as one offline HTML page, and read two numbers back."""

import tempfile
from pathlib import Path

from optimizer import solve
from optimizer.report.sheet import as_html, as_markdown_sheet, sheet_of


def main() -> None:
    """Print the head of the sheet in Markdown and where the page was written."""
    result = solve("us-2025", parents=["gb202"])
    sheet = sheet_of(result, name="Planning part A")
    for line in as_markdown_sheet(sheet).splitlines()[:13]:
        print(line)
    for figure in sheet.key_figures:
        print(f"{figure.label}: {figure.cell.text} {figure.unit}")
    page = as_html(sheet)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.html"
        path.write_text(page, encoding="utf-8")
        print(f"one file, {path.stat().st_size // 1000} kB, {len(sheet.endnotes)} endnotes")
    print(f"exact TPP {sheet.key_figures[0].cell.value}, from {sheet.key_figures[0].cell.source}")


if __name__ == "__main__":
    main()

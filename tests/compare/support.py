"""Runs commands and compares pages with the reviewed ones.

Run ``python -m tests.compare.support`` after a change of law, data or text, and review the diff.
"""

import io
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"
GERMANY = ("h20", "--rules", "us-2025", "--destination", "DE", "--headquarters", "CN")
PAGES = {
    "compare_two.txt": ("compare", "h20", "rtx_pro_6000d"),
    "compare_four.txt": ("compare", "h20", "l20", "a800", "b30a", "--rules", "us-2023"),
    "compare_two.md": ("compare", "h20", "rtx_pro_6000d", "--rules", "us-2025", "-f", "md"),
    "compare_two.csv": ("compare", "h20", "rtx_pro_6000d", "--rules", "us-2025", "-f", "csv"),
    "record.md": ("check", *GERMANY, "-f", "md"),
    "record.html": ("check", *GERMANY, "-f", "html"),
    "record_open.md": ("check", "--rules", "us-2023", "--tpp", "3000", "--datacenter", "-f", "md"),
}
HASH = re.compile(r"[0-9a-f]{64}")


def run(*words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    from optimizer.cli import main

    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(list(words))
    return code, out.getvalue(), err.getvalue()


def without_hashes(page: str) -> str:
    """The page with every hash of 64 digits named only."""
    return HASH.sub("(hash)", page)


def update() -> None:
    """Write every page anew."""
    for name, words in PAGES.items():
        code, page, error = run(*words)
        if code != 0:
            raise SystemExit(f"{name}: {error}")
        (GOLDEN / name).write_text(without_hashes(page), encoding="utf-8")


if __name__ == "__main__":
    update()

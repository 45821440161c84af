"""The output in docs/for-compliance.md, kept equal to what the program prints.

Run ``python -m tests.compliance_page`` after a change of law, data or text to write it anew.
"""

from pathlib import Path

from tests.planners_page import printed

PAGE = Path(__file__).resolve().parent.parent / "docs" / "for-compliance.md"
START = "```text\n$ optimize "
END = "```\n"


def rewritten() -> str:
    """The page with its output as the program prints it now."""
    head, start, tail = PAGE.read_text(encoding="utf-8").partition(START)
    command, _, rest = tail.partition("\n")
    return head + start + command + "\n" + printed(command) + END + rest.partition(END)[2]


def update() -> None:
    """Write the output into the page."""
    PAGE.write_text(rewritten(), encoding="utf-8")


if __name__ == "__main__":
    update()

"""The outputs in docs/for-planners.md, kept equal to what the program prints.

A block without a line of three dots is the whole output. In another one such a line stands, and has
to stand, wherever paragraphs are left out. Run ``python -m tests.planners_page`` after a change of
law, data or text to write the page anew.
"""

import io
import re
import shlex
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from optimizer.cli.errors import ExitCode

PAGE = Path(__file__).resolve().parent.parent / "docs" / "for-planners.md"
_BLOCK = re.compile(r"```text\n\$ optimize (?P<command>[^\n]*)\n(?P<shown>.*?)```\n", re.DOTALL)
_GAP = "..."
# Exit codes of an answer: one with a design, and one that says why there is none.
ANSWERS = (ExitCode.DONE, ExitCode.INFEASIBLE)
_HEAD = re.compile(r"[A-Z][A-Z /-]+")


def printed(command: str) -> str:
    """What a command prints on standard output."""
    from optimizer.cli import main

    stream = io.StringIO()
    with redirect_stdout(stream), redirect_stderr(io.StringIO()):
        code = main(shlex.split(command))
    if code not in ANSWERS:
        raise SystemExit(f"optimize {command} exits with {code}")
    return stream.getvalue()


def current(shown: str, output: str) -> str:
    """The paragraphs that a block shows, as the output has them now."""
    parts = shown.rstrip("\n").split("\n\n")
    if _GAP not in parts:
        return output
    wanted = [_heading(part) for part in parts if part != _GAP]
    kept: list[str] = []
    for paragraph in output.rstrip("\n").split("\n\n"):
        if _heading(paragraph) in wanted:
            kept.append(paragraph)
        elif kept[-1:] != [_GAP]:
            kept.append(_GAP)
    return "\n\n".join(kept) + "\n"


def _heading(paragraph: str) -> str:
    """Capital letters with which a paragraph of an output starts."""
    head = _HEAD.match(paragraph)
    return head[0].rstrip() if head else paragraph


def rewritten(page: Path = PAGE) -> str:
    """A page with every block as the program prints it now."""
    outputs: dict[str, str] = {}

    def fill(found: re.Match[str]) -> str:
        command = found["command"]
        if command not in outputs:
            outputs[command] = printed(command)
        text = current(found["shown"], outputs[command])
        return f"```text\n$ optimize {command}\n{text}```\n"

    return _BLOCK.sub(fill, page.read_text(encoding="utf-8"))


def update(page: Path = PAGE) -> None:
    """Write the outputs into a page."""
    page.write_text(rewritten(page), encoding="utf-8")


if __name__ == "__main__":
    update()

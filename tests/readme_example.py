"""The example output in README.md, kept equal to what the program prints.

Run ``python -m tests.readme_example`` after a change of law, data or text to write it anew.
"""

import io
from contextlib import redirect_stdout
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
COMMAND = ["--rules", "us-2025", "--parent", "gb202"]
START = "```text\n$ optimize " + " ".join(COMMAND) + "\n"
END = "...\n```\n"
CUT = "CLASSIFICATION"


def shown() -> str:
    """The part of the output that README shows."""
    from optimizer.cli import main

    stream = io.StringIO()
    with redirect_stdout(stream):
        code = main(COMMAND)
    if code != 0:
        raise SystemExit(f"the example exits with {code}")
    return stream.getvalue().partition(CUT)[0]


def stated() -> str:
    """What README has."""
    return README.read_text(encoding="utf-8").partition(START)[2].partition(END)[0]


def update() -> None:
    """Write the example into README."""
    text = README.read_text(encoding="utf-8")
    head, _, tail = text.partition(START)
    README.write_text(head + START + shown() + END + tail.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    update()

"""The output in docs/trade-offs.md, kept equal to what the program prints.

Run ``python -m tests.trade_offs_page`` after a change of law, data or text to write it anew.
"""

from tests import planners_page

PAGE = planners_page.PAGE.with_name("trade-offs.md")


def rewritten() -> str:
    """The page with its output as the program prints it now."""
    return planners_page.rewritten(PAGE)


if __name__ == "__main__":
    planners_page.update(PAGE)

"""The outputs in docs/projection.md, kept equal to what the program prints.

Run ``python -m tests.projection_page`` after a change of data or text to write them anew.
"""

from tests import planners_page

PAGE = planners_page.PAGE.with_name("projection.md")


def rewritten() -> str:
    """The page with its outputs as the program prints them now."""
    return planners_page.rewritten(PAGE)


if __name__ == "__main__":
    planners_page.update(PAGE)

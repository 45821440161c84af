"""The output in docs/for-compliance.md, kept equal to what the program prints.

Run ``python -m tests.compliance_page`` after a change of law, data or text to write it anew.
"""

from tests import planners_page

PAGE = planners_page.PAGE.with_name("for-compliance.md")


def rewritten() -> str:
    """The page with its output as the program prints it now."""
    return planners_page.rewritten(PAGE)


if __name__ == "__main__":
    planners_page.update(PAGE)

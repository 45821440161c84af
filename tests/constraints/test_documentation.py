"""What the page on the law shows is so."""

import re
from pathlib import Path

from constraints import check, load_law
from tests.constraints.support import H20

PAGE = Path(__file__).parents[2] / "docs" / "how-the-law-is-written.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_the_users_rule_on_the_page_works(tmp_path: Path) -> None:
    path = tmp_path / "power_density.toml"
    path.write_text(next(text for text in blocks("toml") if "id = " in text))
    rules = load_law([path]).ruleset("us-2025", without=["us_letters"])
    said = check({**H20, "tdp_w": 400, "customer_listed": True}, rules)
    assert said.paragraphs == ("mine/power_density.1",)


def test_the_python_on_the_page_says_what_it_says() -> None:
    found: dict[str, object] = {}
    exec(blocks("python")[0], found)
    said = found["said"]
    assert (said.verdict, said.needs) == (  # type: ignore[attr-defined]
        "undetermined", ("dram_bandwidth_gb_s", "io_bandwidth_gb_s"),
    )  # fmt: skip

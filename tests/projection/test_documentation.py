"""docs/projection.md prints what the program prints, and its workload file is one."""

import re
from pathlib import Path

from catalogs import Catalog
from optimizer.projection import prepare
from optimizer.projection.answer import open_workload
from tests.projection_page import PAGE, rewritten


def test_every_printed_block_is_what_the_program_prints() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.count("```text\n$ optimize ") == page.count("```text\n") > 1
    assert page == rewritten(), "stale: python -m tests.projection_page"


def test_the_workload_file_of_the_page_is_served(tmp_path: Path, catalog: Catalog) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    (plan,) = prepare(open_workload(str(path), catalog), catalog).plans
    assert {layout.tensor for layout in plan.layouts} == {8}

"""Every example runs from top to bottom, and shows what it promises."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.py"))
EXPECTED = {
    "01_h20_from_the_law.py": ("verdict not_controlled", "solved", "H20"),
    "02_rtx_pro_6000d_from_the_law.py": ("verdict not_controlled", "solved", "6000D"),
    "03_check_a_part.py": ("us-2023  not_controlled", "needs applicable_die_area_mm2"),
    "04_what_if.py": (
        "rtx_pro_6000d: not_controlled -> controlled",
        "gb202: -9.0%",
        "memory_sites",
    ),
    "05_back_test.py": (
        "h20: 98.9 % of the proved optimum",
        "a800: 88.6 %",
        "keeps the memory of a100_sxm_80gb",
    ),
    "06_sheet.py": ("# Planning part A", "license: not required", "PROJECTED, per chip"),
    "07_compare.py": ("CONTROLLED, tier none, by us_letters/april_2025", "!=  cores", "78 pub B"),
    "09_threshold_moved.py": ("steps up to twice that", "nothing lawful serves it", "x hbm"),
    "08_classification_record.py": ("## Sign-off", "Germany (DE)", "4,000 + 1,028 = 5,028"),
}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_runs(path: Path):
    run = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    assert run.returncode == 0, run.stderr
    for text in EXPECTED[path.name]:
        assert text in run.stdout


def test_the_examples_are_listed():
    listing = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert all(path.name in listing for path in EXAMPLES)

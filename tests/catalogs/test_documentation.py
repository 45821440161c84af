"""The files printed in the documentation are valid files."""

import re
from decimal import Decimal
from pathlib import Path

from catalogs import load_catalog
from catalogs.audit import audit

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "how-a-chip-is-added.md"


def test_printed_files_are_valid(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    whole = [block for block in blocks if block.startswith("record")]
    assert len(whole) == 2
    for number, block in enumerate(whole):
        (tmp_path / f"{number}.toml").write_text(block, encoding="utf-8")
    sources = next(block for block in blocks if block.startswith("[our_memo]"))
    (tmp_path / "sources.toml").write_text(sources, encoding="utf-8")
    catalog = load_catalog([tmp_path], ambient=False)
    assert audit(catalog).faults == []
    assert catalog.sku("my_chip").legal_facts()["tpp"] == 2372
    span = catalog.sku("my_h20").legal_intervals()["dram_bandwidth_gb_s"]
    assert span == (Decimal(4000), Decimal(4022))
    assert catalog.sources["our_memo"].grade == "A"

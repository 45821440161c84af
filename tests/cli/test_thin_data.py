"""A part of a kind that was never measured has a wider interval, and every answer says why."""

import json

from optimizer.cli import main
from optimizer.report.solve import solve

WIDER = "80 % interval wider for die family 'Blackwell Ultra, single die', of which no row"


def test_a_design_of_a_die_family_without_rows_has_the_wider_interval() -> None:
    thin = solve("us-2025", parents=["b30a_die"], workload="chat-70b")
    known = solve("us-2025", parents=["gh100"], workload="chat-70b")
    assert any(text.startswith(WIDER) for text in thin.warnings)
    assert not any("wider" in text for text in known.warnings)
    low = [r.designs[0].projection.low for r in (thin, known)]
    high = [r.designs[0].projection.high for r in (thin, known)]
    speed = [r.designs[0].projection.tokens_per_s_per_chip for r in (thin, known)]
    shares = [[end[i] / speed[i] for i in (0, 1)] for end in (low, high)]
    (thin_low, known_low), (thin_high, known_high) = shares
    assert thin_low <= known_low * (1 + 1e-9)
    assert thin_high >= known_high * (1 - 1e-9)
    assert any("held out" in text for text in known.assumptions)


def test_a_projected_part_of_such_a_family_is_warned_of(capsys) -> None:
    assert main(["project", "mi300x", "-f", "json"]) == 0
    known = json.loads(capsys.readouterr().out)
    assert not any("wider for" in text for text in known["assumptions"])
    assert main(["project", "gaudi_3_oam", "-f", "json"]) == 0
    thin = json.loads(capsys.readouterr().out)
    assert any("die family 'Gaudi 3'" in text for text in thin["assumptions"])

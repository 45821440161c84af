"""A rule of one's own with one condition and one threshold, as the text of a pack."""

_PACK = """\
id = "{name}"
title = "A rule of our own"
kind = "control"
items = ["ic"]
{facts}
[[versions]]
id = "draft"
status = "hypothetical"
confidence = "D"
citation = {{ text = "internal policy" }}

[versions.thresholds]
line = {{ value = {line}, unit = "{unit}" }}

[[versions.paragraphs]]
id = "1"
condition = "{condition}"
cite = "internal policy, paragraph 1"

[versions.scope]
worldwide = true
"""


def own_rule(
    condition: str, line: int | str, *, name: str = "mine/own", unit: str = "1", facts: str = ""
) -> str:
    """The pack whose paragraph catches a part where `condition`, which may read `line`, holds."""
    return _PACK.format(condition=condition, line=line, name=name, unit=unit, facts=facts)

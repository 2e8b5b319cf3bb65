"""What a figure of a yearly table counts: its coordinates, the same wherever it is shown (contract §10, Secrecy)."""

from __future__ import annotations

from dataclasses import dataclass

NATION = ""
REGION = "région:"
"""`Count.group` of the nation, and the beginning of that of a région."""
TOTAL = "total"
OTHERS = "autres"
"""What is left of a dimension of which only the first modalities are shown."""
CROSS = "×"


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Count:
    """The number of cases (or of answers) of one collection and year, in a group, with a modality.

    `collection`: slug. `group`: `NATION`, the code of a platform or of a CIL/CCI, or `région:` and its name.
    `dimension`: `total` (modality empty), a characteristic, or a cross `a×b`, whose `modality` is one of `a` and
    whose `other` one of `b`.
    """

    collection: str
    year: int
    group: str = NATION
    dimension: str = TOTAL
    modality: str = ""
    other: str = ""

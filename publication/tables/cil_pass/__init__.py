"""The level 1 tables of the CIL-PASS scheme, D1 to D7 and the ratios D8bis (S1-4 to S1-11, S0-11)."""

from __future__ import annotations

from publication.facts import Facts
from publication.table import Table
from publication.tables.cil_pass.lines import line_table
from publication.tables.cil_pass.national import national_table
from publication.tables.cil_pass.ratios import ratio_table
from publication.tables.cil_pass.services import ASSISTANCE, MOBILITE
from publication.tables.cil_pass.syntheses import by_platform, by_region

__all__ = ["quarterly_tables"]


def quarterly_tables(facts: Facts) -> tuple[Table, ...]:
    """Every table of a quarter, in the order in which they are published."""
    return (
        line_table("D1", ASSISTANCE, facts),
        line_table("D2", MOBILITE, facts),
        national_table("D3", facts),
        by_region("D4", ASSISTANCE, facts),
        by_platform("D5", ASSISTANCE, facts),
        by_region("D6", MOBILITE, facts),
        by_platform("D7", MOBILITE, facts),
        ratio_table("D8bis", facts),
    )

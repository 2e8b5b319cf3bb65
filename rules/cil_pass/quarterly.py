"""What the two quarterly collections have in common (C1, C2): the same checks under the same numbers."""

from __future__ import annotations

from rules.register import (
    adherent_of_this_platform,
    expected_lines_present,
    no_line_elsewhere,
    no_line_of_mandant,
    registered_departement,
    registered_name,
)
from rules.rule import Rule
from rules.wholefile import sorted_by_departement, totals_agree


def shared_rules(collection: str) -> tuple[Rule, ...]:
    """R01–R07 and R09 of a quarterly collection; R08 is its own."""
    return (
        adherent_of_this_platform(f"{collection}.R01"),
        expected_lines_present(f"{collection}.R02"),
        registered_name(f"{collection}.R03"),
        registered_departement(f"{collection}.R04"),
        totals_agree(f"{collection}.R05"),
        no_line_of_mandant(f"{collection}.R06"),
        sorted_by_departement(f"{collection}.R07"),
        no_line_elsewhere(f"{collection}.R09"),
    )

"""The level 2 tables of the CIL-PASS scheme, D10 to D15, before secrecy (S1-12 to S1-19, S2-13, S2-14).

How the figures relate, for whoever hides some of them. A cell that shows counts of cases or of answers says which
ones: `Row.rests_on` has for each cell the `publication.counted.Count` that it is (one), or those that it is computed
from (a share rests on the part and on the whole, an evolution on both years); empty for any other cell. The same
`Count` may stand in several tables (D11, D11R, sheets of D15): it is one figure, with one value. So a cell is hidden
when any of its counts is, and percentages need no other care.

*Groups.* Nation = Σ régions (of the seat; `région:HORS REGISTRE` for who has none) = Σ platforms (of 31 December; a
CIL/CCI that has none any more counts with who deposited) = Σ CIL/CCI. A platform = Σ its CIL/CCI.
*Dimensions* (`dimensions.py`). Of a single choice: Σ modalities = `total`, `nd` (not known) included. Of several
choices (`multiple`): each modality ≤ `total`, no sum; total less a modality is how many did *not* choose it.
*Crosses* `a×b` (D11X1 to D11X4, nation and year N only): for each modality of `a`, Σ over `b` of a single choice =
that modality of `a`; over a `b` of several choices, each ≤ both margins. The other way round too. Flows (D12F, nation
and year N only) are the cross `depart×arrivee`: only pairs of at least `flows_from` cases are listed, 20 at most; the
figure with modality and other `autres` is `total` less those. `region` = Σ its `departement` (both of the home, not of
the seat). Places (`departement`, `region`, `depart`, `arrivee`) are shown for the nation only, the rest for all groups.
*Satisfaction* (slug `satisfaction`): answers. `dimension` = item (`ASA1`) or service (`ASA`: its four items), modality
= grade; modality empty = all answers, the base of the line. Base = Σ 4 grades; service = Σ 4 items. No régions there.
*N-1*: the same counts with `year` N-1.
D13 and the figures of D14 that come from declarations rest on nothing. In D15, the mean, the quartiles and the rank
of counts among units are computed from what is *not* secret: `situation_tables` is given the secret counts for that.
"""

from __future__ import annotations

from collections.abc import Collection

from publication.counted import Count
from publication.table import Table
from publication.tables.cil_pass.activity import activity_tables
from publication.tables.cil_pass.agreements import agreement_tables
from publication.tables.cil_pass.cases import case_tables
from publication.tables.cil_pass.dimensions import CASES
from publication.tables.cil_pass.position import Situations
from publication.tables.cil_pass.satisfaction import satisfaction_tables
from publication.year import YearFacts

FLOWS_FROM = 11
"""A flow between two départements is listed from this many cases on: the secrecy threshold, unless told otherwise."""


def yearly_tables(facts: YearFacts, *, flows_from: int = FLOWS_FROM) -> tuple[Table, ...]:
    """The tables of a year that everybody gets, D10 to D14, in the order in which they are published."""
    return (
        *satisfaction_tables(facts),
        *(table for one in CASES for table in case_tables(one, facts, flows_from)),
        *agreement_tables(facts),
        *activity_tables(facts),
    )


def situation_tables(facts: YearFacts, organisation: str, secret: Collection[Count] = frozenset()) -> tuple[Table, ...]:
    """D15 of one CIL/CCI or platform; `Situations` makes those of everybody for less."""
    return Situations(facts=facts, secret=secret).tables(organisation)

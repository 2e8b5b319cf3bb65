"""D8bis: what the counts of a CIL/CCI say against each other, under D1 and D2."""

from __future__ import annotations

from collections.abc import Sequence

from publication.facts import Facts, in_order
from publication.table import Column, Key, Kind, Row, RowKind, Table
from publication.tables.cil_pass.lines import line_table
from publication.tables.cil_pass.services import ASSISTANCE, MOBILITE
from publication.tables.cil_pass.titles import quarter_title
from publication.values import NOT_CONCERNED, Value, quotient, share

_COLUMNS = (
    Column(
        name="engagements_sur_prealables_pct",
        label="Engagements / diagnostics préalables",
        kind=Kind.PERCENT,
        group=ASSISTANCE.title,
    ),
    Column(
        name="complementaires_sur_prealables_pct",
        label="Complémentaires / diagnostics préalables",
        kind=Kind.PERCENT,
        group=ASSISTANCE.title,
    ),
    Column(
        name="part_diagnostics_pct",
        label="Part des diagnostics préalables du réseau",
        kind=Kind.PERCENT,
        group=ASSISTANCE.title,
    ),
    Column(name="montant_moyen", label="Montant moyen par dossier", kind=Kind.EUROS, group=MOBILITE.title),
    Column(name="dossiers_par_entreprise", label="Dossiers par entreprise", kind=Kind.RATIO, group=MOBILITE.title),
    Column(name="part_dossiers_pct", label="Part des dossiers du réseau", kind=Kind.PERCENT, group=MOBILITE.title),
)
_NOTHING = (NOT_CONCERNED,) * 3


def ratio_table(code: str, facts: Facts) -> Table:
    """One line for each CIL/CCI of D1 or D2, and the nation's."""
    tables = [line_table("", one, facts) for one in (ASSISTANCE, MOBILITE)]
    values = [{row.keys["code_cil"]: row.values for row in table.rows} for table in tables]
    totals = [found["TOTAL"] for found in values]
    members = {member for found in values for member in found} - {"TOTAL"}
    lines = [
        Row(
            kind=RowKind.LINE,
            keys={"departement": facts.department(member), "code_cil": member, "nom_cil": facts.name(member)},
            values=_values(values[0].get(member), values[1].get(member), totals),
        )
        for member in in_order(facts, members)
    ]
    nation = Row(
        kind=RowKind.TOTAL,
        keys={"departement": "", "code_cil": "TOTAL", "nom_cil": "Ensemble du réseau"},
        values=_values(totals[0], totals[1], totals),
    )
    return Table(
        code=code,
        title="Ratios des deux services",
        subtitle=quarter_title(facts.period),
        period=facts.period,
        keys=(
            Key(name="departement", label="Dpt."),
            Key(name="code_cil", label="Code", hidden=True),
            Key(name="nom_cil", label="CIL/CCI"),
        ),
        columns=_COLUMNS,
        rows=(*lines, nation),
    )


def _values(
    assistance: Sequence[Value] | None, mobilite: Sequence[Value] | None, totals: Sequence[Sequence[Value]]
) -> tuple[Value, ...]:
    return (*_assistance(assistance, totals[0]), *_mobilite(mobilite, totals[1]))


def _assistance(values: Sequence[Value] | None, totals: Sequence[Value]) -> tuple[Value, ...]:
    if values is None:
        return _NOTHING
    first, engaged, further = values
    return (share(engaged, first), share(further, first), share(first, totals[0]))


def _mobilite(values: Sequence[Value] | None, totals: Sequence[Value]) -> tuple[Value, ...]:
    if values is None:
        return _NOTHING
    cases, firms, amount = values
    return (quotient(amount, cases), quotient(cases, firms), share(cases, totals[0]))

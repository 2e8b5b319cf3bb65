"""D1 and D2: one line for each CIL/CCI that performs the service, and the national total (S1-4, S1-6, S1-8)."""

from __future__ import annotations

from domain.organisations import Span
from publication.facts import Facts, Quarter, in_order
from publication.table import Column, Key, Row, RowKind, Table
from publication.tables.cil_pass.services import PublishedService
from publication.tables.cil_pass.titles import quarter_title
from publication.values import total

NIL_NOTE = "état néant"


def line_table(code: str, published: PublishedService, facts: Facts) -> Table:
    """Every expected line and every other one in force; what is missing is `n.d.` and outside the total."""
    quarter = facts.quarter(published.service, facts.period)
    columns = tuple(
        Column(name=one.name, label=one.label, kind=one.kind, group="Trimestre", mark=one.mark)
        for one in published.indicators
    )
    rows = [_line(published, facts, quarter, member) for member in in_order(facts, quarter.members)]
    totals = tuple(total(row.values[place] for row in rows) for place in range(len(columns)))
    keys = {"departement": "", "code_cil": "TOTAL", "nom_cil": published.total_label}
    return Table(
        code=code,
        title=f"Suivi de l’activité du {published.title}",
        subtitle=quarter_title(facts.period),
        period=facts.period,
        keys=(
            Key(name="departement", label="Dpt."),
            Key(name="code_cil", label="Code", hidden=True),
            Key(name="nom_cil", label=f"CIL/CCI qui réalise le service{published.member_mark}"),
        ),
        columns=columns,
        rows=(*rows, Row(kind=RowKind.TOTAL, keys=keys, values=totals)),
        footnotes=published.footnotes,
    )


def _line(published: PublishedService, facts: Facts, quarter: Quarter, member: str) -> Row:
    notes = [f"réalise aussi pour : {also}"] if (also := _also_for(published, facts, member)) else []
    if quarter.is_nil(member):
        notes.append(NIL_NOTE)
    return Row(
        kind=RowKind.LINE,
        keys={"departement": facts.department(member), "code_cil": member, "nom_cil": facts.name(member)},
        values=tuple(quarter.value(member, one.name) for one in published.indicators),
        notes=tuple(notes),
    )


def _also_for(published: PublishedService, facts: Facts, member: str) -> str:
    """Names of the CIL/CCI whose service it performs during the quarter (S0-8), in order; since or until when."""
    quarter = Span(first=facts.period.starts_on, last=facts.period.ends_on)
    mandants = {
        one.code_mandant: one.dates
        for one in facts.directory.delegations
        if one.code_realisateur == member and one.service is published.service and one.dates.overlaps(quarter)
    }
    return ", ".join(f"{facts.name(one)}{_part(quarter, mandants[one])}" for one in in_order(facts, mandants))


def _part(quarter: Span, dates: Span) -> str:
    """« depuis le 15/02/2005 » when a delegation begins in the quarter: the mandant has a line of its own as well."""
    told = []
    if dates.first is not None and quarter.first != dates.first and quarter.covers(dates.first):
        told.append(f"depuis le {dates.first:%d/%m/%Y}")
    if dates.last is not None and quarter.last != dates.last and quarter.covers(dates.last):
        told.append(f"jusqu’au {dates.last:%d/%m/%Y}")
    return f" ({', '.join(told)})" if told else ""

"""D4 to D7: the quarter and the cumul of each CIL/CCI, by région and by platform (S1-10, S1-11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.periods import Period
from domain.text import fold
from publication.facts import Facts, in_order
from publication.table import Column, Key, Row, RowKind, Table
from publication.tables.cil_pass.cumuls import cumul, with_figures
from publication.tables.cil_pass.services import PublishedService
from publication.tables.cil_pass.titles import cumul_title, quarter_title
from publication.values import Value, total
from schemas.codes import region_of

NATIONAL = "NATIONAL"
TOTAL = "TOTAL"
NO_PLACE = "HORS REGISTRE"
_LAST_PLACE = ("\uffff", "")
INCOMPLETE_NOTE = "* Cumul incomplet : un trimestre attendu n’est pas parvenu."
MOVED_NOTE = (
    "Cumul repris : le cumul d’un CIL/CCI qui a changé de Plate-forme dans l’année le suit dans celle de la fin du "
    "trimestre."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Block:
    """A block of rows: its key in the CSV, its heading, and its place among the others."""

    key: str
    heading: str
    place: tuple[str, str]


def by_region(code: str, published: PublishedService, facts: Facts) -> Table:
    """Blocks « REGION XXX », in alphabetical order without accents; the région of the seat, as it was that year."""

    def block(member: str) -> _Block:
        name = region_of(facts.department(member), facts.period.year)
        if name is None:
            return _Block(key=NO_PLACE, heading=NO_PLACE, place=_LAST_PLACE)
        return _Block(key=name, heading=f"RÉGION {name.upper()}", place=(fold(name), name))

    return _synthesis(code, published, facts, Key(name="region", label="Région"), block, "par région")


def by_platform(code: str, published: PublishedService, facts: Facts) -> Table:
    """Blocks « PLATE-FORME XXX », by code; the platform of the period's end, whoever deposited before."""

    def block(member: str) -> _Block:
        platform = platform_of(published, facts, member)
        if platform is None:
            return _Block(key=NO_PLACE, heading=NO_PLACE, place=_LAST_PLACE)
        return _Block(key=platform, heading=f"PLATE-FORME {platform} – {facts.name(platform)}", place=(platform, ""))

    key = Key(name="code_plateforme", label="Plate-forme")
    return _synthesis(code, published, facts, key, block, "par Plate-forme")


def platform_of(published: PublishedService, facts: Facts, member: str) -> str | None:
    """The platform of the period's end; of one that left during the year, the last that it had; else who deposited."""
    for period in reversed(facts.year_to_date):
        adhesion = facts.directory.adhesion_on(member, published.service, period.ends_on)
        if adhesion is not None:
            return adhesion.code_plateforme
    for period in reversed(facts.year_to_date):
        line = facts.quarter(published.service, period).lines.get(member)
        if line is not None:
            return line.platform
    return None


def _synthesis(  # noqa: PLR0913, PLR0917 - what tells two syntheses apart
    code: str,
    published: PublishedService,
    facts: Facts,
    key: Key,
    block_of: Callable[[str], _Block],
    how: str,
) -> Table:
    quarter = facts.quarter(published.service, facts.period)
    concerned = frozenset(quarter.expected) | with_figures(facts, published.service, facts.year_to_date)
    blocks: dict[str, list[str]] = {}
    named: dict[str, _Block] = {}
    for member in in_order(facts, concerned):
        block = block_of(member)
        named[block.key] = block
        blocks.setdefault(block.key, []).append(member)
    width = len(_columns(published, facts.period))
    rows: list[Row] = []
    lines: list[Row] = []
    for name in sorted(blocks, key=lambda one: named[one].place):
        found = [_line(published, facts, key, named[name], member) for member in blocks[name]]
        lines += found
        rows += [*found, _total_row(RowKind.BLOCK_TOTAL, key.name, name, named[name].heading, "Total", found, width)]
    rows.append(_total_row(RowKind.TOTAL, key.name, NATIONAL, "", "Total national", lines, width))
    return Table(
        code=code,
        title=f"Tableau de synthèse du suivi trimestriel pour le {published.title}",
        subtitle=f"{how} – {quarter_title(facts.period)}",
        period=facts.period,
        keys=(key, Key(name="code_cil", label="Code", hidden=True), Key(name="nom_cil", label="CIL/CCI")),
        columns=_columns(published, facts.period),
        rows=tuple(rows),
        block=key.name,
        footnotes=published.footnotes,
        notes=_notes(lines),
    )


def _notes(lines: Sequence[Row]) -> tuple[str, ...]:
    notes = [INCOMPLETE_NOTE] if any(value.incomplete for row in lines for value in row.values) else []
    if any(row.notes for row in lines):
        notes.append(MOVED_NOTE)
    return tuple(notes)


def _columns(published: PublishedService, period: Period) -> tuple[Column, ...]:
    return tuple(
        Column(name=f"{one.name}_{suffix}", label=label, kind=one.kind, group=one.label, mark=one.mark)
        for one in published.indicators
        for suffix, label in (("trimestre", "Trimestre"), ("cumul", cumul_title(period)))
    )


def _line(published: PublishedService, facts: Facts, key: Key, block: _Block, member: str) -> Row:
    quarter = facts.quarter(published.service, facts.period)
    values: list[Value] = []
    for one in published.indicators:
        values += [
            quarter.value(member, one.name),
            cumul(facts, published.service, member, one.name, facts.year_to_date),
        ]
    moved = _moved(published, facts, member) if key.name == "code_plateforme" else ""
    return Row(
        kind=RowKind.LINE,
        keys={key.name: block.key, "code_cil": member, "nom_cil": facts.name(member), "heading": block.heading},
        values=tuple(values),
        notes=(moved,) if moved else (),
    )


def _moved(published: PublishedService, facts: Facts, member: str) -> str:
    """« Cumul repris de PF02 »: figures of the year that another platform deposited."""
    now = platform_of(published, facts, member)
    quarters = [facts.quarter(published.service, period) for period in facts.year_to_date]
    lines = [quarter.lines.get(member) for quarter in quarters]
    others = sorted({line.platform for line in lines if line is not None and line.platform != now})
    return f"cumul repris de {', '.join(others)}" if others else ""


def _total_row(  # noqa: PLR0913, PLR0917 - what a total says
    kind: RowKind, key: str, block: str, heading: str, label: str, lines: Sequence[Row], width: int
) -> Row:
    values = tuple(total(row.values[place] for row in lines) for place in range(width))
    return Row(kind=kind, keys={key: block, "code_cil": TOTAL, "nom_cil": label, "heading": heading}, values=values)

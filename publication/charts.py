"""Charts as plain SVG, made from the tables alone: the same in the page and in the PDF, readable without colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from publication.table import Kind, Row, RowKind, Table
from publication.values import Value
from publication.words import shown

FONT: Final = "Libertinus Serif, Georgia, serif"
INK, SOFT, NOW, BEFORE = "#1b2430", "#525d6b", "#1f4b75", "#b9c7d6"
WIDTH: Final = 640
_LABEL_WIDTH: Final = 210
_BAR: Final = 15
_STEP: Final = 22
_GROUP_STEP: Final = 46


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """A picture and what it says in words, for those who do not see it."""

    name: str
    title: str
    description: str
    svg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Bar:
    label: str
    value: Value
    kind: Kind
    colour: str = NOW


def charts(tables: Sequence[Table]) -> tuple[Chart, ...]:
    """Cumuls against last year's for each service, then régions for each first indicator."""
    by_code = {table.code: table for table in tables}
    made = [_cumuls(by_code["D3"], service) for service in ("ASA", "MOB")] if "D3" in by_code else []
    made += [_blocks(by_code[code], 1) for code in ("D4", "D6") if code in by_code]
    return tuple(chart for chart in made if chart is not None)


def _cumuls(table: Table, service: str) -> Chart | None:
    """This year's cumul and last year's, one pair for each indicator; each pair on its own scale."""
    rows = [row for row in table.rows if row.keys["service"] == service]
    title = f"{rows[0].keys['heading']} : cumul et rappel de l’année précédente"
    pairs: list[tuple[_Bar, _Bar]] = []
    for row in rows:
        kind = row.kinds[2]
        pairs.append(
            (
                _Bar(label=row.keys["label"], value=row.values[2], kind=kind),
                _Bar(label="rappel", value=row.values[3], kind=kind, colour=BEFORE),
            ),
        )
    parts: list[str] = []
    y = 34
    for pair in pairs:
        most = max((_size(bar.value) for bar in pair), default=Decimal(0))
        for bar in pair:
            parts.append(_bar(bar, y, most))
            y += _BAR + 3
        y += _GROUP_STEP - 2 * (_BAR + 3)
    said = " ; ".join(
        f"{now.label} : {shown(now.value, now.kind)}, rappel {shown(before.value, before.kind)}"
        for now, before in pairs
    )
    return _chart(f"cumuls-{service.lower()}", title, said, parts, y)


def _blocks(table: Table, column: int) -> Chart | None:
    """The cumul of each block of a synthesis, the largest first."""
    totals = [row for row in table.rows if row.kind is RowKind.BLOCK_TOTAL]
    totals = sorted(totals, key=lambda row: (-_size(row.values[column]), _block_name(table, row)))
    kind = table.columns[column].kind
    bars = [_Bar(label=_block_name(table, row), value=row.values[column], kind=kind) for row in totals]
    if not bars:
        return None
    most = max(_size(bar.value) for bar in bars)
    parts = [_bar(bar, 34 + place * _STEP, most) for place, bar in enumerate(bars)]
    title = f"{table.columns[column].group} par région : {table.columns[column].label.lower()}"
    said = " ; ".join(f"{bar.label} : {shown(bar.value, bar.kind)}" for bar in bars)
    return _chart(f"regions-{table.code.lower()}", title, said, parts, 34 + len(bars) * _STEP)


def _block_name(table: Table, row: Row) -> str:
    return row.keys.get(table.block or "", "")


def _size(value: Value) -> Decimal:
    return Decimal(0) if value.number is None else Decimal(value.number)


def _bar(bar: _Bar, y: int, most: Decimal) -> str:
    room = WIDTH - _LABEL_WIDTH - 90
    length = int(room * _size(bar.value) / most) if most else 0
    middle = y + _BAR - 4
    outline = "" if bar.colour == NOW else f' stroke="{SOFT}" stroke-width="0.6"'
    return (
        f'<text x="{_LABEL_WIDTH - 8}" y="{middle}" text-anchor="end" fill="{INK if bar.colour == NOW else SOFT}">'
        f"{escape(bar.label)}</text>"
        f'<rect x="{_LABEL_WIDTH}" y="{y}" width="{max(length, 1)}" height="{_BAR}" fill="{bar.colour}"{outline}/>'
        f'<text x="{_LABEL_WIDTH + max(length, 1) + 6}" y="{middle}" fill="{INK}">'
        f"{escape(shown(bar.value, bar.kind))}</text>"
    )


def _chart(name: str, title: str, said: str, parts: Sequence[str], height: int) -> Chart:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + 6}" width="{WIDTH}" '
        f'height="{height + 6}" role="img" aria-label={quoteattr(f"{title}. {said}")} '
        f'font-family="{FONT}" font-size="12.5">'
        f'<text x="0" y="16" font-size="14" font-weight="bold" fill="{INK}">{escape(title)}</text>'
        f"{''.join(parts)}</svg>"
    )
    return Chart(name=name, title=title, description=said, svg=svg)

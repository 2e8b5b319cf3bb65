"""Is the table whole: every column asked for, once, and nothing that is not of the format (G-06, G-07, G-08, G-15)."""

from __future__ import annotations

import difflib
from dataclasses import replace

from domain.cells import column_letters
from domain.findings import Severity
from domain.text import normalise_header
from ingest.stages.collector import FindingCollector
from ingest.stages.layout import Layout
from rules.generic import GENERIC
from rules.messages import both, plural, quoted, say
from schemas.columns import Column

_NEAR = 0.6
_SHOWN_ROWS = 6
_SHOWN_LETTERS = 8
_ANOTHER_FORMAT = 2
"""Columns of another format that make the whole table one of that format: what it lacks is not told then."""


def check_columns(layout: Layout, header_row: int, collector: FindingCollector) -> None:
    """What the titles alone say."""
    if _check_retired(layout, header_row, collector) < _ANOTHER_FORMAT:
        _check_missing(layout, header_row, collector)
    for name, first, second in layout.twice:
        collector.add(
            layout.finding(
                "G-06",
                Severity.BLOCKING,
                say(
                    "La colonne {title} apparaît deux fois ({first} et {second}).",
                    title=quoted(layout.label(name)),
                    first=column_letters(first),
                    second=column_letters(second),
                ),
                row=header_row,
                column=name,
                hint=say("Ne gardez que celle à prendre en compte."),
                cause=f"G-06:{name}:twice",
            )
        )
    if layout.collection.cases:
        _block_strangers(layout, [index for index, title in layout.strangers.items() if title], collector)


def _block_strangers(layout: Layout, indexes: list[int], collector: FindingCollector) -> None:
    """In a collection of cases an unknown column may say who a person is: named by its letter only, it blocks."""
    for index in sorted(indexes):
        letter = column_letters(index)
        collector.add(
            layout.finding(
                "G-07",
                Severity.BLOCKING,
                say("Le format de cette collecte n'a pas de colonne {letter}.", letter=letter),
                hint=say("Supprimez cette colonne du fichier, puis déposez de nouveau."),
                cause="G-07:cases",
            )
        )


def _check_retired(layout: Layout, header_row: int, collector: FindingCollector) -> int:
    """Columns of another format of the collection; how many there are."""
    found = [
        (index, title, advice)
        for index, title in layout.strangers.items()
        if title and (advice := layout.collection.retired_headers.get(normalise_header(title))) is not None
    ]
    for index, title, advice in found:
        del layout.strangers[index]
        if len(found) < _ANOTHER_FORMAT:
            collector.add(
                layout.finding(
                    "G-15",
                    Severity.BLOCKING,
                    say("La colonne {letter} est celle d'un autre format.", letter=column_letters(index)),
                    row=header_row,
                    hint=advice,
                    cause=f"G-15:{normalise_header(title)}",
                )
            )
    if len(found) >= _ANOTHER_FORMAT:
        letters = [column_letters(index) for index, _title, _advice in sorted(found)]
        collector.add(
            layout.finding(
                "G-15",
                Severity.BLOCKING,
                say(
                    "Le tableau est dans un autre format que celui de cette période : c'est le cas des colonnes "
                    "{letters}.",
                    letters=both([*letters[:_SHOWN_LETTERS], *(["d’autres"] if len(letters) > _SHOWN_LETTERS else [])]),
                ),
                row=header_row,
                hint=say(
                    "Reprenez le modèle de cette période, dans « diffusion/modeles » ; si le tableau est celui d'une "
                    "autre année, corrigez le nom du fichier."
                ),
                cause="G-15:format",
            )
        )
    return len(found)


def _check_missing(layout: Layout, header_row: int, collector: FindingCollector) -> None:
    absent = [
        column
        for column in layout.collection.columns
        if not column.optional and column.name not in layout.positions and column.stand_in not in layout.positions
    ]
    for column in absent:
        collector.add(
            layout.finding(
                "G-06",
                Severity.BLOCKING,
                say("La colonne {title} manque.", title=quoted(column.label)),
                row=header_row,
                column=column.name,
                expected=say("un titre : {titles}", titles=_titles(column)),
                hint=_near_title(layout, column)
                or say("Ajoutez cette colonne, avec son titre, puis déposez de nouveau."),
                cause=f"G-06:{column.name}:missing",
            )
        )


def _titles(column: Column) -> str:
    return f"{quoted(column.label)} ou {column.name}"


def _near_title(layout: Layout, column: Column) -> str | None:
    if layout.collection.cases:
        return None
    titles = {normalise_header(title): (index, title) for index, title in layout.strangers.items() if title}
    wanted = [normalise_header(spelling) for spelling in (column.label, column.name, *column.aliases)]
    near = [match for header in wanted for match in difflib.get_close_matches(header, titles, n=1, cutoff=_NEAR)]
    if not near:
        return None
    index, title = titles[near[0]]
    return say(
        "Est-ce la colonne {letter}, {title} ? Renommez-la {label}.",
        letter=column_letters(index),
        title=quoted(title),
        label=quoted(column.label),
    )


def check_strangers(layout: Layout, header_row: int, filled: dict[int, int], collector: FindingCollector) -> None:
    """Columns that are not of the format and hold something: `filled` gives the row of their first cell.

    The finding points at the column's title, or at that first cell when there is none.
    """
    if layout.collection.cases:
        _block_strangers(layout, [index for index in filled if not layout.strangers[index]], collector)
        return
    for index, row in sorted(filled.items()):
        title = layout.strangers[index]
        letter = column_letters(index)
        message = (
            say(
                "La colonne {letter}, {title}, n'est pas dans le format : elle est ignorée.",
                letter=letter,
                title=quoted(title),
            )
            if title
            else say("La colonne {letter} n'a pas de titre : ses cellules sont ignorées.", letter=letter)
        )
        finding = layout.finding(
            "G-07",
            GENERIC["G-07"].severity,
            message,
            row=header_row if title else row,
            hint=say("Rien à faire si elle est pour vous ; sinon, corrigez son titre et déposez de nouveau.")
            if title
            else say("Rien à faire si elle est pour vous ; sinon, donnez-lui son titre et déposez de nouveau."),
            cause="G-07:unknown" if title else "G-07:untitled",
        )
        collector.add(replace(finding, cell=f"{letter}{finding.row}", label=title or None))


def check_any_record(layout: Layout, n_read: int, collector: FindingCollector) -> None:
    """A table without a record is not a nil return."""
    if n_read == 0:
        collector.add(
            layout.finding(
                "G-08",
                Severity.BLOCKING,
                say("Le tableau ne contient aucune ligne."),
                hint=say(
                    "Remplissez une ligne par {record}. S'il n'y a eu aucune activité nulle part, écrivez NEANT "
                    "sous les titres.",
                    record="dossier" if layout.collection.cases else "CIL/CCI",
                ),
            )
        )


def tell_ignored(layout: Layout, notes: list[int], collector: FindingCollector) -> None:
    """Lines of comment that were left out."""
    if notes:
        collector.add(
            layout.finding(
                "G-21",
                Severity.INFO,
                say(
                    "{count} hors du tableau (note, signature, sous-total) : rien à charger.",
                    count=plural(len(notes), "ligne"),
                ),
                row=notes[0],
            )
        )


def tell_titles(layout: Layout, rows: list[int], collector: FindingCollector) -> None:
    """Lines that repeat the titles, as on printed pages."""
    if rows:
        several = len(rows) > 1
        collector.add(
            layout.finding(
                "G-21",
                Severity.INFO,
                say(
                    "Les titres de colonnes reviennent sur les lignes {rows} : elles sont ignorées."
                    if several
                    else "Les titres de colonnes reviennent sur la ligne {rows} : elle est ignorée.",
                    rows=both(str(row) for row in rows[:_SHOWN_ROWS]) + ("…" if len(rows) > _SHOWN_ROWS else ""),
                ),
                row=rows[0],
                cause="G-21:titles",
            )
        )


def tell_sum(layout: Layout, row: int, collector: FindingCollector) -> None:
    """A line without a name that is the sum of the others."""
    collector.add(
        layout.finding(
            "G-21",
            Severity.INFO,
            say("La ligne {row}, sans nom, est la somme des autres : lue comme la ligne TOTAL.", row=str(row)),
            row=row,
            hint=say("Rien à faire ; vous pouvez écrire TOTAL devant."),
            cause="G-21:sum",
        )
    )


def refuse_second_table(layout: Layout, row: int, collector: FindingCollector) -> None:
    """Other titles under the lines: one sheet, one table."""
    collector.add(
        layout.finding(
            "G-06",
            Severity.BLOCKING,
            say("Un second tableau, avec d'autres titres, commence à la ligne {row}.", row=str(row)),
            row=row,
            expected=say("un seul tableau par feuille"),
            hint=say(
                "Mettez-le dans une autre feuille ou dans un autre fichier, ou supprimez-le, puis déposez de nouveau."
            ),
            cause="G-06:second-table",
        )
    )

"""What one column of a template asks for: in words, as a validation, as a live check. Pure: formulas and texts."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from domain.findings import Severity
from rendering.french import say, typeset
from rendering.workbooks.template_plan import PreparedLine, TemplateColumn, TemplatePlan
from rules.rule import RecordRule, RuleSet
from schemas.collection import Collection
from schemas.columns import INSTRUCTIONS_SHEET, MAX_COUNT, Column, Kind

TITLE_CHARS, MESSAGE_CHARS = 32, 255
"""What a spreadsheet shows of an input message; a longer one is refused by the library, with a warning only."""
FIRST_DAY = date(1900, 1, 1)
SEVERITIES: Mapping[Severity, str] = {
    Severity.BLOCKING: "Le fichier est refusé",
    Severity.ERROR: "La ligne est refusée",
    Severity.WARNING: "À confirmer",
    Severity.INFO: "Simple remarque",
}
"""What a rule costs, for the person who fills in."""


def list_name(column: Column) -> str:
    """The defined name of a column's list."""
    return f"Liste_{column.name}"


def cut(text: str, most: int) -> str:
    """The text in at most that many characters, cut between words."""
    return text if len(text) <= most else textwrap.shorten(text, most, placeholder=" …")


def asked(column: Column) -> str:
    """What to write in a cell, in one plain sentence."""
    if column.kind is Kind.AMOUNT:
        places = say(", {count} décimales au plus", count=column.decimals) if column.decimals else ""
        what = "Un montant en euros" if column.unit in {None, "€"} else "Un nombre"
        return say("{what}{bounds}{places}.", what=what, bounds=_bounds(column), places=places)
    if column.kind is Kind.TEXT:
        persons = " Rien sur des personnes : ni nom, ni téléphone, ni adresse." if column.free_text else ""
        return say("Un texte, {count} caractères au plus." + persons, count=column.max_length)
    if column.several:
        return typeset("Un ou plusieurs codes de la liste, séparés par une espace.")
    if column.kind is Kind.CODE and column.codes is not None:
        return typeset("Un code de la liste : cliquez sur la flèche.")
    if column.kind is Kind.COUNT:
        return say("Un nombre entier{bounds}, sans décimale.", bounds=_bounds(column))
    return typeset(_ASKED[column.kind])


_ASKED = {
    Kind.CODE: "Un code.",
    Kind.DATE: "Une date : JJ/MM/AAAA.",
    Kind.YES_NO: "O pour oui, N pour non.",
    Kind.MEMBER: "Le code d'un CIL/CCI de l'annuaire, ou son nom exact.",
    Kind.YEAR: "Une année, sur quatre chiffres.",
    Kind.QUARTER: "Un trimestre : 1, 2, 3 ou 4.",
    Kind.POSTAL: "Un code postal, sur cinq chiffres.",
}


_FIGURES = frozenset({Kind.COUNT, Kind.AMOUNT})


def _bounds(column: Column) -> str:
    if column.minimum is None or column.maximum is None:
        return "" if column.minimum is None else say(", {low} ou plus", low=column.minimum)
    return say(" de {low} à {high}", low=column.minimum, high=column.maximum)


def one_line_each(collection: Collection) -> str:
    """What a line is, where the register prepares none."""
    if collection.record:
        return say("Une ligne par {record}.", record=collection.record)
    return typeset("Une ligne par chose à déclarer.")


def legend(plan: TemplatePlan) -> str:
    """What the colours mean, in words."""
    to_do = (
        "Cases jaunes : à remplir. Cases grises : déjà remplies."
        if plan.lines
        else "Une ligne commencée montre en jaune ce qu'il reste à remplir."
    )
    return typeset(f"{to_do} Cases rouges ou orange, en gras : à vérifier. Voir la feuille « {INSTRUCTIONS_SHEET} ».")


def remaining(plan: TemplatePlan) -> tuple[str, str]:
    """The live count of cells still empty on the expected lines: its formula, and what it says at first."""
    needed = [one for one in plan.to_fill if one.column.required or one.column.when is not None]
    blocks = [(one, first, last) for one in needed for first, last in _asked_of(plan, one.column)]
    empty = (
        "+".join(
            f"COUNTBLANK({xl_rowcol_to_cell(first, one.index)}:{xl_rowcol_to_cell(last, one.index)})"
            for one, first, last in blocks
        )
        or "0"
    )
    done = typeset("Toutes les cases attendues sont remplies. S'il ne reste ni rouge ni orange, déposez le fichier.")
    formula = (
        f'=IF({empty}=0,"{done}",IF({empty}=1,"Il reste 1 case à remplir.","Il reste "&({empty})&" cases à remplir."))'
    )
    count = sum(last - first + 1 for _one, first, last in blocks)
    return formula, f"Il reste {count} cases à remplir." if count > 1 else "Il reste 1 case à remplir."


def _asked_of(plan: TemplatePlan, column: Column) -> list[tuple[int, int]]:
    """The runs of prepared lines on which a person fills in this column: first and last row."""
    runs: list[tuple[int, int]] = []
    for row, line in enumerate(plan.lines, start=plan.first_row):
        decides = None if column.when is None else line.values.get(column.when[0])
        if line.sums_alike and column.quantity:
            continue
        if column.when is not None and decides not in column.when[1]:
            continue
        if runs and runs[-1][1] == row - 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs


def sum_alike(plan: TemplatePlan, line: PreparedLine, one: TemplateColumn) -> str:
    """The formula of a cumul: the lines of CIL/CCI where the same things stand, the free lines too; empty without any.

    A range never holds the cumul itself: a spreadsheet would call it circular.
    """
    member = plan.order.collection.member_column
    names = [name for name in line.sums_alike if name in plan.places]
    own = [
        row
        for row, other in enumerate(plan.lines, start=plan.first_row)
        if not other.sums_alike and all(other.values.get(name) == line.values[name] for name in names)
    ]
    ranges = [(min(own), max(own))] if own else []
    ranges.append((plan.last_expected_row + 1, plan.last_row))
    counted, summed = [], []
    for first, last in ranges:

        def cells(index: int, first: int = first, last: int = last) -> str:
            return f"${xl_col_to_name(index)}${first + 1}:${xl_col_to_name(index)}${last + 1}"

        alike = [f'{cells(plan.places[name])},"{_begins(line.values[name])}"' for name in names]
        if member is not None and member.name in plan.places:
            alike.append(f'{cells(plan.places[member.name])},"?*"')
        counted.append(f'COUNTIFS({",".join(alike)},{cells(one.index)},">=0")')
        summed.append(f"SUMIFS({cells(one.index)},{','.join(alike)})")
    return f'=IF({"+".join(counted)}=0,"",{"+".join(summed)})'


def _begins(text: str) -> str:
    """What a cell is compared with: a code, with or without its label behind it."""
    code, blank, _label = text.partition(" ")
    return f"{code}*" if blank else text


def duty_of_some(column: Column, collection: Collection) -> str:
    """On which lines a conditional cell is filled in."""
    elsewhere = ", vide sur les autres lignes" if column.empty_elsewhere else ""
    return typeset(f"Obligatoire {collection.condition(column)}{elsewhere}.")


def about(column: Column, collection: Collection, rules: RuleSet) -> str:
    """The comment on a column's title: what it counts, what to write, and the rules that look at it."""
    parts = [column.note] if column.note else []
    parts.append(asked(column))
    if column.required and column.stand_in is None:
        parts.append(typeset("Case obligatoire : une case vide n'est pas un zéro."))
    if column.when is not None:
        parts.append(duty_of_some(column, collection))
    parts += [
        say("{cost} : {sentence}", cost=SEVERITIES[rule.severity], sentence=rule.sentence)
        for rule in rules.rules
        if column.name in rule.reads and rule.severity is not Severity.INFO
    ]
    return "\n\n".join(parts)


def validation(one: TemplateColumn, first_row: int, *, listed: str | None = None) -> dict[str, Any]:
    """The validation of a column's cells, with its messages; `listed`: the defined name of its list."""
    column = one.column
    wanted = _criteria(column, f"{xl_col_to_name(one.index)}{first_row + 1}", listed)
    words = asked(column) + (f" {column.note}" if column.note else "")
    return {
        **wanted,
        "input_title": cut(column.label, TITLE_CHARS),
        "input_message": cut(words, MESSAGE_CHARS),
        "error_title": cut(typeset("Ce n'est pas ce qui est attendu"), TITLE_CHARS),
        "error_message": cut(say("« {label} » : {asked}", label=column.label, asked=asked(column)), MESSAGE_CHARS),
        # A member that the register does not know yet can be named all the same: it is judged again when it does.
        "error_type": "warning" if column.kind is Kind.MEMBER else "stop",
    }


def _criteria(column: Column, cell: str, listed: str | None) -> dict[str, Any]:
    if listed is not None:
        return {"validate": "list", "source": f"={listed}"}
    if column.kind in {Kind.COUNT, Kind.YEAR, Kind.QUARTER}:
        low = 0 if column.minimum is None else column.minimum
        high = MAX_COUNT if column.maximum is None else column.maximum
        return {"validate": "integer", "criteria": "between", "minimum": low, "maximum": high}
    if column.kind is Kind.AMOUNT:
        return {"validate": "custom", "value": f"=AND(ISNUMBER({cell}),{_amount(column, cell)})"}
    if column.kind is Kind.DATE:
        return {"validate": "date", "criteria": ">=", "value": FIRST_DAY}
    if column.kind is Kind.YES_NO:
        return {"validate": "list", "source": ["O", "N"]}
    return {"validate": "length", "criteria": "<=", "value": column.max_length}


def _amount(column: Column, cell: str) -> str:
    low = "" if column.minimum is None else f"{cell}>={column.minimum},"
    high = "" if column.maximum is None else f"{cell}<={column.maximum},"
    return f"{low}{high}ROUND({cell},{column.decimals})={cell}"


def wrong(one: TemplateColumn, first_row: int, *, listed: str | None = None) -> str | None:
    """The formula that is true of a filled cell which cannot be right; None where anything may be."""
    column, cell = one.column, f"{xl_col_to_name(one.index)}{first_row + 1}"
    if column.kind in {Kind.COUNT, Kind.YEAR, Kind.QUARTER}:
        low = 0 if column.minimum is None else column.minimum
        high = MAX_COUNT if column.maximum is None else column.maximum
        right = f"AND({cell}>={low},{cell}<={high},INT({cell})={cell})"
    elif column.kind is Kind.AMOUNT:
        right = f"AND({_amount(column, cell)})"
    elif column.kind is Kind.DATE:
        right = f"{cell}>0"
    elif column.kind is Kind.MEMBER:
        return None
    elif listed is not None:
        return f'=AND({cell}<>"",COUNTIF({listed},{cell})=0)'
    elif column.kind is Kind.YES_NO:
        return f'=AND({cell}<>"",UPPER({cell})<>"O",UPPER({cell})<>"N",UPPER({cell})<>"OUI",UPPER({cell})<>"NON")'
    else:
        return f"=LEN({cell})>{column.max_length}"
    return f'=IF({cell}="",FALSE,IF(ISNUMBER({cell}),NOT({right}),TRUE))'


def missing(one: TemplateColumn, plan: TemplatePlan, first_row: int, *, begun: bool) -> str | None:
    """The formula that is true of a cell still to fill in; `begun`: only once something stands in its line."""
    column, row = one.column, first_row + 1
    decides = None if column.when is None else plan.places.get(column.when[0])
    if not column.required and decides is None:
        return None
    cell = f"{xl_col_to_name(one.index)}{row}"
    empty = [f'{cell}=""']
    if column.when is not None and decides is not None:
        codes = ",".join(f'${xl_col_to_name(decides)}{row}="{code}"' for code in column.when[1])
        empty.append(f"OR({codes})")
    member = plan.order.collection.member_column
    if column.quantity and member is not None and not begun and any(line.sums_alike for line in plan.lines):
        empty.append(f'${xl_col_to_name(plan.places[member.name])}{row}<>""')  # a cumul works itself out
    if column.stand_in in plan.places:
        empty.append(f'${xl_col_to_name(plan.places[column.stand_in or ""])}{row}=""')
    if begun:
        last = xl_col_to_name(len(plan.columns) - 1)
        empty.insert(0, f"COUNTA($A{row}:${last}{row})>0")
    return f"={empty[0]}" if len(empty) == 1 else f"=AND({','.join(empty)})"


@dataclass(frozen=True, kw_only=True)
class LiveRule:
    """A relation within a line that the sheet watches: the cell it colours and the formula that is true when broken."""

    index: int
    severity: Severity
    formula: str


def live_rules(plan: TemplatePlan) -> tuple[LiveRule, ...]:
    """The rules of the collection that a spreadsheet can follow while one types."""
    return tuple(
        LiveRule(index=plan.places[rule.shown_column], severity=rule.severity, formula=_broken(rule, plan))
        for rule in plan.order.rules.record_rules
        if rule.formula and set(rule.columns) <= set(plan.places)
    )


def _broken(rule: RecordRule, plan: TemplatePlan) -> str:
    row = plan.first_row + 1
    cells = {name: f"${xl_col_to_name(plan.places[name])}{row}" for name in rule.columns}
    filled = [f'{cell}<>""' for cell in cells.values()]
    kinds = {name: plan.order.collection.column(name).kind for name in cells}
    numbers = [f"ISNUMBER({cell})" for name, cell in cells.items() if kinds[name] in _FIGURES]
    return f"=IF(AND({','.join([*filled, *numbers])}),NOT({(rule.formula or '').format(**cells)}),FALSE)"


def twice(plan: TemplatePlan) -> str | None:
    """The formula that is true of a line whose key stands twice in the sheet; None when the sheet lacks the key."""
    key = plan.order.collection.key
    if not set(key) <= set(plan.places):
        return None
    row, first, last = plan.first_row + 1, plan.first_row + 1, plan.last_row + 1
    letters = [xl_col_to_name(plan.places[name]) for name in key]
    pairs = ",".join(f"${letter}${first}:${letter}${last},${letter}{row}" for letter in letters)
    filled = ",".join(f'${letter}{row}<>""' for letter in letters)
    return f"=IF(AND({filled}),COUNTIFS({pairs})>1,FALSE)"

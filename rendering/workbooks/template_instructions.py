"""The sheet « Mode d'emploi » of a template: what, for whom, by when, how to fill it in, what is checked, where to."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from xlsxwriter.utility import xl_col_to_name

from domain.findings import Severity
from rendering.french import long_instant, period_name, say, typeset
from rendering.workbooks import template_styles as looks
from rendering.workbooks.template_cells import SEVERITIES, asked, duty_of_some, one_line_each
from rendering.workbooks.template_plan import TITLE_ROW, TemplatePlan, from_register
from schemas.columns import Kind

_LEFT_WIDTH, _RIGHT_WIDTH = 34, 104
_LEFT_CHARS, _RIGHT_CHARS = 30, 104
"""Characters that surely fit on a line: no spreadsheet works the height of a line out while it opens a file."""
_LINE_HEIGHT, _GAP = 15.0, 4.0
_A4: Final = 9
_LISTED_CODES: Final = 40
"""A longer list of codes is in the guide, and under the cell's arrow."""
_LISTED_MEMBERS: Final = 400
_ORDER: Final = (Severity.BLOCKING, Severity.ERROR, Severity.WARNING)

Line = tuple[str, str]
"""What stands left and right; a chapter when nothing stands right."""


def write_instructions(sheet: Any, plan: TemplatePlan, format_of: Callable[[Mapping[str, Any]], Any]) -> None:
    """Fill the sheet; `format_of` turns a look into a format of the workbook."""
    sheet.set_column(0, 0, _LEFT_WIDTH)
    sheet.set_column(1, 1, _RIGHT_WIDTH)
    sheet.write_string(0, 0, typeset(f"Mode d'emploi – {plan.order.collection.label}"), format_of(looks.HEADING))
    sheet.write_string(1, 0, _subject(plan), format_of(looks.SUBHEADING))
    sheet.set_row(0, 28)
    row = 3
    for left, right in _text(plan):
        if right:
            sheet.write_string(row, 0, left, format_of(looks.STRONG))
            sheet.write_string(row, 1, right, format_of(looks.TEXT))
            sheet.set_row(row, _height(left, right))
        elif left:
            row += 1
            sheet.write_string(row, 0, left, format_of(looks.CHAPTER))
            sheet.write_blank(row, 1, None, format_of(looks.CHAPTER))
            sheet.set_row(row, 24)
        row += 1
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&R&8&P / &N")
    sheet.protect("", {"select_locked_cells": True, "format_columns": True, "format_rows": True})


def _height(left: str, right: str) -> float:
    lines = max(len(textwrap.wrap(left, _LEFT_CHARS)), len(textwrap.wrap(right, _RIGHT_CHARS)), 1)
    return lines * _LINE_HEIGHT + _GAP


def _subject(plan: TemplatePlan) -> str:
    order = plan.order
    when = period_name(order.period)
    who = f" – {order.sender.nom} ({order.sender.code})" if order.sender else ""
    return f"{when[:1].upper()}{when[1:]}{who}"


def _text(plan: TemplatePlan) -> Iterator[Line]:
    yield from _purpose(plan)
    yield from _how_to(plan)
    yield from _columns(plan)
    yield from _rules(plan)
    yield from _mistakes(plan)
    yield from _where_to(plan)
    yield from _lists(plan)
    yield from _members(plan)


def _purpose(plan: TemplatePlan) -> Iterator[Line]:
    order = plan.order
    yield typeset("À quoi sert ce fichier"), ""
    yield (
        typeset("Ce que l'on déclare"),
        say("{label}, pour la période : {when}.", label=order.collection.label, when=period_name(order.period)),
    )
    lines = (
        typeset("Une ligne par CIL/CCI attendu, préparée d'après l'annuaire.")
        if plan.lines
        else one_line_each(order.collection)
    )
    yield "Les lignes", lines
    if order.due_at is not None:
        yield typeset("À déposer au plus tard"), say("Le {when}.", when=long_instant(order.due_at))


def _how_to(plan: TemplatePlan) -> Iterator[Line]:
    yield "Comment le remplir", ""
    begun = "" if plan.lines else " Elles apparaissent dès qu'une ligne est commencée."
    yield (
        "1. Cases jaunes",
        typeset(
            f"Remplissez-les dans la feuille « {plan.order.sheet_name} ».{begun} Une case remplie devient blanche. "
            "Placez le curseur sur une case, ou la souris sur un titre : ce qu'il faut écrire s'affiche."
        ),
    )
    yield (
        "2. Cases rouges ou orange",
        typeset(
            "Rouge, en gras : ce qui est écrit ne peut pas être juste. Orange, en gras : c'est possible, mais "
            "inhabituel ; vérifiez."
        ),
    )
    if plan.lines:
        yield (
            "3. Cases grises",
            typeset(
                "Elles sont remplies d'après l'annuaire et ne se modifient pas. Si l'annuaire se trompe, signalez-le à "
                "l'UESL : votre dépôt sera jugé de nouveau quand il sera corrigé."
            ),
        )
        yield (
            "4. Lignes libres",
            typeset(
                "Les dernières lignes sont là pour un CIL/CCI qui manque : par exemple un adhérent très récent. "
                "Laissez-les vides sinon."
            ),
        )
        yield (
            "5. Zéro ou vide",
            typeset(
                "Une case vide n'est pas un zéro. Écrivez 0 quand il n'y a eu aucune activité. Si un chiffre n'est pas "
                "connu, demandez-le au CIL/CCI : ne le remplacez pas."
            ),
        )
    if plan.order.carried:
        decides = plan.order.collection.carried_over
        yield (
            "Lignes de l’année précédente",
            say(
                "Celles de l'année précédente sont déjà là. Vérifiez-les, changez ce qui a changé, et remplissez la "
                "colonne {column} de chacune.",
                column=f"« {plan.order.collection.column(decides.column).label} »" if decides else "",
            ),
        )
    yield (
        "Copier et coller",
        typeset("Collez les valeurs seules (collage spécial, « valeurs »), pour garder les contrôles et les couleurs."),
    )
    if not plan.order.reports:
        return
    yield (
        "Aucune activité",
        say(
            "S'il n'y a rien à déclarer pour personne, déposez un fichier nommé {name} qui ne contient que le mot "
            "NEANT.",
            name=plan.order.file_name.removesuffix(".xlsx") + ".csv",
        ),
    )


def _columns(plan: TemplatePlan) -> Iterator[Line]:
    yield "Ce que chaque colonne attend", ""
    for one in plan.columns:
        column = one.column
        words = [] if one.prefilled else [asked(column)]
        if one.prefilled:
            words.append(typeset("Déjà rempli d'après l'annuaire."))
        if column.note:
            words.append(column.note)
        if column.when is not None and not one.prefilled:
            words.append(duty_of_some(column, plan.order.collection))
        elif not column.required and not one.prefilled:
            words.append(typeset("Facultatif."))
        yield f"Colonne {xl_col_to_name(one.index)} – {column.label}", " ".join(words)


def _rules(plan: TemplatePlan) -> Iterator[Line]:
    told = [rule for severity in _ORDER for rule in plan.order.rules.rules if rule.severity is severity]
    if not told:
        return
    yield "Ce qui est vérifié au dépôt", ""
    before = None
    for rule in told:
        yield ("" if rule.severity is before else SEVERITIES[rule.severity]) or " ", rule.sentence
        before = rule.severity


def _mistakes(plan: TemplatePlan) -> Iterator[Line]:
    yield "Erreurs fréquentes", ""
    yield (
        "Titres modifiés",
        say("Gardez la ligne de titres (ligne {row}) et le nom de la feuille.", row=TITLE_ROW + 1),
    )
    if plan.order.reports:
        yield (
            "Fichier de la période précédente",
            typeset("Repartez du modèle de la bonne période : les lignes attendues changent d'une période à l'autre."),
        )
    if any(one.column.kind in {Kind.COUNT, Kind.AMOUNT} for one in plan.columns):
        yield (
            "Mots dans les nombres",
            typeset("Écrivez les nombres seuls : ni « n.c. », ni tiret, ni unité, ni remarque dans la case."),
        )
    if any(from_register(one.column) for one in plan.columns):
        yield "Noms des CIL/CCI", typeset("Le code suffit. Un nom doit être exactement celui de l'annuaire.")
    if plan.order.collection.cases:
        yield (
            "Données nominatives",
            typeset(
                "Un fichier qui dit qui est une personne (nom, date de naissance, adresse, téléphone, employeur) est "
                "détruit."
            ),
        )


def _where_to(plan: TemplatePlan) -> Iterator[Line]:
    yield "Où le déposer", ""
    yield (
        "Le nom du fichier",
        say("Gardez {name}. On peut ajouter ce que l'on veut à la fin.", name=plan.order.file_name),
    )
    yield (
        "Le dossier",
        typeset(
            "Déposez-le dans le dossier « depot » de votre compte. Pour essayer sans que cela compte : dossier "
            "« essai »."
        ),
    )
    yield (
        "La réponse",
        typeset("Elle arrive par courriel et dans le dossier « retours », en général en moins d'une minute."),
    )
    if not plan.order.reports:
        return
    yield (
        "En savoir plus",
        say(
            "Le guide de cette collecte est dans le dossier « diffusion », sous « guide » : {page}.",
            page=f"{plan.order.collection.code}.html",
        ),
    )


def _lists(plan: TemplatePlan) -> Iterator[Line]:
    for one in plan.columns:
        codes = one.column.codes
        if codes and len(codes) <= _LISTED_CODES and not one.prefilled:
            yield say("Codes : {label}", label=one.column.label), ""
            yield from ((code, meaning or " ") for code, meaning in codes.items())


def _members(plan: TemplatePlan) -> Iterator[Line]:
    """Where a code is to be typed, the codes of those who may be named."""
    if plan.order.collection.member_column is None:
        return
    named = plan.order.others if plan.lines else (*plan.order.expected, *plan.order.others)
    if named:
        yield ("Autres CIL/CCI qui peuvent avoir une ligne" if plan.lines else "Codes des CIL/CCI"), ""
        for member in sorted(named, key=lambda one: one.code)[:_LISTED_MEMBERS]:
            yield member.code, member.nom

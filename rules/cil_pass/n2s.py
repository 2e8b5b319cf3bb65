"""Rules of N2S « Enquêtes de satisfaction » (C4, corrected by contract §6).

The figures only make sense together: all or nothing. `nb_prestations` may differ from item to item, and answers may
come for what was finished the year before, hence only a warning when there are more of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from domain.findings import Severity
from domain.organisations import Service
from rules.cil_pass.satisfaction import (
    ANSWERS,
    DONE,
    ITEM,
    LEAST_RETURN,
    LEVEL,
    MANY,
    MEMBER,
    SERVICE,
    TOLD,
    active_but_absent,
    few_answers,
    less_satisfied,
    off_the_quarters,
    too_good,
)
from rules.lines import each_line
from rules.messages import day, number, plural, say, service_name, typeset
from rules.others import OthersRule
from rules.predicates import at_most, record
from rules.register import (
    adherent_of_this_platform,
    expected_lines_present,
    no_line_elsewhere,
    no_line_of_mandant,
    registered_name,
)
from rules.rule import Batch, Booleans, FileRule, Remark, RuleContext, RuleSet, Values
from schemas.cil_pass.n2s import CIL, CUMUL, ITEMS

FIGURES = (DONE, TOLD, *ANSWERS)


def _of_service(items: Values, services: Values) -> Booleans:
    return np.asarray([item.startswith(service) for item, service in zip(items, services, strict=True)], dtype=np.bool_)


def _is_sum(total: Values, *answers: Values) -> Booleans:
    return np.asarray(total == sum(answers))


def _within_year(values: tuple[Any, ...], context: RuleContext) -> Remark | None:
    first, last = values
    year = context.period
    outside = [one for one in (first, last) if one is not None and not year.starts_on <= one <= year.ends_on]
    if not outside and (first is None or last is None or first < last):
        return None
    wrong: date = outside[0] if outside else last
    return Remark(
        message=say("La période de l'enquête n'est pas dans l'exercice, ou finit avant d'avoir commencé."),
        column="periode_debut" if wrong == first else "periode_fin",
        value=day(wrong),
        expected=say("du {first} au {last}", first=day(year.starts_on), last=day(year.ends_on)),
        cause="period",
    )


@dataclass
class _Sheet:
    """Which items each line of the table has, and the sums: by level, member and service.

    `lost`: a line could not be placed, or comes twice. It has its own error, which rejects everything: what follows
    from it is not said.
    """

    items: dict[tuple[str, str | None, str], dict[str, int]] = field(default_factory=dict)
    sums: dict[tuple[str, str], dict[str, int | None]] = field(default_factory=dict)
    cumuls: dict[tuple[str, str], tuple[int, dict[str, int | None]]] = field(default_factory=dict)
    lost: bool = False


def _sheet(_context: RuleContext) -> _Sheet:
    return _Sheet()


def _note(sheet: _Sheet, batch: Batch, _context: RuleContext) -> Iterable[Remark]:
    columns = [batch.column(name) for name in (LEVEL, MEMBER, SERVICE, ITEM)]
    figures = {name: batch.column(name) for name in FIGURES}
    for index, (level, member, service, item) in enumerate(zip(*columns, strict=True)):
        if level is None or service is None or item is None or (level == CIL and member is None):
            sheet.lost = True
            continue
        found = sheet.items.setdefault((level, member if level == CIL else None, service), {})
        sheet.lost |= item in found or not item.startswith(service)
        found[item] = batch.rows[index]
        line: dict[str, int | None] = {name: values[index] for name, values in figures.items()}
        if level == CUMUL:
            sheet.cumuls[service, item] = (batch.rows[index], line)
            continue
        sums = sheet.sums.setdefault((service, item), dict.fromkeys(FIGURES, 0))
        for name, value in line.items():
            so_far = sums[name]
            sums[name] = None if value is None or so_far is None else so_far + value
    return ()


def _incomplete(sheet: _Sheet) -> Iterator[tuple[str, str | None, str, list[str], int | None]]:
    """Level, member and service that lack items, these, and the row of the first line there is."""
    services = sorted({service for level, _member, service in sheet.items if level == CIL})
    wanted = [*sheet.items, *((CUMUL, None, service) for service in services)]
    for level, member, service in dict.fromkeys(wanted):
        found = sheet.items.get((level, member, service), {})
        lacking = [item for item in ITEMS if item.startswith(service) and item not in found]
        if lacking:
            yield level, member, service, lacking, min(found.values(), default=None)


def _items_missing(sheet: _Sheet, context: RuleContext) -> Iterator[Remark]:
    if sheet.lost:
        return
    for level, member, service, lacking, row in _incomplete(sheet):
        known = None if context.directory is None or member is None else context.directory.by_code.get(member)
        name = say("la Plate-Forme") if level == CUMUL else str(member) if known is None else f"{known.nom} ({member})"
        yield Remark(
            row=row,
            column=ITEM,
            cause="items",
            message=say(
                "Il manque {lines} pour {name}, {service} : {items}.",
                lines=plural(len(lacking), "item"),
                name=name,
                service=service_name(Service(service)),
                items=", ".join(f"{item} ({ITEMS[item]})" for item in lacking),
            ),
            hint=say(
                "Ajoutez les lignes de cumul de la Plate-Forme."
                if level == CUMUL
                else "Ajoutez une ligne par item, quatre en tout ; un item sans réponse a 0 réponse."
            ),
        )


def _cumuls_wrong(sheet: _Sheet, context: RuleContext) -> Iterator[Remark]:
    if sheet.lost:
        return
    lacking = {service for level, _member, service, _items, _row in _incomplete(sheet) if level == CIL}
    for (service, item), (row, line) in sheet.cumuls.items():
        sums = sheet.sums.get((service, item), dict.fromkeys(FIGURES, 0))
        wrong = {
            name: (told, found)
            for name in FIGURES
            if (told := line[name]) is not None and (found := sums[name]) is not None and told != found
        }
        if not wrong or service in lacking:
            continue
        first = next(iter(wrong))
        yield Remark(
            row=row,
            column=first,
            value=number(wrong[first][0]),
            expected=number(wrong[first][1]),
            cause="cumul",
            message=say(
                "Le cumul de la Plate-Forme n'est pas la somme des CIL/CCI : {figures}.",
                figures=" ; ".join(
                    say(
                        "{label} {told} au lieu de {found}",
                        label=context.collection.column(name).label,
                        told=number(told),
                        found=number(found),
                    )
                    for name, (told, found) in wrong.items()
                ),
            ),
            hint=say("Vérifiez qu'aucun CIL/CCI ne manque, puis recalculez le cumul de la Plate-Forme."),
        )


def _sheet_rule(code: str, finish: Any, sentence: str) -> FileRule[_Sheet]:
    return FileRule(
        code=code,
        severity=Severity.BLOCKING,
        sentence=typeset(sentence),
        start=_sheet,
        step=_note,
        finish=finish,
        columns=(LEVEL, MEMBER, SERVICE, ITEM, *FIGURES),
    )


RULES = RuleSet(
    collection="N2S",
    rules=(
        adherent_of_this_platform("N2S.R01"),
        expected_lines_present("N2S.R02"),
        registered_name("N2S.R03"),
        no_line_of_mandant("N2S.R06"),
        no_line_elsewhere("N2S.R09"),
        record(
            "N2S.R10",
            Severity.ERROR,
            (ITEM, SERVICE),
            _of_service,
            formula=f"LEFT({{{ITEM}}},3)={{{SERVICE}}}",
            sentence="L'item est de ceux du service.",
            message="L'item {item} n'est pas de ceux du service {service}.",
            hint="ASA1 à ASA4 pour l'assistance, MOB1 à MOB4 pour la mobilité.",
        ),
        record(
            "N2S.R11",
            Severity.ERROR,
            (TOLD, *ANSWERS),
            _is_sum,
            formula=f"{{{TOLD}}}={'+'.join(f'{{{name}}}' for name in ANSWERS)}",
            sentence="Le nombre total par ligne est la somme des quatre colonnes de réponses.",
            message="Le nombre total ({nb_total}) n'est pas la somme des quatre colonnes de réponses.",
            hint="Recalculez le total de la ligne.",
        ),
        at_most(
            "N2S.R12",
            Severity.WARNING,
            TOLD,
            DONE,
            sentence="Il n'y a pas plus de réponses que de prestations réalisées.",
            message="Il y a plus de réponses ({nb_total}) que de prestations réalisées ({nb_prestations}).",
            hint="Des réponses peuvent porter sur l'année précédente ; sinon, corrigez l'un des deux nombres.",
        ),
        each_line(
            "N2S.R13",
            Severity.ERROR,
            ("periode_debut", "periode_fin"),
            _within_year,
            sentence="La période de l'enquête, si elle est écrite, est dans l'exercice et finit après son début.",
        ),
        _sheet_rule(
            "N2S.R14",
            _items_missing,
            "Les quatre items de chaque CIL/CCI et de chaque service sont là, et ceux du cumul de la Plate-Forme.",
        ),
        _sheet_rule(
            "N2S.R15",
            _cumuls_wrong,
            "Sur chaque item, les six nombres de la ligne Plate-Forme sont la somme de ceux des CIL/CCI.",
        ),
        OthersRule(
            code="N2S.R16",
            severity=Severity.WARNING,
            sentence=typeset(f"Le taux de retour d'un CIL/CCI est d'au moins {round(100 * LEAST_RETURN)} %."),
            judge=few_answers,
            columns=(DONE, TOLD),
        ),
        OthersRule(
            code="N2S.R17",
            severity=Severity.WARNING,
            sentence=typeset(f"Au-delà de {MANY} réponses, elles ne sont pas toutes « très satisfait »."),
            judge=too_good,
            columns=(TOLD, ANSWERS[0]),
        ),
        OthersRule(
            code="N2S.R20",
            severity=Severity.WARNING,
            sentence=typeset(
                "Les prestations réalisées d'un CIL/CCI sont à moins de 20 % du cumul de ses quatre trimestres "
                "(diagnostics préalables, dossiers individuels)."
            ),
            judge=off_the_quarters,
            columns=(DONE,),
        ),
        OthersRule(
            code="N2S.R21",
            severity=Severity.WARNING,
            sentence=typeset(
                "La satisfaction (très satisfait et satisfait) ne perd pas plus de 15 points sur l'année précédente, "
                "et n'est pas de 15 points sous la moyenne nationale."
            ),
            judge=less_satisfied,
            columns=(TOLD,),
        ),
        OthersRule(
            code="N2S.R22",
            severity=Severity.WARNING,
            sentence=typeset("Un CIL/CCI qui a eu de l'activité dans l'année a ses lignes ici."),
            judge=active_but_absent,
        ),
    ),
)

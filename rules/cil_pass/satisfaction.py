"""Satisfaction beside the quarters, the year before and the nation (C4): questions of N2S."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from domain.organisations import Service
from rules.asking import CONFIRM
from rules.messages import number, plural, say, service_name
from rules.others import QUARTERLY, Compared
from rules.rule import Remark
from schemas.cil_pass.n2s import CIL, COLLECTION

LEVEL, MEMBER, SERVICE, ITEM = "niveau_ligne", "code_cil", "service", "item"
DONE, TOLD = "nb_prestations", "nb_total"
ANSWERS = ("nb_tres_satisfait", "nb_satisfait", "nb_peu_satisfait", "nb_pas_satisfait")
_LIMITS = COLLECTION.parameters
LEAST_RETURN, MANY = _LIMITS["retour_minimum"], int(_LIMITS["reponses_tout_tres_satisfait"])
_POINTS, _FEW = _LIMITS["baisse_points"], int(_LIMITS["reponses_minimum"])


def _once(compared: Compared, doubtful: Callable[[Any], bool], remark: Callable[[Any], Remark]) -> Iterator[Remark]:
    """The first doubtful item of each member and service: one question, not four."""
    asked = set()
    for index, one in enumerate(compared.records):
        key = (one[MEMBER], one[SERVICE])
        if one[LEVEL] == CIL and key not in asked and doubtful(one):
            asked.add(key)
            yield replace(remark(one), index=index)


def few_answers(compared: Compared) -> Iterator[Remark]:
    """A return rate under the least."""
    return _once(
        compared,
        lambda one: one[DONE] > 0 and one[TOLD] < LEAST_RETURN * one[DONE],
        lambda one: Remark(
            column=TOLD,
            value=number(one[TOLD]),
            cause="return",
            message=say(
                "Il y a peu de réponses ({told}) pour un nombre de prestations de {done}.",
                told=number(one[TOLD]),
                done=number(one[DONE]),
            ),
            hint=say("Vérifiez les deux nombres. {confirm}", confirm=CONFIRM),
        ),
    )


def too_good(compared: Compared) -> Iterator[Remark]:
    """Nothing but the best mark, on many answers."""
    return _once(
        compared,
        lambda one: one[TOLD] > MANY and one[ANSWERS[0]] == one[TOLD],
        lambda one: Remark(
            column=ANSWERS[0],
            value=number(one[ANSWERS[0]]),
            cause="all-very",
            message=say("Toutes les réponses ({told}) sont « très satisfait ».", told=number(one[TOLD])),
            hint=say("Vérifiez que le total n'a pas été recopié dans cette colonne. {confirm}", confirm=CONFIRM),
        ),
    )


def off_the_quarters(compared: Compared) -> Iterator[Remark]:
    """Once for each member and service, on its item with the most."""
    most: dict[tuple[str, str], int] = {}
    for index, one in enumerate(compared.records):
        if one[LEVEL] != CIL or one[DONE] is None:
            continue
        key = (one[MEMBER], one[SERVICE])
        if key not in most or compared.records[most[key]][DONE] < one[DONE]:
            most[key] = index
    for (member, service), index in most.items():
        collection, column = QUARTERLY[Service(service)]
        year = compared.year_of(collection, member)
        done = compared.records[index][DONE]
        if year is None or column not in year:
            continue
        room = max(_LIMITS["ecart_prestations"] * year[column], _LIMITS["ecart_prestations_unites"])
        if abs(done - year[column]) > room:
            yield Remark(
                index=index,
                column=DONE,
                value=number(done),
                expected=number(year[column]),
                cause="quarters",
                message=say(
                    "{done} ici, mais {year} dans les quatre trimestres de l'exercice ({column}).",
                    done=plural(done, "prestation réalisée", "prestations réalisées"),
                    year=number(year[column]),
                    column=_COUNTED[Service(service)],
                ),
                hint=say("Comptez les prestations terminées dans l'année. {confirm}", confirm=CONFIRM),
            )


_COUNTED = {Service.ASA: "diagnostics préalables", Service.MOB: "dossiers individuels"}


def _share(lines: Iterable[Any]) -> tuple[float, float]:
    """Answers, and of these the satisfied ones."""
    told = satisfied = 0.0
    for line in lines:
        if line[TOLD] is not None and line[ANSWERS[0]] is not None and line[ANSWERS[1]] is not None:
            told += line[TOLD]
            satisfied += line[ANSWERS[0]] + line[ANSWERS[1]]
    return told, satisfied


def less_satisfied(compared: Compared) -> Iterator[Remark]:
    """Against its own year before, else against the nation of the year before; neither with few answers."""
    before = compared.period.preceding
    columns = (LEVEL, MEMBER, SERVICE, ITEM, TOLD, *ANSWERS)
    nation: dict[str, list[Any]] = {}
    own: dict[tuple[str, str], list[Any]] = {}
    for line in compared.others.records("N2S", before, columns, own=False):
        if line[LEVEL] == CIL:
            nation.setdefault(line[ITEM], []).append(line)
            own.setdefault((line[MEMBER], line[ITEM]), []).append(line)
    for index, one in enumerate(compared.records):
        if one[LEVEL] != CIL:
            continue
        told, satisfied = _share([one])
        if told <= _FEW:
            continue
        for former, words in (
            (own.get((one[MEMBER], one[ITEM]), []), "celle du même CIL/CCI l'année précédente"),
            (nation.get(one[ITEM], []), "la moyenne nationale de l'année précédente"),
        ):
            many, well = _share(former)
            if many > _FEW and 100 * (well / many - satisfied / told) > _POINTS:
                yield Remark(
                    index=index,
                    column=TOLD,
                    value=f"{number(round(100 * satisfied / told))} %",
                    cause="satisfaction",
                    message=say(
                        "La satisfaction est de {now} %, contre {then} % pour {words}.",
                        now=number(round(100 * satisfied / told)),
                        then=number(round(100 * well / many)),
                        words=say(words),
                    ),
                    hint=say("Vérifiez que les colonnes ne sont pas inversées. {confirm}", confirm=CONFIRM),
                )
                break


def active_but_absent(compared: Compared) -> Iterator[Remark]:
    """Members that were active in the quarters and are not expected (they delegated): those expected have R02."""
    directory, organisation = compared.directory, compared.organisation
    if directory is None or organisation is None:
        return
    here = {(one[MEMBER], one[SERVICE]) for one in compared.records}
    for service, (collection, column) in QUARTERLY.items():
        expected = set(directory.expected_lines(organisation.code, service, compared.period))
        others = set(directory.adherents(organisation.code, service, compared.period.ends_on)) - expected
        wanted = frozenset(one for one in others if (one, service.value) not in here)
        if not wanted:
            continue
        past = compared.others.past(collection, compared.quarters, wanted)
        active = sorted(
            one for one in wanted if sum(line.get(column, 0) for line in past.lines.get((one,), {}).values()) > 0
        )
        if active:
            yield Remark(
                cause=f"absent:{service.value}",
                value=", ".join(active),
                message=say(
                    "Des CIL/CCI qui ont eu de l'activité dans l'année pour le {service} n'ont pas de ligne : {codes}.",
                    service=service_name(service),
                    codes=", ".join(active),
                ),
                hint=say("Vérifiez si leurs clients ont été interrogés ; sinon, rien à faire."),
            )

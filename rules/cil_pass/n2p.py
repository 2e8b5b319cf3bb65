"""Rules of N2P « Résumé d’accord de partenariat » (C7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from domain.findings import Severity
from rules.lines import each_line
from rules.messages import day, plural, quoted, say, typeset
from rules.others import Compared, OthersRule
from rules.rule import Remark, RuleContext, RuleSet
from schemas.cil_pass.n2p import CADUC, COLLECTION, NOUVEAU

SERVICE, KEY, STATUS, SIGNED, MONTHS = "service", "code_accord", "statut", "date_signature", "duree_validite_mois"
VOLUME, UNIT = "volume_previsionnel", "volume_unite"
_YEAR, _SHOWN = 12, 6


def ends_on(signed: date, months: int) -> date:
    """The last day of an agreement of so many months."""
    year, month = divmod(signed.year * _YEAR + signed.month - 1 + months, _YEAR)
    next_month = date(year + (month == _YEAR - 1), (month + 1) % _YEAR + 1, 1)
    last_of_month = (next_month - timedelta(days=1)).day
    return date(year, month + 1, min(signed.day, last_of_month)) - timedelta(days=1)


def _volume_with_unit(values: tuple[Any, ...], _context: RuleContext) -> Remark | None:
    volume, unit = values
    if (volume is None) == (unit is None):
        return None
    return Remark(
        message=say("Le volume prévisionnel est écrit sans son unité, ou l'unité sans le volume."),
        column=UNIT if unit is None else VOLUME,
        expected=say("les deux, ou aucun"),
        hint=say("Écrivez le volume et son unité (nombre ou €), ou videz les deux cases."),
        cause="volume",
    )


def _signed_before(values: tuple[Any, ...], context: RuleContext) -> Remark | None:
    (signed,) = values
    if signed is None or context.received_on is None or signed <= context.received_on:
        return None
    return Remark(
        message=say("La date de signature est à venir."),
        column=SIGNED,
        value=day(signed),
        expected=say("une date jusqu'au {day}", day=day(context.received_on)),
        hint=say("Corrigez la date, ou déclarez l'accord quand il sera signé."),
        cause="future",
    )


def _still_valid(values: tuple[Any, ...], context: RuleContext) -> Remark | None:
    status, signed, months = values
    if status in {None, CADUC} or signed is None or months is None:
        return None
    last = ends_on(signed, months)
    if last >= context.period.ends_on:
        return None
    return Remark(
        message=say("Cet accord a pris fin le {day}, mais son statut n'est pas « caduc ».", day=day(last)),
        column=STATUS,
        value=status,
        hint=say("S'il a été reconduit, donnez sa nouvelle durée ; sinon, son statut est « caduc »."),
        cause="ended",
    )


def _former(compared: Compared) -> dict[str, str | None] | None:
    """Number → status of the agreements of the year before; None when nothing was declared then."""
    lines = compared.others.records("N2P", compared.period.preceding, (KEY, STATUS, SERVICE), own=True)
    declared = COLLECTION.at(compared.period).column(SERVICE).codes or {}
    # an agreement for mobility of 2004 cannot be declared any more: it counts as ended
    return {line[KEY]: line[STATUS] if line[SERVICE] in declared else CADUC for line in lines} or None


def _taken_again(compared: Compared) -> Iterator[Remark]:
    former = _former(compared)
    if former is None:
        return
    here = {one[KEY] for one in compared.records}
    lost = sorted(number for number, status in former.items() if status != CADUC and number not in here)
    if lost:
        shown = ", ".join(quoted(one) for one in lost[:_SHOWN]) + ("…" if len(lost) > _SHOWN else "")
        yield Remark(
            value=", ".join(lost)[:200],
            cause="lost",
            message=say(
                "{count} : {shown}.",
                count=plural(
                    len(lost), "accord de l’année précédente non repris", "accords de l’année précédente non repris"
                ),
                shown=shown,
            ),
            hint=say("Reprenez chaque accord sous son numéro ; s'il a pris fin, avec le statut « caduc »."),
        )


def _known_before(compared: Compared) -> Iterator[Remark]:
    former = _former(compared)
    if former is None:
        return
    for index, one in enumerate(compared.records):
        if one[STATUS] not in {None, NOUVEAU} and one[KEY] not in former:
            yield Remark(
                index=index,
                column=STATUS,
                value=one[STATUS],
                cause="unknown",
                message=say("Cet accord n'était pas dans la liste de l'année précédente."),
                hint=say("Vérifiez son numéro, le même d'une année à l'autre ; s'il est nouveau, changez son statut."),
            )


RULES = RuleSet(
    collection="N2P",
    rules=(
        each_line(
            "N2P.R10",
            Severity.ERROR,
            (VOLUME, UNIT),
            _volume_with_unit,
            sentence="Le volume prévisionnel et son unité sont écrits tous les deux, ou aucun.",
        ),
        each_line(
            "N2P.R11",
            Severity.ERROR,
            (SIGNED,),
            _signed_before,
            sentence="Un accord est signé au plus tard le jour du dépôt.",
        ),
        each_line(
            "N2P.R12",
            Severity.WARNING,
            (STATUS, SIGNED, MONTHS),
            _still_valid,
            sentence="Un accord dont la durée est écoulée au dernier jour de l'exercice a le statut « caduc ».",
        ),
        OthersRule(
            code="N2P.R20",
            severity=Severity.WARNING,
            sentence=typeset("Chaque accord de l'année précédente qui n'était pas caduc est repris."),
            judge=_taken_again,
        ),
        OthersRule(
            code="N2P.R21",
            severity=Severity.WARNING,
            sentence=typeset("Un accord caduc, amendé ou reconduit était dans la liste de l'année précédente."),
            judge=_known_before,
            columns=(STATUS,),
        ),
    ),
)

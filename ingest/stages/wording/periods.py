"""The sentences about periods (G-01, G-04)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from domain.findings import Finding, Severity
from domain.periods import Period, Periodicity
from ingest.stages.naming import NameReading
from ingest.stages.wording.names import name_hint
from rules.generic import generic_finding
from rules.messages import both, day, period_name, quoted, say
from schemas.collection import Collection


def the_period(period: Period) -> str:
    """« le 1er trimestre 2005 »."""
    return (say("le ") if period.quarter else say("l'")) + period_name(period)


def of_period(period: Period) -> str:
    """« du 1er trimestre 2005 »."""
    return (say("du ") if period.quarter else say("de l'")) + period_name(period)


def two_periods(told_by: str, named: Period, found_in: str, found: Period, *, row: int | None = None) -> Finding:
    """The name says one period and something else says another."""
    return generic_finding(
        "G-04",
        say(
            "{told_by} dit {named}, mais {found_in} dit {found}.",
            told_by=told_by,
            named=period_name(named),
            found_in=found_in,
            found=period_name(found),
        ),
        row=row,
        hint=say("Corrigez celui des deux qui se trompe, puis déposez de nouveau."),
        cause="G-04:contradiction",
    )


def title_disagrees(title: Period, row: int, period: Period) -> Finding:
    """A line above the table tells another period than the deposit: a question, not a refusal."""
    return generic_finding(
        "G-04",
        say(
            "La ligne {row}, au-dessus du tableau, parle {title}, mais le dépôt est celui {period}.",
            row=str(row),
            title=of_period(title),
            period=of_period(period),
        ),
        severity=Severity.WARNING,
        row=row,
        hint=say(
            "Vérifiez que ce sont bien les chiffres {period}. Sinon, corrigez et déposez de nouveau.",
            period=of_period(period),
        ),
        cause="G-04:title",
    )


def bad_period(collection: Collection, reading: NameReading, names: Sequence[str]) -> Finding:
    """The period is missing or written another way."""
    if reading.bad_period:
        message = say("{text} n'est pas une période.", text=quoted(reading.bad_period))
    elif reading.guess:
        message = say("Le nom n'écrit pas la période comme il faut : {code} est attendu.", code=reading.guess.code)
    else:
        message = say("La période n'est dite ni par le nom du fichier, ni par des colonnes Année et Trimestre.")
        if collection.periodicity.length is Periodicity.YEAR:
            message = say("La période n'est dite ni par le nom du fichier, ni par une colonne Exercice.")
    return generic_finding(
        "G-01",
        message,
        expected=say("2005T1 pour un trimestre, 2005 pour une année"),
        hint=name_hint(names),
        cause="G-01:period",
    )


def wrong_length(collection: Collection, period: Period, names: Sequence[str]) -> Finding:
    """A year for a quarterly collection, or the other way round."""
    what = (
        say("trimestrielle : il faut dire le trimestre")
        if collection.periodicity is Periodicity.QUARTER
        else say("annuelle")
    )
    return generic_finding(
        "G-04",
        say(
            "{period} ne convient pas à {code}, qui est {what}.",
            period=quoted(period.code),
            code=collection.code,
            what=what,
        ),
        hint=name_hint(names),
        cause="G-04:length",
    )


def several_periods(periods: Iterable[tuple[Period, int]], names: Sequence[str]) -> Finding:
    """Without a period in the name, the lines tell several."""
    told = list(periods)
    return generic_finding(
        "G-04",
        say(
            "Les lignes du tableau parlent de plusieurs périodes : {periods}.",
            periods=both(f"{period.code} (ligne {row})" for period, row in told[:4]),
        ),
        row=told[1][1],
        hint=say("Déposez un fichier par période. ") + name_hint(names),
        cause="G-04:several",
    )


def future_period(period: Period, received_on: date, opens_on: date) -> Finding:
    """A period that had not ended, or for events not begun, when the file was received."""
    ended = opens_on > period.ends_on
    return generic_finding(
        "G-04",
        say(
            "La période n'est pas terminée : {period} finit le {last}, et le fichier a été reçu le {today}."
            if ended
            else "La période n'a pas commencé : le fichier a été reçu le {today}.",
            period=the_period(period),
            today=day(received_on),
            last=day(period.ends_on),
        ),
        hint=say(
            "Déposez ce fichier à partir du {first}, ou corrigez la période s'il s'agit d'une autre.",
            first=day(opens_on),
        ),
        cause="G-04:future",
    )


def closed_period(period: Period, closed_on: date) -> Finding:
    """A period closed to corrections."""
    return generic_finding(
        "G-04",
        say(
            "La période est close : {period} n'est plus corrigé depuis le {day}.",
            period=the_period(period),
            day=day(closed_on),
        ),
        hint=say("Pour une correction nécessaire, écrivez à l'UESL."),
        cause="G-04:closed",
    )


def outside_validity(collection: Collection, period: Period) -> Finding:
    """A period for which the collection did not exist."""
    bounds = []
    if collection.first_period:
        bounds.append(say("à partir du {period}", period=period_name(collection.first_period)))
    if collection.last_period:
        bounds.append(say("jusqu'au {period}", period=period_name(collection.last_period)))
    return generic_finding(
        "G-04",
        say("La collecte {code} n'existe pas pour {period}.", code=collection.code, period=the_period(period)),
        expected=" ".join(bounds),
        hint=say("Vérifiez la période, et la collecte."),
        cause="G-04:validity",
    )

"""The sentences about a file that names a deposit in `guichet_depot` (G-28 to G-31)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from domain.findings import Finding, Severity
from domain.periods import Period
from domain.submissions import SUBMISSION_ID
from rules.generic import generic_finding
from rules.messages import both, period_name, plural, say
from schemas.collection import Collection

COLUMN = "guichet_depot"
_SHOWN = 5
_WHOLE = "déposez le fichier entier, sans les colonnes guichet_…"


def unknown_deposit(told: str, collection: Collection | None = None) -> Finding:
    """The same words for another account's deposit, an unknown one and a mistyped one: nothing is learnt of others."""
    what = say("un dépôt de votre compte")
    if collection is not None:
        what = say("un dépôt de votre compte avec un tableau {code}", code=collection.code)
    if SUBMISSION_ID.fullmatch(told) is None:
        message = say("Ce qui est écrit dans la colonne {column} n'est pas un numéro de dépôt.", column=COLUMN)
        hint = say("Recopiez-y le numéro que porte notre réponse ; ou bien {whole}.", whole=_whole())
        return _finding("G-28", message, hint, told)
    return _finding(
        "G-28",
        say(
            "Le {deposit}, indiqué dans la colonne {column}, n'est pas {what}.",
            deposit=_number(told),
            column=COLUMN,
            what=what,
        ),
        say("Vérifiez ce numéro ; ou bien {whole}.", whole=_whole()),
        told,
    )


def several_deposits(depots: Mapping[str, int]) -> Finding:
    """One table answers two deposits."""
    told = sorted(depots.items(), key=lambda pair: -pair[1])
    names = [say("{deposit} ({lines})", deposit=_number(one), lines=plural(count, "ligne")) for one, count in told]
    more = [say("d'autres")] if len(names) > _SHOWN else []
    return _finding(
        "G-29",
        say(
            "La colonne {column} ne porte pas partout le même numéro : {names}.",
            column=COLUMN,
            names=both(names[:_SHOWN] + more),
        ),
        say("Déposez un fichier par dépôt à corriger ; ou bien {whole}.", whole=_whole()),
        "",
    )


def several_periods_named(told: str, periods: Iterable[Period]) -> Finding:
    """The deposit named has that table for several periods, and nothing says which is meant."""
    names = both(period_name(one) for one in periods)
    return _finding(
        "G-28",
        say(
            "Le {deposit}, indiqué dans la colonne {column}, porte sur plusieurs périodes.",
            deposit=_number(told),
            column=COLUMN,
        ),
        say("Écrivez la période dans le nom du fichier : {periods}.", periods=names),
        told,
    )


def superseded_deposit(told: str, since: str) -> Finding:
    """Another deposit came in force since: taking over the former records would bring old figures back."""
    return _finding(
        "G-30",
        say(
            "Depuis le {deposit}, un autre a été reçu et il est en vigueur : le dépôt du {since}.",
            deposit=_number(told),
            since=_dated(since),
        ),
        say("Corrigez à partir de la réponse à ce dernier ; ou bien {whole}.", whole=_whole()),
        told,
    )


def withdrawn_deposit(told: str) -> Finding:
    """The deposit named was taken out of force."""
    return _finding(
        "G-31",
        say("Le {deposit}, que ce fichier corrige, a été retiré.", deposit=_number(told)),
        say("Ses lignes ne peuvent plus être reprises : {whole}.", whole=_whole()),
        told,
    )


def too_old(told: str) -> Finding:
    """What the deposit had accepted is no longer kept (a trial), or it was corrected too many times."""
    return _finding(
        "G-31",
        say(
            "Le {deposit}, que ce fichier corrige, est trop ancien : ses lignes justes ne sont plus conservées.",
            deposit=_number(told),
        ),
        say("Elles ne peuvent plus être reprises : {whole}.", whole=_whole()),
        told,
    )


def deposit_decides(told: str, said: str, collection: Collection, period: Period) -> Finding:
    """The file's name says something else than the deposit that it answers."""
    return generic_finding(
        "G-25",
        say(
            "Le nom dit {said}, mais la colonne {column} désigne le {deposit} : {code}, {period}. C'est ce dépôt qui "
            "compte.",
            said=said,
            column=COLUMN,
            deposit=_number(told),
            code=collection.code,
            period=period_name(period),
        ),
        severity=Severity.INFO,
        hint=say(
            "Rien à faire si vous corrigez ce dépôt ; sinon, supprimez les colonnes guichet_… et déposez de nouveau."
        ),
        cause="G-25:deposit-named",
    )


def _finding(code: str, message: str, hint: str, told: str) -> Finding:
    number = told if SUBMISSION_ID.fullmatch(told) else None
    return generic_finding(code, message, label=COLUMN, value=number, hint=hint)


def _number(told: str) -> str:
    """« dépôt n° … »; what is no number is not repeated: the column may hold anything."""
    if SUBMISSION_ID.fullmatch(told) is None:
        return say("autre chose qu'un numéro de dépôt")
    return say("dépôt n° {number}", number=told)


def _dated(submission_id: str) -> str:
    """« 18/04/2005 à 10 h 15 (n° …) »: a number begins with its local date and time."""
    received = datetime.strptime(submission_id[:15], "%Y%m%d-%H%M%S")  # noqa: DTZ007 - civil time, shown as it is
    return say("{day} (n° {number})", day=f"{received:%d/%m/%Y à %H h %M}", number=submission_id)


def _whole() -> str:
    return say(_WHOLE)

"""The sentences about names, collections and sheets (G-01, G-02, G-03, G-22)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from domain.findings import Finding, Severity
from domain.organisations import Organisation
from domain.periods import Period, Periodicity
from domain.text import fold
from ingest.catalogue import Catalogue
from ingest.context import may_send
from ingest.stages.naming import NameReading, expected_name
from rules.generic import generic_finding
from rules.messages import both, either, quoted, say
from schemas.collection import Collection

_SENDERS = {
    "UESL": "l'UESL",
    "PF": "les Plates-formes",
    "CIL": "les CIL",
    "CCI": "les CCI",
    "AUD": "les cabinets d'audit",
    "STR": "les structures",
    "ML": "les missions locales",
    "DIR": "les DIRECCTE",
}
_SHOWN_CELLS = 8


def name_hint(names: Sequence[str]) -> str:
    """What to call the file."""
    return say("Nommez le fichier {names}, puis déposez-le de nouveau.", names=either(quoted(name) for name in names))


def names_that_work(  # noqa: PLR0913 - what is known narrows the names, one fact an argument
    catalogue: Catalogue,
    organisation: Organisation | None,
    received_on: date,
    *,
    collection: Collection | None = None,
    period: Period | None = None,
    extension: str | None = None,
) -> list[str]:
    """File names that this depositor could have used: of `collection` and `period` where they are known."""
    chosen = [collection] if collection else [one for one in catalogue.collections if may_send(one, organisation)]
    chosen = chosen or list(catalogue.collections)
    if period and not collection:
        chosen = [one for one in chosen if one.periodicity.length is period.periodicity] or chosen
    names: list[str] = []
    for one in chosen:
        length = one.periodicity.length
        latest = Period.containing(received_on, length)
        latest = latest if one.accumulates else latest.preceding
        told = [period] if period and period.periodicity is length else []
        if not told and period and length is Periodicity.QUARTER and collection:
            quarters = [Period(period.year, quarter) for quarter in (1, 2, 3, 4)]
            told = [quarter for quarter in quarters if quarter.ends_on < received_on]
        names.extend(expected_name(one, wanted, extension) for wanted in told or [latest])
    return names


def announced_collection(code: str, names: Sequence[str]) -> Finding:
    """A collection of the exchange format that this version does not take."""
    return generic_finding(
        "G-01",
        say("La collecte {code} n'est pas encore ouverte : Guichet ne la prend pas pour le moment.", code=code),
        hint=say(
            "Gardez ce fichier ; vous serez prévenu de l'ouverture. Noms acceptés aujourd'hui : {names}.",
            names=either(quoted(name) for name in names),
        ),
        cause="G-01:announced",
    )


def unidentified(reading: NameReading, near: Sequence[str], names: Sequence[str], *, sheets: int) -> Finding:
    """Neither the name nor the titles tell what the file is; nothing of its content is quoted."""
    message = (
        say("Aucune des {count} feuilles n'a pu être identifiée", count=str(sheets))
        if sheets > 1
        else say("Le fichier n'a pas pu être identifié")
    )
    message += say(" : ni son nom ni ses titres de colonnes ne désignent une collecte et une période.")
    hint = name_hint(names)
    if near and reading.word:
        hint = (
            say(
                "{word} n'est pas une collecte. Vouliez-vous dire {near} ? ",
                word=quoted(reading.word),
                near=either(near),
            )
            + hint
        )
    return generic_finding("G-01", message, hint=hint, cause="G-01:unidentified")


def several_collections(collections: Iterable[Collection], names: Sequence[str]) -> Finding:
    """The titles are those of several collections at once."""
    return generic_finding(
        "G-01",
        say(
            "Les titres de colonnes sont ceux de plusieurs collectes à la fois : {codes}.",
            codes=both(one.code for one in collections),
        ),
        hint=say("Mettez chaque collecte dans sa feuille, nommée par son code, ou dans son fichier. ")
        + name_hint(names),
        cause="G-01:several",
    )


def two_answers(
    told_by: str, named: Collection, found_in: str, found: Collection, names: Sequence[str] = ()
) -> Finding:
    """The name says one collection and something else says another; `names`: those that suit what was found."""
    hint = say("Corrigez celui des deux qui se trompe, puis déposez de nouveau.")
    if names:
        name = name_hint(names[:1])
        hint = say("Si ce sont bien les chiffres de {code}, {name}", code=found.code, name=name[:1].lower() + name[1:])
        hint += " " + say("Sinon, remplacez les titres par ceux de {code}.", code=named.code)
    return generic_finding(
        "G-01",
        say(
            "{told_by} désigne {named} ({named_label}), mais {found_in} désigne {found} ({found_label}).",
            told_by=told_by,
            named=named.code,
            named_label=named.label,
            found_in=found_in,
            found=found.code,
            found_label=found.label,
        ),
        hint=hint,
        cause="G-01:contradiction",
    )


def not_sender(collection: Collection, organisation: Organisation) -> Finding:
    """This kind of organisation does not deposit that collection."""
    senders = both(say(_SENDERS.get(kind.value, kind.value)) for kind in sorted(collection.senders))
    return generic_finding(
        "G-03",
        say(
            "La collecte {code} est déposée par {senders} ; le compte est celui de {nom} ({org}).",
            code=collection.code,
            senders=senders,
            nom=organisation.nom,
            org=organisation.code,
        ),
        hint=say("Déposez-la depuis le compte de l'organisme concerné, ou demandez à l'UESL de corriger l'annuaire."),
        cause="G-03",
    )


def wrong_emitter(emitter: str, own: str, name: str | None) -> Finding:
    """The long form of the name carries the code of somebody else."""
    hint = say("Écrivez {own} à la place de {emitter}, ou enlevez ce code du nom.", own=own, emitter=emitter)
    if name:
        hint += " " + name_hint([name])
    return generic_finding(
        "G-02",
        say(
            "Le nom du fichier porte le code {emitter}, mais le compte qui dépose est celui de {own}.",
            emitter=emitter,
            own=own,
        ),
        value=emitter,
        expected=own,
        hint=hint,
        cause="G-02:name",
    )


def double_section(collection: Collection, period: Period, sheets: Sequence[str]) -> Finding:
    """Two sheets of one workbook for the same collection and period."""
    return generic_finding(
        "G-01",
        say(
            "Le classeur a {count} feuilles pour {code} {period} : {sheets}. Rien ne dit laquelle est la bonne.",
            count=str(len(sheets)),
            code=collection.code,
            period=period.code,
            sheets=both(quoted(sheet) for sheet in sheets),
        ),
        hint=say(
            "Ne gardez qu'une feuille par collecte et par période (masquez ou supprimez l'autre), "
            "puis déposez de nouveau."
        ),
        cause="G-01:double",
    )


def ignored_sheets(names: Sequence[str]) -> Finding:
    """Sheets that are no collection."""
    several = len(names) > 1
    template = "Feuilles ignorées : {names}." if several else "Feuille ignorée : {names}."
    return generic_finding(
        "G-22",
        say(template, names=both(quoted(name) for name in names[:_SHOWN_CELLS])),
        hint=say(
            "Rien à faire si elles ne sont pas des collectes ; sinon, donnez à chacune le nom de sa "
            "collecte (par exemple N1A)."
            if several
            else "Rien à faire si ce n'est pas une collecte ; sinon, donnez à la feuille le nom de sa collecte (par "
            "exemple N1A)."
        ),
        cause="G-22",
    )


def announced_sheet(sheet: str, code: str) -> Finding:
    """A sheet for a collection that this version does not take, beside others that it does."""
    return generic_finding(
        "G-22",
        say("Feuille {sheet} ignorée : la collecte {code} n'est pas encore ouverte.", sheet=quoted(sheet), code=code),
        severity=Severity.WARNING,
        hint=say("Gardez-la ; vous serez prévenu de l'ouverture."),
        cause="G-22:announced",
    )


def near_words(word: str | None, catalogue: Catalogue) -> list[str]:
    """Collections whose code differs from `word` by one letter."""
    if not word:
        return []
    folded = fold(word).replace(" ", "")
    return [
        one.code
        for one in catalogue.collections
        if len(folded) == len(one.code) and sum(a != b for a, b in zip(folded, one.code.lower(), strict=True)) == 1
    ]

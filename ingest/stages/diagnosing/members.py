"""Diagnoses of the CIL/CCI that lines are about: another platform's, not recognised, twice, ill written."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.stages.diagnosing.symptoms import MOSTLY, Diagnosis, Symptoms
from ingest.stages.tallies import Root
from rules.messages import plural, quoted, say


def another_platform(symptoms: Symptoms) -> Iterator[Root]:
    """(Nearly) all lines are of members of one other platform: its file, taken by mistake.

    It is named from the public register, in this case only: of a stray line, where its member went is not told.
    """
    keys = symptoms.starting(f"{symptoms.layout.collection.code}.R", ":not-adherent")
    if not keys or symptoms.directory is None:
        return
    lines = [one for key in keys for one in symptoms.by_cause[key]]
    platforms = set()
    for one in lines:
        last, services = symptoms.period.ends_on, symptoms.layout.collection.services
        found = [symptoms.directory.adhesion_on(one.value or "", service, last) for service in services]
        known = {adhesion.code_plateforme for adhesion in found if adhesion is not None}
        platforms.add(known.pop() if len(known) == 1 else None)
    if len(platforms) != 1 or None in platforms:
        return
    code = str(platforms.pop())
    other = symptoms.directory.by_code.get(code)
    name = code if other is None else f"{code} ({other.nom})"
    touched = sum(one.rows for one in symptoms.tallies if one.cause in keys)
    if touched > 1 and touched >= MOSTLY * symptoms.n_read:
        yield Root(
            cause="another-platform",
            causes=frozenset(keys),
            title=say("Tous les CIL/CCI de la feuille sont ceux de {name}.", name=name)
            if touched == symptoms.n_read
            else say("Presque tous les CIL/CCI de la feuille sont ceux de {name}.", name=name),
            hint=say(
                "Avez-vous pris le fichier d'une autre plate-forme ? Déposez celui de la vôtre. Si l'annuaire est "
                "inexact, signalez-le à l'UESL : votre dépôt sera jugé de nouveau quand il sera corrigé."
            ),
        )
        yield _lines_follow(symptoms)


def not_recognised(symptoms: Symptoms) -> Iterator[Root]:
    """Expected lines that are missing only because the CIL/CCI of as many lines was not recognised."""
    missing = symptoms.starting(f"{symptoms.layout.collection.code}.R", ":missing")
    if not missing:
        return
    absent = sum(one.count for one in symptoms.tallies if one.cause in missing)
    if absent <= symptoms.unrecognised:
        yield _lines_follow(symptoms)
    elif absent > 1:
        yield Root(
            cause="missing",
            causes=frozenset(missing),
            title=f"{_missing_lines(absent)}.",
            hint=say(
                "Ajoutez une ligne pour chacun de ces CIL/CCI, avec les chiffres constatés. Un chiffre inconnu ne se "
                "remplace pas par 0."
            ),
        )


def _lines_follow(symptoms: Symptoms) -> Root:
    """Expected lines that are missing because of another cause."""
    missing = symptoms.starting(f"{symptoms.layout.collection.code}.R", ":missing")
    absent = sum(one.count for one in symptoms.tallies if one.cause in missing)
    return Root(
        cause="missing-with-others",
        causes=frozenset(missing),
        title=f"{_missing_lines(absent)}." if absent > 1 else None,
        consequence=True,
    )


def _missing_lines(absent: int) -> str:
    return plural(absent, "ligne attendue manque", "lignes attendues manquent")


def codes_without_letters(symptoms: Symptoms) -> Iterator[Root]:
    """« 28 » for CIL028 all down the column."""
    member = symptoms.layout.collection.member_column
    if member is None or symptoms.directory is None:
        return
    key = f"G-11:{member.name}:unknown-member"
    found = symptoms.by_cause.get(key, [])
    bare = [one.value or "" for one in found if (one.value or "").isdecimal()]
    codes = [kind + text.zfill(3) for text in bare for kind in ("CIL", "CCI")]
    known = [code for code in codes if symptoms.directory.member(code)]
    if len(bare) < 2 or len(bare) < MOSTLY * len(found) or len(known) < MOSTLY * len(bare):  # noqa: PLR2004 - one is a typo
        return
    yield Root(
        cause=key,
        causes=frozenset([key]),
        title=say(
            "{column} : les codes sont écrits sans leurs lettres ({bare} au lieu de {known}).",
            column=symptoms.column(member.name),
            bare=bare[0],
            known=known[0],
        ),
        hint=say("Écrivez le code en entier, avec ses lettres et ses zéros, ou le nom exact du CIL/CCI."),
    )


def broken_accents(symptoms: Symptoms) -> Iterator[Root]:
    """Names whose accents were spoilt by a program that read the file in another coding."""
    keys = symptoms.starting(f"{symptoms.layout.collection.code}.R", ":name")
    found = [one for key in keys for one in symptoms.by_cause[key]]
    spoilt = [one for one in found if _accents_back(one.value or "") == one.expected]
    if not spoilt or len(spoilt) < MOSTLY * len(found):
        return
    yield Root(
        cause="broken-accents",
        causes=frozenset(keys),
        title=say(
            "{column} : les accents sont abîmés ({value} pour {name}).",
            column=symptoms.column(spoilt[0].column or ""),
            value=quoted(spoilt[0].value or ""),
            name=quoted(spoilt[0].expected or ""),
        ),
        hint=say(
            "Un logiciel a ouvert puis enregistré le fichier en se trompant d'alphabet. C'est le code qui compte : "
            "vérifiez les codes, puis repartez du fichier d'origine ou retapez ces noms."
        ),
    )


def _accents_back(text: str) -> str:
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return ""


def plain_titles(symptoms: Symptoms) -> Iterator[Root]:
    """Several different CIL/CCI with the same fault."""
    layout = symptoms.layout
    member = layout.collection.member_column
    if member is None:
        return
    code = layout.collection.code
    again = next((one for one in symptoms.findings if one.cause == "G-21:titles"), None)
    if again is not None and "G-09:twice" in symptoms.by_cause:
        yield Root(
            cause="two-tables",
            causes=frozenset(["G-09:twice"]),
            title=say(
                "Deux tableaux se suivent dans la feuille (les titres reviennent ligne {row}), avec les mêmes CIL/CCI.",
                row=str(again.row),
            ),
            hint=say("Ne gardez que le tableau de la période déposée, puis déposez de nouveau."),
        )
    for key, several in (
        (f"G-11:{member.name}:unknown-member", "{where} : des CIL/CCI ne figurent pas dans l'annuaire."),
        ("G-09:twice", "{where} : des CIL/CCI figurent sur plusieurs lignes."),
    ):
        found = symptoms.by_cause.get(key, [])
        if len({one.message for one in found}) > 1:
            where = symptoms.column(found[0].column or member.name)
            yield Root(cause=key, causes=frozenset([key]), title=say(several, where=where))
    for key in symptoms.starting(f"{code}.R", ":not-adherent"):
        if len({one.value for one in symptoms.by_cause[key]}) > 1:
            yield Root(
                cause=key,
                causes=frozenset([key]),
                title=say("Des CIL/CCI n'adhèrent pas à votre Plate-forme au dernier jour de la période."),
            )


MEMBERS: tuple[Diagnosis, ...] = (
    another_platform,
    not_recognised,
    codes_without_letters,
    broken_accents,
    plain_titles,
)

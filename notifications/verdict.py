"""The verdict as a mail, for a busy person with a phone (contract §6, §11).

In this order: the verdict, the sentence that matters, what to do and by when; the causes; the files to mend with;
what is still owed; what proves the deposit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from domain.causes import CauseTally
from domain.findings import Finding
from domain.verdicts import Verdict
from rendering import letter, wording
from rendering.answer import unquoted
from rendering.causes import EXAMPLES, Cause, group, value_read
from rendering.escaping import visible
from rendering.french import count, joined, period_name, say, typeset
from rendering.letter import Banner, Block, Facts, Headline, Item, Line, Points, Title
from rendering.view import AnswerView, SectionView, rules_fact

MOST_CAUSES: Final = 5
"""Causes that a mail shows; the report has them all."""
MOST_DECIDED: Final = 20
"""Decisions that a mail tells; the report has them all."""
ANNOTATED: Final = "annote.xlsx"

_KIT: Final = "a_corriger_"
_TO_DO: Final[Mapping[str, str]] = {"bad": "À corriger", "care": "À confirmer"}
_WITH_POINTS: Final = {
    Verdict.REJECTED: "Refusé",
    Verdict.PARTIALLY_ACCEPTED: "Accepté en partie",
    Verdict.ACCEPTED_WITH_WARNINGS: "Accepté",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Files:
    """The files made for this answer. `cases`: one may hold data about persons, and never leaves by mail."""

    names: tuple[str, ...] = ()
    attached: bool = False
    cases: bool = False

    @property
    def attachments(self) -> tuple[str, ...]:
        """What goes with the mail."""
        return (ANNOTATED,) if self.attached else ()


def subject(view: AnswerView, document: Mapping[str, Any]) -> str:
    """« Refusé, 3 points à corriger : N1A 1er trimestre 2005 (PF03) »."""
    who = visible(str(document["organisation"] or document["account"]), 20)
    by_period: dict[str, list[str]] = {}
    for section in view.sections:
        if section.collection is not None:
            by_period.setdefault(section.period or "", []).append(section.collection)
    what = ", ".join(
        f"{joined(list(dict.fromkeys(codes)))} {period_name(period)}".strip() for period, codes in by_period.items()
    )
    return say("{verdict} : {what} ({who})", verdict=in_short(view), what=what or visible(view.file_name, 40), who=who)


def in_short(view: AnswerView) -> str:
    """« Refusé, 3 points à corriger », « Accepté, 1 point à confirmer », « Accepté »."""
    questions = view.verdict is Verdict.ACCEPTED_WITH_WARNINGS
    number = view.to_confirm if questions else view.to_mend
    verdict = _WITH_POINTS.get(view.verdict)
    if verdict is None or not number:
        return view.label
    return say(
        "{verdict}, {points} {to_do}",
        verdict=verdict,
        points=count(number, "point"),
        to_do="à confirmer" if questions else "à corriger",
    )


def blocks(
    view: AnswerView,
    document: Mapping[str, Any],
    quotable: Sequence[bool],
    files: Files,
) -> list[Block]:
    """The whole mail. `quotable`: for each section, whether its values may be quoted."""
    laid: list[Block] = [Banner(f"{wording.TEST_PREFIX} {wording.TEST_BANNER}")] if view.test else []
    laid.append(Headline(in_short(view), view.headline, view.tone.value))
    laid += _asked(view)
    if view.file_findings:
        laid += [Title("Sur le fichier entier"), letter.points([one.message for one in view.file_findings])]
    laid += _decided(view)
    laid += _causes(view, document, quotable)
    laid += _files(view, document, files)
    laid += _standing(view, document)
    laid.append(Line(say("Tout le détail : {folder}/rapport.html, à ouvrir dans un navigateur.", folder=_folder(view))))
    laid += [Title("Votre dépôt"), Facts((*_contents(view), *view.facts, rules_fact(document)), small=True)]
    return laid


def _asked(view: AnswerView) -> list[Block]:
    """What to do now, without a title when it is nothing."""
    if not any(section.actions for section in view.sections):
        return [Line(text) for text in view.actions]
    if len(view.actions) == 1:
        return [Title("À faire maintenant"), Line(view.actions[0])]
    return [Title("À faire maintenant"), letter.points(view.actions)]


def _decided(view: AnswerView) -> list[Block]:
    """What a deposit of UESL's own account changes, up to a point."""
    told = [sentence for section in view.sections for sentence in section.decided]
    if not told:
        return []
    shown, hidden = told[:MOST_DECIDED], len(told) - MOST_DECIDED
    laid: list[Block] = [Title("À savoir"), letter.points(shown)]
    if hidden > 0:
        others = count(hidden, "autre ligne", "autres lignes")
        laid.append(Line(say("… et {others}, dans le rapport complet.", others=others)))
    return laid


# -- causes ------------------------------------------------------------------------------------------------------------


def _causes(view: AnswerView, document: Mapping[str, Any], quotable: Sequence[bool]) -> list[Block]:
    found = [
        section.causes if quote else _unquoted(section, judged)
        for section, judged, quote in zip(view.sections, document["sections"], quotable, strict=True)
    ]
    told = [tuple(one for one in causes if _tone(one)) for causes in found]
    with_causes = sum(1 for causes in told if causes)
    most = max(1, MOST_CAUSES // max(1, with_causes))
    alone = len(view.sections) == 1
    laid: list[Block] = []
    for section, causes in zip(view.sections, told, strict=True):
        laid += _of_section(section, causes, most) if alone else _of_part(section, causes, most)
    return laid


def _unquoted(section: SectionView, judged: Mapping[str, Any]) -> tuple[Cause, ...]:
    """The causes without any value: not in a diagnosis either."""
    tallies = [CauseTally.from_document(one) for one in judged.get("causes", ())]
    causes = group(
        (unquoted(one) for one in section.findings),
        [replace(one, title=None, hint=None) for one in tallies],
        rejected=judged["records"]["rejected"],
    )
    return tuple(one for one in causes if not one.consequence)


def _of_section(section: SectionView, causes: Sequence[Cause], most: int) -> list[Block]:
    """The causes of the only section: what is to mend, then what is to confirm, each with its number."""
    laid: list[Block] = []
    shown = causes[:most]
    for tone, title in _TO_DO.items():
        if some := _of_tone(shown, tone):
            number = count(len(_of_tone(causes, tone)), "point")
            laid.append(Title(say("{title} : {number}", title=title, number=number)))
            laid.append(Points(tuple(_cause(one, tone) for one in some)))
    return [*laid, *_not_shown(section, len(causes) - len(shown))]


def _of_part(section: SectionView, causes: Sequence[Cause], most: int) -> list[Block]:
    """One of several sections: its title, its verdict, its causes named by what they ask for."""
    laid: list[Block] = [
        Title(section.title),
        Line(section.sentence),
    ]
    shown = causes[:most]
    if shown:
        laid.append(Points(tuple(_cause(one, _tone(one), named=True) for one in shown)))
    return [*laid, *_not_shown(section, len(causes) - len(shown))]


def _not_shown(section: SectionView, hidden: int) -> list[Block]:
    laid: list[Block] = []
    if hidden:
        others = count(hidden, "autre cause", "autres causes")
        laid.append(Line(say("… et {others}, dans le rapport complet.", others=others)))
    if len(section.missing_lines) > EXAMPLES:
        missing = visible(joined(section.missing_lines), 400)
        laid.append(Line(say("Lignes attendues qui manquent : {codes}.", codes=missing)))
    return laid


def _of_tone(causes: Iterable[Cause], tone: str) -> tuple[Cause, ...]:
    return tuple(one for one in causes if _tone(one) == tone)


def _tone(cause: Cause) -> str:
    """Empty for a remark, which the report alone has."""
    if cause.to_mend:
        return "bad"
    return "care" if cause.to_confirm else ""


def _cause(cause: Cause, tone: str, *, named: bool = False) -> Item:
    """A cause, how to mend it, where it is, and three examples."""
    text = say("{to_do} : {title}", to_do=_TO_DO[tone], title=cause.title) if named else cause.title
    details = [text for text in (cause.brings if cause.cures else "", cause.places) if text]
    if cause.alike:
        details += [say("par exemple {sample}", sample=cause.sample)] if cause.sample else []
    elif cause.count > 1:
        details += [_example(one, advised=cause.hint is None) for one in cause.examples]
        if (others := cause.count - len(cause.examples)) > 0:
            details.append(say("… et {others}, dans le rapport complet.", others=count(others, "autre")))
    return Item(text, tuple(details), cause.hint or "", tone)


def _example(finding: Finding, *, advised: bool) -> str:
    place = finding.cell or (f"ligne {finding.row}" if finding.row is not None else "")
    where = " ".join(part for part in (place, value_read(finding)) if part)
    told = f"{finding.message} {finding.hint}" if advised and finding.hint else finding.message
    return say("{where} : {message}", where=where, message=told) if where else told


# -- the files to mend with --------------------------------------------------------------------------------------------


def _files(view: AnswerView, document: Mapping[str, Any], files: Files) -> list[Block]:
    to_mend = view.to_mend > 0
    items = [*_annotated(view, files, to_mend=to_mend), *_kits(view, document, files)]
    title = "Pour corriger" if to_mend else "Pour confirmer ou rectifier"
    return [Title(title), Points(tuple(items))] if items else []


def _annotated(view: AnswerView, files: Files, *, to_mend: bool) -> list[Item]:
    """The annotated copy: where it is, and how to send it back."""
    if ANNOTATED not in files.names:
        return []
    if files.attached:
        what = say(
            "Le classeur joint, {name} : votre fichier, avec chaque case à reprendre colorée et expliquée.",
            name=ANNOTATED,
        )
    else:
        template = (
            "Le classeur annoté, votre fichier avec chaque case à reprendre colorée et expliquée, vous attend dans "
            "{folder}/{name}. Il n'est pas joint : "
        )
        why = "ce message ne porte aucune donnée de dossier." if files.cases else "il est trop gros pour un message."
        what = say(template + why, folder=_folder(view), name=ANNOTATED)
    box = "essai" if view.test else "depot"
    mend = say("Corrigez dans ce classeur, enregistrez, redéposez-le dans « {box} ».", box=box)
    if not view.to_confirm or files.cases:
        return [Item(what, hint=mend)]
    if to_mend:
        confirm = say("Une valeur à confirmer est juste ? Écrivez pourquoi dans la colonne « justification ».")
        return [Item(what, (confirm,), mend)]
    confirm = say(
        "Écrivez pourquoi c'est juste dans la colonne « justification », ou corrigez ; enregistrez, redéposez-le dans "
        "« {box} ». La question ne sera plus posée pour cette valeur.",
        box=box,
    )
    return [Item(what, hint=confirm)]


def _kits(view: AnswerView, document: Mapping[str, Any], files: Files) -> list[Item]:
    """The correction kits, one a collection: only the lines to take again, or all where nothing was kept."""
    some: list[str] = []
    whole: list[str] = []
    for stem in dict.fromkeys(name.rpartition(".")[0] for name in files.names if name.startswith(_KIT)):
        forms = [suffix for suffix in (".xlsx", ".csv") if f"{stem}{suffix}" in files.names]
        name = f"{stem}{forms[0]}" + (f" (ou {forms[1]})" if len(forms) > 1 else "")
        kept = {one["records"]["accepted"] for one in document["sections"] if f"{_KIT}{one['slug']}" == stem}
        (whole if kept == {0} else some).append(name)
    kinds = (
        (some, "Ou seulement les lignes à reprendre", "les lignes justes de votre dépôt sont gardées"),
        (whole, "Ou vos lignes, chacune avec son message", "toutes les lignes de votre dépôt y sont"),
    )
    told = []
    for names, what, why in kinds:
        alone = "ce fichier seul" if len(names) == 1 else "ces fichiers seuls"
        where = f"{joined(names)}, dans {_folder(view)}."
        hint = typeset(f"Corrigez-les et redéposez {alone} : {why}.")
        told += [Item(f"{typeset(f'{what} :')} {where}", hint=hint)] if names else []
    return told


def _folder(view: AnswerView) -> str:
    return f"retours/{view.submission}"


# -- where the organisation stands -------------------------------------------------------------------------------------


def _standing(view: AnswerView, document: Mapping[str, Any]) -> list[Block]:
    """What is in force and the deadlines, then what is still owed: no date is said twice."""
    owed = {(one["collection"], one["period"]) for one in document["still_owed"]}
    laid: list[Block] = []
    for section in view.sections:
        listed = (section.collection, section.period) in owed
        told = [text for text in ("" if view.test else section.standing, "" if listed else section.deadline) if text]
        if told:
            name = "" if len(view.sections) == 1 else say("{name} : ", name=section.collection or section.title)
            laid.append(Line(f"{name}{' '.join(told)}"))
    if view.owed:
        laid += [Title("Ce qui reste attendu de vous"), letter.points(view.owed)]
    else:
        laid.append(Line(typeset("Rien d'autre n'est attendu de vous à ce jour.")))
    return laid


def _what(section: SectionView) -> str:
    """« N1A 1er trimestre 2005 »."""
    return f"{section.collection} {period_name(section.period or '')}".strip()


def _contents(view: AnswerView) -> tuple[tuple[str, str], ...]:
    """What was read, for the record: collection, period and figures."""
    return tuple(
        (_what(section), ", ".join(f"{figure} {what}" for figure, what in section.counts))
        for section in view.sections
        if section.collection is not None and section.verdict is not Verdict.DESTROYED
    )

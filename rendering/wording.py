"""The sentences of an answer. Every text that a depositor reads about a verdict is here, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.anomalies import ANSWER_WITHIN_DAYS
from domain.compliance import ComplianceStatus
from domain.submissions import ReceiptProof
from domain.verdicts import Verdict
from rendering.escaping import visible
from rendering.french import agree, count, days_late, days_left, long_instant, say, short_instant, typeset

TEST_PREFIX: Final = "[ESSAI – ne compte pas]"
"""Contract §11: the subject prefix of answers to `essai/`."""
TEST_BANNER: Final = typeset(
    "Ceci est un essai : rien n'est enregistré et rien n'est compté. Pour que le dépôt compte, "
    "déposez le fichier dans le dossier « depot ».",
)
CHECK_BANNER: Final = typeset(
    "Simple vérification : rien n'est déposé, rien n'est enregistré, aucun message n'est envoyé.",
)
VERDICTS: Final[Mapping[Verdict, str]] = {
    Verdict.ACCEPTED: "Accepté",
    Verdict.ACCEPTED_WITH_WARNINGS: "Accepté, à confirmer",
    Verdict.PARTIALLY_ACCEPTED: "Accepté en partie",
    Verdict.REJECTED: "Refusé",
    Verdict.DUPLICATE: "Déjà reçu",
    Verdict.NIL: "État néant",
    Verdict.DESTROYED: "Fichier détruit",
}
PENDING: Final = "En cours d’examen"
WAITING_NIL: Final = "État néant en attente"
SEVERITIES: Final[Mapping[str, str]] = {
    "blocking": "Bloquant",
    "error": "Erreur",
    "warning": "À confirmer",
    "info": "Remarque",
}
CONFIRMED: Final = "Confirmé"
"""Instead of « Remarque », for a point that the depositor confirmed."""
STATUSES: Final[Mapping[ComplianceStatus, str]] = {
    ComplianceStatus.UPCOMING: "à venir",
    ComplianceStatus.OPEN: "à déposer",
    ComplianceStatus.TO_CORRECT: "à corriger",
    ComplianceStatus.INCOMPLETE: "à compléter",
    ComplianceStatus.ON_TIME: "reçu dans les délais",
    ComplianceStatus.LATE: "reçu en retard",
    ComplianceStatus.OVERDUE: "en retard",
    ComplianceStatus.WAIVED: "dispensé",
}
PROOFS: Final[Mapping[ReceiptProof, str]] = {
    ReceiptProof.SFTP_CLOSE: typeset("le serveur, qui a noté la fin de votre envoi"),
    ReceiptProof.CHANGE_TIME: typeset("la machine du guichet, qui a noté la fin de l'écriture du fichier"),
    ReceiptProof.CLOCK: typeset("l'horloge du guichet, au moment de la prise en charge"),
    ReceiptProof.IMPORTED: typeset("l'administrateur, lors de la reprise de l'historique"),
}
NO_DEADLINE: Final = typeset("Échéance : aucune, cette période précède la mise en service du guichet.")

_FORMATS: Final = {
    "csv": "CSV (texte)",
    "xlsx": "classeur Excel (XLSX)",
    "xlsm": "classeur Excel avec macros (XLSM), macros ignorées",
    "xls": "classeur Excel 97-2003 (XLS)",
    "ods": "classeur OpenDocument (ODS)",
}
_ENCODINGS: Final = {
    "cp1252": "Windows-1252",
    "utf-8": "UTF-8",
    "utf-8-bom": "UTF-8 (avec BOM)",
    "utf-32": "UTF-32",
    "cp850": "MS-DOS (page de codes 850)",
    "mac-roman": "Macintosh",
    "utf-16": "UTF-16",
    "iso-8859-15": "ISO-8859-15",
    "iso8859-15": "ISO-8859-15",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
}
_SEPARATORS: Final = {
    ";": "point-virgule",
    ",": "virgule",
    "\t": "tabulation",
    "|": "barre verticale",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """When something still awaited is due; `days_left` are civil days, negative once past."""

    at: datetime
    days_left: int
    passed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What the sentences about one section depend on."""

    verdict: Verdict
    test: bool = False
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    warnings: int = 0
    justified: int = 0
    missing: int = 0
    missing_follows: bool = False
    """The missing lines are those of records refused: there is nothing to add."""
    in_force: bool = False
    replaces: str | None = None
    stays: str | None = None
    waits: bool = False
    register_only: bool = False
    due: Due | None = None
    completes: str | None = None
    carried: int = 0
    kit: bool = False
    """A correction kit comes with the answer."""
    cases: bool = False
    orders: bool = False
    """What UESL decides: it is applied at once, no period has it in force."""


def headline(verdict: Verdict, sections: int, *, test: bool) -> str:
    """One sentence for a file of several sections."""
    parts = count(sections, "partie")
    sentences = {
        Verdict.ACCEPTED: "Votre dépôt {be} accepté ({parts}).",
        Verdict.ACCEPTED_WITH_WARNINGS: "Votre dépôt {be} accepté ({parts}) ; des points sont à confirmer.",
        Verdict.PARTIALLY_ACCEPTED: "Votre dépôt ({parts}) {be} accepté en partie seulement.",
        Verdict.REJECTED: "Votre dépôt {be} refusé ({parts}) : rien {kept} enregistré.",
        Verdict.DUPLICATE: "Ce fichier a déjà été déposé à l'identique : il {not_kept} chargé une seconde fois.",
        Verdict.NIL: "Vos états néant ({parts}) {be_many} enregistrés.",
        Verdict.DESTROYED: _DESTROYED,
    }
    return _mood(sentences[verdict], test=test, parts=parts)


_DESTROYED: Final = (
    "Votre fichier contenait des données nominatives, que la loi « Informatique et Libertés » et le dispositif "
    "interdisent d'envoyer ici : fichier détruit, contenu non conservé."
)


def sentence(told: Told) -> str:
    """The verdict on a section, in one sentence, and what was confirmed, by whomever; conditional for a test."""
    if not told.justified:
        return _verdict(told)
    points = count(told.justified, "point confirmé", "points confirmés")
    text = " {points}." if told.test else " {points} : la question n'est plus posée."
    return _verdict(told) + say(text, points=points)


def _verdict(told: Told) -> str:
    return _mood(
        _SENTENCES[told.verdict] if told.verdict in _SENTENCES else _longer(told),
        test=told.test,
        lines=count(told.accepted, "ligne"),
        loaded=agree(told.accepted, "appliquée" if told.orders else "chargée"),
        right=agree(told.accepted, "juste"),
        points=count(told.warnings, "point"),
        are="est" if told.warnings < 2 else "sont",  # noqa: PLR2004 - French plural
        refused=count(told.rejected, "ligne"),
        refused_agreed=agree(told.rejected, "refusée"),
        missing=count(told.missing, "ligne attendue manque", "lignes attendues manquent"),
        original=_deposit(told.stays),
    )


_SENTENCES: Final[Mapping[Verdict, str]] = {
    Verdict.ACCEPTED: "Votre dépôt {be} accepté : {lines} {loaded}.",
    Verdict.ACCEPTED_WITH_WARNINGS: "Votre dépôt {be} accepté ({lines} {loaded}) ; {points} {are} à confirmer.",
    Verdict.DESTROYED: _DESTROYED,
}


def _longer(told: Told) -> str:
    if told.verdict is Verdict.PARTIALLY_ACCEPTED:
        wrong = [
            part
            for part, there in (("{refused} {refused_agreed}", told.rejected), ("{missing}", told.missing))
            if there
        ]
        if told.stays and not told.in_force:
            right = ", ".join(["{lines} {right}", *wrong])
            return f"Votre dépôt {{be}} accepté en partie ({right}), mais un dépôt complet reste en vigueur."
        return "Votre dépôt {be} accepté en partie : " + ", ".join(["{lines} {loaded}", *wrong]) + "."
    if told.verdict is Verdict.REJECTED:
        return "Votre dépôt {be} refusé : rien {kept} enregistré."
    if told.verdict is Verdict.DUPLICATE:
        which = "votre dépôt du {original}" if told.stays else "un dépôt déjà en vigueur"
        return f"Ce fichier est identique à {which}, qui est en vigueur : il {{not_kept}} chargé une seconde fois."
    if told.waits:
        return (
            "Votre état néant {be} reçu mais il {wait} une confirmation, parce que des chiffres sont déjà en vigueur "
            "pour cette période."
        )
    return "Votre état néant {be} enregistré : aucune activité pour cette période, les lignes attendues comptent 0."


def _mood(template: str, *, test: bool, **values: str) -> str:
    """Indicative for a deposit, conditional for a test."""
    verbs = {"be": "est", "be_many": "sont", "kept": "n’a été", "not_kept": "n’a pas été", "wait": "attend"}
    if test:
        verbs = {
            "be": "serait",
            "be_many": "seraient",
            "kept": "ne serait",
            "not_kept": "ne serait pas",
            "wait": "attendrait",
        }
    return say(template, **verbs, **values)


def standing(told: Told) -> str:
    """What is in force now, after this deposit."""
    if told.test:
        return typeset("Un essai ne change rien à ce qui est en vigueur.")
    if told.in_force and told.replaces:
        return say("Ce dépôt est en vigueur ; il remplace celui du {former}.", former=_deposit(told.replaces))
    if told.in_force:
        return "Ce dépôt est en vigueur."
    if told.verdict is Verdict.DUPLICATE:
        return say("Votre dépôt du {stays} reste en vigueur.", stays=_deposit(told.stays)) if told.stays else ""
    if told.stays:
        reason = {
            Verdict.PARTIALLY_ACCEPTED: " : un dépôt partiel ne remplace jamais un dépôt complet",
            Verdict.NIL: " jusqu'à ce que l'état néant soit déposé une seconde fois" if told.waits else "",
        }.get(told.verdict, "")
        return say("Votre dépôt du {stays} reste en vigueur" + reason + ".", stays=_deposit(told.stays))
    return typeset("Ce dépôt ne change rien à ce qui était en vigueur.")


def _deposit(submission: str | None) -> str:
    """« 18/04/2005 à 10 h 15 (n° 20050418-101502-7f3a9c) »: a number begins with its local date and time."""
    if submission is None:
        return ""
    try:
        received = datetime.strptime(submission[:15], "%Y%m%d-%H%M%S")  # noqa: DTZ007 - civil time, shown as it is
    except ValueError:
        return visible(submission)
    return say("{instant} (n° {number})", instant=short_instant(received), number=submission)


def taken_over(told: Told) -> str:
    """What a correction kit was put together with; empty for any other file."""
    if told.completes is None or not told.carried or not told.accepted:
        return ""
    new = told.accepted - told.carried
    return say(
        "{carried} {taken} de votre dépôt du {former}, {new} {mended} ou {added}.",
        carried=count(told.carried, "ligne"),
        taken=agree(told.carried, "reprise"),
        former=_deposit(told.completes),
        new=count(new, "ligne"),
        mended=agree(new, "corrigée"),
        added=agree(new, "ajoutée"),
    )


def nothing_to_do(*, test: bool) -> str:
    """When all is well."""
    return typeset("Le fichier est prêt : déposez-le dans « depot »." if test else "Rien à faire.")


def actions(told: Told) -> tuple[str, ...]:
    """What to do now about a section; empty when there is nothing."""
    listed = _ACTIONS.get(told.verdict)
    if told.verdict is Verdict.PARTIALLY_ACCEPTED:
        listed = _mend_partial(told)
    elif told.verdict is Verdict.ACCEPTED_WITH_WARNINGS:
        listed = (_CONFIRM_CASES if told.cases or not told.kit else _CONFIRM,)
    elif told.verdict is Verdict.NIL:
        listed = (_CONFIRM_NIL,) if told.waits else ()
    if not listed:
        return ()
    if told.register_only:
        listed = (*listed, _REGISTER)
    within = "" if told.test else say(" et répondez sous {days}", days=count(ANSWER_WITHIN_DAYS, "jour"))
    return tuple(say(action, when=_when(told.due), within=within) for action in listed)


_CONFIRM: Final = (
    "Relisez les points à confirmer{within} : si une valeur est fausse, déposez un fichier corrigé ; si elle est "
    "juste, dites pourquoi dans la colonne « justification » du classeur annoté et déposez-le : la question ne sera "
    "plus posée."
)
_CONFIRM_CASES: Final = (
    "Relisez les points à confirmer : si une valeur est fausse, déposez un fichier corrigé ; si tout est juste, il n'y "
    "a rien à faire."
)
_CONFIRM_NIL: Final = (
    "S'il n'y a vraiment eu aucune activité, déposez ce même état néant une seconde fois ; sinon il n'y a rien à "
    "faire, vos chiffres restent en vigueur."
)
_REGISTER: Final = (
    "Si vos données sont justes et que c'est l'annuaire qui est à corriger, écrivez à l'UESL en répondant au message "
    "du guichet : votre dépôt sera alors jugé de nouveau, à sa date de réception, sans que vous ayez à le refaire."
)
_ACTIONS: Final[Mapping[Verdict, tuple[str, ...]]] = {
    Verdict.REJECTED: ("Corrigez le fichier comme indiqué, puis déposez-le de nouveau{when}.",),
    Verdict.DUPLICATE: (
        (
            "Rien à faire. Si vous vouliez envoyer une correction, vérifiez que le fichier corrigé a bien été "
            "enregistré avant d'être déposé."
        ),
    ),
    Verdict.DESTROYED: (
        (
            "Retirez du fichier toute donnée sur des personnes (nom, adresse, date de naissance, téléphone, courriel, "
            "numéro de sécurité sociale, employeur, texte libre), puis déposez-le de nouveau{when}."
        ),
        "Effacez les copies que vous auriez gardées hors de votre logiciel de gestion.",
    ),
}


def _mend_partial(told: Told) -> tuple[str, ...]:
    parts = []
    if told.rejected:
        parts.append("corrigez " + ("la ligne refusée" if told.rejected == 1 else "les lignes refusées"))
    if told.missing and not told.missing_follows:
        parts.append("ajoutez " + ("la ligne manquante" if told.missing == 1 else "les lignes manquantes"))
    mend = " et ".join(parts) or "corrigez les erreurs"
    how = "déposez-le de nouveau, en entier"
    if told.kit:
        how += " (ou ne déposez que le fichier « a_corriger »)"
    return (f"{mend[0].upper()}{mend[1:]} dans votre fichier, puis {how}{{when}}.",)


def _when(due: Due | None) -> str:
    if due is None:
        return ""
    if due.passed:
        return " dès que possible (l’échéance est passée)"
    return f", avant le {long_instant(due.at)} ({days_left(due.days_left)})"


def deadline(  # noqa: PLR0913 - the facts of one obligation
    status: ComplianceStatus,
    due_at: datetime,
    *,
    margin_days: int,
    left_days: int,
    passed: bool,
    test: bool = False,
    excused: str | None = None,
) -> str:
    """The deadline and where the organisation stands with it after this deposit."""
    early = f"déposé dans les délais, avec {count(margin_days, 'jour')} d’avance"
    if margin_days <= 0:
        early = "déposé le dernier jour, dans les délais" if margin_days == 0 else "déjà déposé dans les délais"
    left = days_late(-left_days) if passed else days_left(left_days)
    explained = {
        ComplianceStatus.ON_TIME: early,
        ComplianceStatus.LATE: f"complet, avec {days_late(max(0, -margin_days))}",
        ComplianceStatus.INCOMPLETE: f"dépôt à compléter, {left}",
        ComplianceStatus.TO_CORRECT: f"rien d’accepté pour l’instant, {left}",
        ComplianceStatus.OPEN: f"rien d’accepté pour l’instant, {left}",
        ComplianceStatus.OVERDUE: f"échéance passée, rien d’accepté, {left}",
        ComplianceStatus.WAIVED: "dispense accordée",
        ComplianceStatus.UPCOMING: left,
    }[status]
    note = " ; un essai n'y change rien" if test else ""
    told = say("Échéance : {due} – {explained}" + note + ".", due=long_instant(due_at), explained=explained)
    return told + (say(" Échéance reportée : {reason}.", reason=visible(excused, 200)) if excused else "")


def owed(  # noqa: PLR0913, PLR0917 - the facts of one obligation
    name: str,
    period: str,
    status: ComplianceStatus,
    due_at: datetime,
    now: datetime,
    excused: str | None = None,
) -> str:
    """One thing still owed: « N1M – …, 1er trimestre 2005 : à déposer avant le … (il reste 12 jours) »."""
    moved = say(" ; échéance reportée : {reason}", reason=visible(excused, 200)) if excused else ""
    return _owed(name, period, status, due_at, now) + moved


def _owed(name: str, period: str, status: ComplianceStatus, due_at: datetime, now: datetime) -> str:
    left = (due_at.date() - now.astimezone(due_at.tzinfo).date()).days
    if now > due_at:
        verb = "à déposer" if status in {ComplianceStatus.OVERDUE, ComplianceStatus.OPEN} else STATUSES[status]
        template = "{name}, {period} : {verb}, échéance passée depuis le {due} ({late})"
        return say(template, name=name, period=period, verb=verb, due=long_instant(due_at), late=days_late(-left))
    template = "{name}, {period} : {verb} avant le {due} ({left})"
    return say(
        template,
        name=name,
        period=period,
        verb=STATUSES[status],
        due=long_instant(due_at),
        left=days_left(left),
    )


def file_format(code: str) -> str:
    """`classeur Excel (XLSX)`."""
    return _FORMATS.get(code.lower(), visible(code.upper()))


def encoding(code: str) -> str:
    """`Windows-1252`."""
    return _ENCODINGS.get(code.lower().replace("_", "-"), visible(code))


def separator(character: str) -> str:
    """`point-virgule`."""
    return _SEPARATORS.get(character, visible(character))

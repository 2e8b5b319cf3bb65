"""What is written when something is not a deposit, or when something of ours fails (contract §6, §11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.notices import Event, Notice
from domain.organisations import Directory
from domain.submissions import Box
from notifications.envelope import Writing
from notifications.recipients import Recipient, depositors
from rendering.escaping import visible
from rendering.french import say, typeset
from rendering.letter import Facts, Headline, Line, Title

_FOR_DEPOSITORS: Final[Mapping[str, tuple[str, str, str]]] = {
    "sub_folder": (
        "Sous-dossier non lu",
        "Vous avez déposé un sous-dossier : le guichet ne lit que les fichiers posés directement dans « {box} ».",
        (
            "Déposez chaque fichier (CSV, XLSX, XLSM, XLS ou ODS) directement dans « {box} », puis supprimez le "
            "sous-dossier."
        ),
    ),
    "unfinished": (
        "Transfert inachevé",
        (
            "Un transfert vers « {box} » a commencé mais ne s'est pas terminé : le fichier n'est pas complet, il n'a "
            "pas été pris."
        ),
        (
            "Envoyez de nouveau le fichier en entier, sous son nom définitif ; si votre logiciel laisse un fichier "
            "provisoire (.part, .filepart, .tmp), supprimez-le."
        ),
    ),
    "unreadable": (
        "Fichier illisible",
        "Un fichier déposé dans « {box} » interdit sa lecture (droits du fichier) : il n'a pas été pris.",
        (
            "Supprimez-le et déposez-le de nouveau, en demandant à votre logiciel de ne pas copier les droits du "
            "fichier. Il sera pris de lui-même si vous rendez sa lecture possible."
        ),
    ),
}
_FOR_THE_ADMINISTRATOR: Final[Mapping[str, str]] = {
    "link": "Un lien symbolique a été trouvé dans un dossier de dépôt. Il n'est jamais suivi.",
    "hard_link": "Un fichier à plusieurs noms (lien physique) a été trouvé dans un dossier de dépôt. Il n'est pas "
    "pris.",
    "special": "Un objet qui n'est pas un fichier (FIFO, socket, périphérique) a été trouvé dans un dossier de dépôt.",
    "unknown_account": "Un dossier de la boîte de dépôt ne correspond à aucun compte connu. Rien n'y est pris.",
    "stray": "Un objet a été trouvé hors des dossiers de dépôt. Il est laissé en place.",
    "closed_folder": "Un dossier de dépôt ne peut pas être lu, ou n'est pas un dossier. Rien n'en vient.",
    "foreign_mail": "Le dossier du courrier reçu contient un objet qui n'est pas un message, ou qui est trop grand. Il "
    "est laissé en place.",
    "unreadable_mail": "Le dossier du courrier reçu contient un message dont les droits interdisent la lecture. Il est "
    "laissé en place, et sera lu dès que ce sera possible.",
    "file_parked": "Un dépôt n'a pas pu être traité à cause d'une faute du guichet. Ses octets sont conservés, les "
    "autres dépôts continuent ; le déposant attend un verdict.",
    "edition_failed": "Une édition des tableaux n'a pas pu être faite à cause d'une faute du guichet. L'édition "
    "précédente reste en place, les autres périodes sont publiées ; le guichet essaie encore.",
    "clock_in_doubt": "L'horloge de la machine a changé d'un coup, ou retarde sur le journal. Les dépôts sont reçus et "
    "jugés comme d'habitude, mais tant qu'elle est douteuse, personne n'est relancé et rien n'est effacé.",
}
_UNKNOWN: Final = "Quelque chose demande votre attention."


def oddity_notices(  # noqa: PLR0913 - by keyword: the facts of what was found
    kind: str,
    *,
    account: str,
    box: Box | None,
    name: str,
    key: str,
    directory: Directory | None,
    reply_to: str | None = None,
    admin: str | None = None,
) -> list[Notice]:
    """Something in the inbox was left alone: one answer to the depositor who can mend it, else to the administrator.

    `kind` is a code of the inbox, `key` the same at every scan, `name` whatever the file system gave.
    """
    told = _FOR_DEPOSITORS.get(kind)
    if told is None:
        return unknown_object_notices(kind, account=account, name=name, key=key, admin=admin)
    title, what, mend = told
    folder = (box or Box.DEPOT).value
    organisation = directory.of_account(account) if directory is not None else None
    writing = Writing(
        key=key,
        event=Event.SYSTEM,
        subject=say("{title} : {name}", title=title, name=visible(name, 40)),
        blocks=[
            Headline(title, say(what, box=folder), "care"),
            Facts((("Nom", visible(name)), ("Dossier", folder), ("Compte", visible(account)))),
            Title("À faire maintenant"),
            Line(say(mend, box=folder)),
        ],
        test=box is Box.ESSAI,
        reply_to=reply_to,
    )
    return writing.to(depositors(directory, organisation, admin=admin))


def unknown_object_notices(kind: str, *, account: str, name: str, key: str, admin: str | None) -> list[Notice]:
    """To the administrator, once: an object that no depositor can have meant."""
    return system_notices(
        None,
        admin=admin,
        kind=kind,
        key=key,
        submission_id=None,
        facts=(("Nom", visible(name)), ("Compte", visible(account))),
    )


def system_notices(  # noqa: PLR0913 - by keyword: the facts of what happened
    directory: Directory | None,
    *,
    admin: str | None,
    kind: str,
    key: str,
    submission_id: str | None = None,
    detail: str = "",
    facts: tuple[tuple[str, str], ...] = (),
) -> list[Notice]:
    """To the administrator: something needs attention. `detail` must hold no data of a depositor."""
    del directory  # the administrator's address is a setting, so that it works with an empty register
    if admin is None:
        return []
    listed = [*facts]
    if submission_id:
        listed.append(("Numéro de dépôt", submission_id))
    if detail:
        listed.append(("Détail", visible(detail, 300)))
    listed.append(("Code", visible(kind)))
    writing = Writing(
        key=key,
        event=Event.SYSTEM,
        subject=say("Guichet : {kind}", kind=_title(kind)),
        blocks=[
            Headline(_capital(_title(kind)), typeset(_FOR_THE_ADMINISTRATOR.get(kind, _UNKNOWN)), "care"),
            Facts(tuple(listed)),
            Line(typeset("Ce qu'il faut faire est dans le guide d'exploitation (docs/runbook), à ce code.")),
        ],
        submission_id=submission_id,
    )
    return writing.to([Recipient(address=admin)])


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _title(kind: str) -> str:
    return _TITLES.get(kind, visible(kind, 40))


_TITLES: Final[Mapping[str, str]] = {
    "link": "lien symbolique dans la boîte de dépôt",
    "hard_link": "lien physique dans la boîte de dépôt",
    "special": "objet spécial dans la boîte de dépôt",
    "unknown_account": "dossier sans compte dans la boîte de dépôt",
    "stray": "objet hors des dossiers de dépôt",
    "closed_folder": "dossier de dépôt fermé",
    "edition_failed": "une édition des tableaux ne se fait pas",
    "file_parked": "un dépôt n’a pas pu être traité",
    "foreign_mail": "objet étranger dans le courrier reçu",
    "unreadable_mail": "message illisible dans le courrier reçu",
    "clock_in_doubt": "horloge douteuse",
}


def undelivered_notice(*, message_id: str, recipient: str, subject: str, detail: str, admin: str) -> Notice:
    """To the administrator: a message was refused for good, or put off for five days."""
    writing = Writing(
        key=f"undelivered:{message_id}",
        event=Event.SYSTEM,
        subject=say("Guichet : message non remis à {recipient}", recipient=visible(recipient, 40)),
        blocks=[
            Headline(
                "Message non remis",
                typeset("Un message du guichet n'a pas pu être remis ; il n'est plus tenté."),
                "bad",
            ),
            Facts(
                (
                    ("Destinataire", visible(recipient)),
                    ("Objet", visible(subject, 120)),
                    ("Réponse du serveur", visible(detail, 300)),
                    ("Message-ID", message_id),
                ),
            ),
            Line(
                say(
                    "Vérifiez l'adresse dans l'annuaire ; puis, pour l'envoyer de nouveau : guichet mail retry '{id}'",
                    id=message_id,
                ),
            ),
        ],
    )
    return writing.to([Recipient(address=admin)])[0]

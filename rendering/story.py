"""The whole story of a deposit on a terminal (`guichet show`): its answer, then all that happened to it since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from domain.anomalies import AnomalyState
from domain.submissions import SubmissionState
from domain.verdicts import Verdict
from rendering import wording
from rendering.anomalies import STATES
from rendering.escaping import visible
from rendering.french import count, file_size, period_name, say, short_instant
from rendering.terminal import TerminalLine, answer_lines, pairs, wrap
from rendering.view import Tone

_STATES: Final = {
    "claimed": "pris en charge, verdict à venir",
    "judged": "jugé",
    "parked": "mis de côté : une faute du guichet a empêché de le juger, ses octets sont conservés",
    "withdrawn": "retiré",
}
_MESSAGES: Final = {
    "queued": "à envoyer",
    "sending": "en cours d’envoi",
    "held": "retenu",
    "sent": "envoyé",
    "failed": "non remis",
    "bounced": "revenu, l’adresse ne l’a pas reçu",
}
_EVENTS: Final = {
    "claimed": "pris en charge",
    "imported": "versé au guichet, d’avant sa mise en service",
    "judged": "jugé",
    "judged_again": "jugé de nouveau après correction de l’annuaire",
    "justified": "points confirmés par le déposant",
    "in_force": "ce qui est en vigueur a changé",
    "withdrawn": "retiré",
    "delayed": "remis à plus tard",
    "parked": "mis de côté",
    "resumed": "remis dans la file",
    "reopened": "à juger de nouveau, l’annuaire a été corrigé",
    "destroyed": "fichier détruit, contenu non conservé",
    "purged": "détruit au terme de sa durée de conservation",
    "obligation_dates": "dates de l’obligation mises à jour",
    "anomalies_raised": "questions posées",
    "anomalies_confirmed": "questions auxquelles il répond",
    "anomalies_corrected": "questions qui ne se posent plus",
    "anomalies_restored": "questions qui se posent de nouveau",
    "anomaly_answered": "l’UESL a répondu à une question",
}
LEFT_ALONE: Final = {
    "sub_folder": "un sous-dossier n’est pas lu, le déposant en a été averti",
    "unfinished": "transfert inachevé : rien n’a été déposé, le déposant en a été averti",
    "unreadable": "ses droits interdisent de le lire, le déposant en a été averti ; il est pris dès qu’ils le "
    "permettent",
    "link": "un lien symbolique n’est jamais suivi, l’administrateur en a été averti",
    "hard_link": "un fichier à plusieurs noms n’est pas pris, l’administrateur en a été averti",
    "special": "ce n’est pas un fichier, l’administrateur en a été averti",
    "unknown_account": "ce dossier n’est celui d’aucun compte : rien n’y est pris, l’administrateur en a été averti",
    "stray": "hors des dossiers de dépôt, l’administrateur en a été averti",
    "closed_folder": "ce dossier ne peut pas être lu : rien n’en vient, l’administrateur en a été averti",
    "adrift": "des octets que le registre ne connaît pas (une sauvegarde restaurée ?), conservés ; l’administrateur en "
    "a été averti",
}
_SHOWN_FINDINGS: Final = 200


def story_lines(story: Mapping[str, Any]) -> list[TerminalLine]:
    """What the ledger tells of a deposit: how it stands, the answer as it was given, what happened to it since."""
    answer = story.get("answer")
    lines = [*wrap(say("Aujourd'hui : {how}.", how=how_it_stands(story)), strong=True), TerminalLine("")]
    if any(one["whole"] for one in story.get("destroyed", ())):
        lines += _what_remains(story)
    elif answer:
        given = say("Réponse donnée le {at} :", at=_civil(answer["judged_at"])) if answer.get("judged_at") else ""
        lines += [*wrap(given, tone=Tone.CALM), *answer_lines(answer, full=_few(answer))]
    else:
        lines += _without_answer(story)
    lines += [TerminalLine(""), TerminalLine("Depuis", strong=True), *pairs(_since(story))]
    said = [one for one in story.get("justifications", ()) if one["author"] == one["account"]]
    if said:
        lines += [TerminalLine(""), TerminalLine("Confirmé par le déposant", strong=True)]
        lines += [line for one in said for line in wrap(_said(one), first="- ", rest="  ")]
    if story.get("anomalies"):
        lines += [TerminalLine(""), TerminalLine("Questions", strong=True)]
        lines += [line for one in story["anomalies"] for line in wrap(_question(one), first="- ", rest="  ")]
    if story.get("in_force"):
        lines += [TerminalLine(""), TerminalLine("En vigueur", strong=True)]
        lines += [line for span in story["in_force"] for line in wrap(_span(span), first="- ", rest="  ")]
    if story.get("messages"):
        lines += [TerminalLine(""), TerminalLine("Messages", strong=True)]
        lines += [line for one in story["messages"] for line in wrap(_message(one), first="- ", rest="  ")]
    if story.get("events"):
        lines += [TerminalLine(""), TerminalLine("Journal", strong=True)]
        lines += [line for one in story["events"] for line in wrap(_event(one), first="- ", rest="  ")]
    return lines


def how_it_stands(story: Mapping[str, Any]) -> str:
    """What became of it in the end, in some words: what the answer said may have been true then and not now."""
    if any(one["whole"] for one in story.get("destroyed", ())):
        return "détruit au terme de sa durée de conservation"
    state = story["state"]
    if state == SubmissionState.WITHDRAWN.value:
        by = say(" par {name}", name=story["withdrawn_by"]) if story.get("withdrawn_by") else ""
        return say(
            "retiré le {at}{by} ({reason})",
            at=_civil(story["withdrawn_at"]),
            by=by,
            reason=story.get("withdrawn_reason") or "sans motif",
        )
    if state != SubmissionState.JUDGED.value:
        again = say(", difficulté : {what}", what=story["trouble"]) if story.get("trouble") else ""
        return _STATES[str(state)] + again
    verdict = wording.VERDICTS[Verdict(story["verdict"])].lower() if story.get("verdict") else _STATES[str(state)]
    return ", ".join(part for part in (verdict, _counting(story)) if part)


def _counting(story: Mapping[str, Any]) -> str:
    """Whether it counts, and what counts in its place."""
    if story.get("test"):
        return "essai qui ne compte pas"
    spans = story.get("in_force", ())
    told = [say("en vigueur pour {what}", what=_span_of(one)) for one in spans if not one.get("to_at")]
    told += [
        say("remplacé pour {what} par {other}", what=_span_of(one), other=one["replaced_by"])
        for one in spans
        if one.get("to_at") and one.get("replaced_by")
    ]
    waits = any(one.get("waits") for one in story.get("sections", ()))
    told += ["attend un second dépôt identique"] if waits and not told else []
    asked = sum(one["state"] == AnomalyState.OPEN.value for one in story.get("anomalies", ()))
    told += [count(asked, "question sans réponse", "questions sans réponse")] if asked else []
    return ", ".join(dict.fromkeys(told))


def _span_of(span: Mapping[str, Any]) -> str:
    return f"{span['collection']} {span['period']}"


def several_lines(stories: Sequence[Mapping[str, Any]]) -> list[TerminalLine]:
    """Deposits that a name or a hash may mean, one entry each, with how to read the whole story."""
    title = say("{number} répondent à cette demande", number=count(len(stories), "dépôt", "dépôts"))
    lines = [TerminalLine(title, strong=True)]
    for one in stories:
        lines += wrap(_in_short(one), first="- ", rest="  ")
    return [*lines, TerminalLine(""), *wrap("Pour l’histoire entière de l’un d’eux : guichet show NUMÉRO")]


def _in_short(story: Mapping[str, Any]) -> str:
    """« 20050418-101502-7f3a9c, pf03, reçu le…, N1A_2005T1.csv : accepté, en vigueur pour N1A 2005T1 »."""
    return say(
        "{number}, {account}{box}, reçu le {at}, {name} : {became}",
        number=story["submission"],
        account=story["account"],
        box=" (essai)" if story["test"] else "",
        at=_civil(story["received_at"]),
        name=visible(story["file"]["name"]),
        became=how_it_stands(story),
    )


def left_alone_lines(found: Sequence[Mapping[str, Any]]) -> list[TerminalLine]:
    """What lay in the inbox under that name and never became a deposit."""
    lines = [TerminalLine("Resté dans la boîte, jamais pris", strong=True)]
    for one in found:
        place = "/".join(str(one[key]) for key in ("account", "box") if one[key])
        told = say(
            "{name} ({place}), vu le {at} : {why}",
            name=visible(one["name"]),
            place=visible(place) or "guichet",
            at=_civil(one["seen_at"]),
            why=LEFT_ALONE.get(str(one["left_alone"]), str(one["left_alone"])),
        )
        lines += wrap(told, first="- ", rest="  ")
    return lines


def _few(answer: Mapping[str, Any]) -> bool:
    return sum(len(section["findings"]) for section in answer["sections"]) <= _SHOWN_FINDINGS


def _without_answer(story: Mapping[str, Any]) -> list[TerminalLine]:
    lines = wrap(f"{wording.PENDING.upper()} – {visible(story['file']['name'])}", tone=Tone.CALM, strong=True)
    facts = (
        ("Numéro de dépôt", str(story["submission"])),
        ("Compte", str(story["account"])),
        ("Reçu le", _civil(story["received_at"])),
        ("Empreinte SHA-256", str(story["file"]["sha256"])),
    )
    return [*lines, *pairs(facts)]


def _what_remains(story: Mapping[str, Any]) -> list[TerminalLine]:
    """What retention leaves of a deposit: its name, its hash, its dates, its verdict (contract §12)."""
    verdict = wording.VERDICTS.get(Verdict(story["verdict"]), "") if story["verdict"] else wording.PENDING
    at = min(one["at"] for one in story["destroyed"])
    lines = wrap(f"{verdict.upper()} – {visible(story['file']['name'])}", tone=Tone.CALM, strong=True)
    lines += wrap(
        say(
            "Détruit le {at}, au terme de sa durée de conservation : le fichier, ce qu'il contenait et ce qui en a été "
            "fait. Son empreinte prouve encore ce qui a été déposé.",
            at=_civil(at),
        )
    )
    lines += [line for one in story["sections"] for line in wrap(_remaining(one), first="- ", rest="  ")]
    facts = (
        ("Numéro de dépôt", str(story["submission"])),
        ("Compte", str(story["account"])),
        ("Reçu le", _civil(story["received_at"])),
        ("Taille", file_size(int(story["file"]["size"]))),
        ("Empreinte SHA-256", str(story["file"]["sha256"])),
    )
    return [*lines, *pairs(facts)]


def _remaining(one: Mapping[str, Any]) -> str:
    """« N2A 2005 : accepté, 118 dossiers acceptés sur 120 »."""
    verdict = wording.VERDICTS.get(Verdict(one["verdict"]), str(one["verdict"]))
    about = " ".join(str(part) for part in (one["collection"], one["period"]) if part) or "Tableau non reconnu"
    return say(
        "{about} : {verdict}, {accepted} sur {read}",
        about=about,
        verdict=verdict.lower(),
        accepted=count(one["records"]["accepted"], "enregistrement accepté", "enregistrements acceptés"),
        read=str(one["records"]["read"]),
    )


def _since(story: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    place = "/".join(str(story[key]) for key in ("account", "box") if story.get(key))
    facts = [("Déposé dans", place), ("État", _STATES.get(str(story["state"]), str(story["state"])))]
    for label, key in (("Pris en charge le", "claimed_at"), ("Jugé le", "judged_at"), ("Retiré le", "withdrawn_at")):
        if story.get(key):
            facts.append((label, _civil(story[key])))
    for label, key in (
        ("Retiré par", "withdrawn_by"),
        ("Motif du retrait", "withdrawn_reason"),
        ("Archivé sous", "archive"),
        ("Difficulté", "trouble"),
    ):
        if story.get(key):
            facts.append((label, str(story[key])))
    bytes_alone = (one["at"] for one in story.get("destroyed", ()) if not one["whole"])
    facts += [("Original détruit le", _civil(at)) for at in bytes_alone]
    return tuple(facts)


def _said(one: Mapping[str, Any]) -> str:
    """« ligne 4, CIL001 : Il y a plus de… [N1A.R08] Réponse de pf01, le 18/04/2005 à 10 h 15 : « stock de 2004 » »."""
    place = ", ".join(str(part) for part in (f"ligne {one['row']}" if one["row"] else "", one["record"]) if part)
    return say(
        "{place} : {message} [{code}] Réponse de {author}, le {at} : « {text} »",
        place=place or one["collection"],
        code=one["code"],
        message=one["message"],
        text=one["justification"],
        author=one["author"],
        at=_civil(one["at"]),
    )


def _question(one: Mapping[str, Any]) -> str:
    """« n° 12, sans réponse : CIL001, Nb de… : 20. 20 est très au-dessus… Réponse de… »."""
    about = ", ".join(str(part) for part in (one["member"], one["label"] or one["column"]) if part)
    figure = say("{about} : {value}", about=about, value=one["value"]) if about and one["value"] else about
    told = say(
        "n° {number}, {state} : {what}",
        number=str(one["number"]),
        state=STATES[AnomalyState(one["state"])],
        what=". ".join(part for part in (figure, str(one["message"])) if part),
    )
    if not one["answered_at"]:
        return told
    reply = say("Réponse de {who}, le {at} :", who=one["answered_by"], at=_civil(one["answered_at"]))
    return say("{told} {reply} « {text} »", told=told, reply=reply, text=one["answer"])


def _span(span: Mapping[str, Any]) -> str:
    until = f" jusqu’au {_civil(span['to_at'])}" if span.get("to_at") else ", aujourd’hui encore"
    if span.get("to_at"):
        other = span.get("replaced_by")
        until += say(", remplacé par le dépôt {other}", other=other) if other else ", sans remplaçant"
    return f"{span['collection']} {period_name(str(span['period']))}, depuis le {_civil(span['from_at'])}{until}"


def _message(message: Mapping[str, Any]) -> str:
    state = _MESSAGES.get(str(message["state"]), str(message["state"]))
    sent = f" le {_civil(message['sent_at'])}" if message.get("sent_at") else ""
    return say(
        "{subject} → {to} : {state}{sent}", subject=message["subject"], to=message["recipient"], state=state, sent=sent
    )


def _event(event: Mapping[str, Any]) -> str:
    data = event.get("data") or {}
    told = ", ".join(f"{key}={_plain_value(value)}" for key, value in data.items() if value not in (None, "", [], {}))
    author = f" ({event['author']})" if event.get("author") else ""
    kind = _EVENTS.get(str(event["kind"]), str(event["kind"]))
    return f"{_civil(event['at'])} – {kind}{author}" + (f" [{told}]" if told else "")


def _civil(instant: str) -> str:
    return short_instant(datetime.fromisoformat(instant))


def _plain_value(value: Any) -> str:
    """A value of the journal without brackets or quotes: « N1A 2005T1 accepted »."""
    if isinstance(value, Mapping):
        return " ".join(_plain_value(one) for one in value.values() if isinstance(one, str))
    if isinstance(value, list | tuple):
        return " ; ".join(_plain_value(one) for one in value)
    return str(value)

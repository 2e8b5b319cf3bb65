"""What the guichet writes about questions on accepted figures, besides the verdict that asks them (contract §9, §11).

A member's dispute, UESL's « this figure is wrong », and the one reminder; each to the `depot` contacts of the service.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from domain.anomalies import ANSWER_WITHIN_DAYS, Anomaly, AnomalySource, AnomalyState
from domain.notices import Event, Notice
from domain.organisations import Directory
from domain.periods import Period
from notifications.envelope import Writing
from notifications.recipients import Recipient, depositors
from rendering.anomalies import figure, member_name, place, question, waiting
from rendering.collections import Known
from rendering.escaping import visible
from rendering.french import long_date, period_name, say, short_date
from rendering.letter import Block, Facts, Headline, Item, Line, Points, Title, points

_ANNOTATED: Final = "annote.xlsx"


@dataclass(frozen=True, kw_only=True)
class AnomalyWriter:
    """Writes to the platforms that the register of `directory` names."""

    directory: Directory
    zone: ZoneInfo
    known: Known
    reply_to: str | None = None
    admin: str | None = None

    def dispute(self, anomaly: Anomaly) -> list[Notice]:
        """A member contests its figure: the platform confirms or rectifies within ten days."""
        until = anomaly.raised_at.astimezone(self.zone).date() + timedelta(days=ANSWER_WITHIN_DAYS)
        who = visible(member_name(anomaly.member or "", self._names), 120)
        sentence = say("{who} conteste un chiffre de votre dépôt : {what}.", who=who, what=_short(anomaly))
        blocks: list[Block] = [
            Headline("Chiffre contesté", sentence, "care"),
            Facts(self._facts(anomaly, (say("Ce qu'en dit le CIL/CCI"), visible(anomaly.message, 400)))),
            Title(say("Confirmez ou rectifiez, au plus tard le {day}", day=long_date(until))),
            points((_WRONG, _RIGHT_REPLY if self.reply_to else _RIGHT_WRITE)),
        ]
        subject = say("Chiffre contesté : {what}", what=_what(anomaly))
        return self._write(anomaly, "raised", anomaly.raised_at.isoformat(), subject, blocks)

    def answered(self, anomaly: Anomaly) -> list[Notice]:
        """What UESL answered, to a platform that must act on it, or that a former message asked to act."""
        if anomaly.state is AnomalyState.REJECTED:
            return self.rejection(anomaly)
        asked = anomaly.source is AnomalySource.DISPUTE or anomaly.rejected_at is not None
        return self.closing(anomaly) if asked and anomaly.state is AnomalyState.CONFIRMED else []

    def closing(self, anomaly: Anomaly) -> list[Notice]:
        """UESL says that the figure is right after all: what a former message asked for is no more to be done."""
        said = (say("Ce qu'en dit l'UESL"), visible(anomaly.answer or "", 400))
        text = "L'UESL tient ce chiffre pour juste : {what}. Vous n'avez rien à rectifier."
        sentence = say(text, what=_short(anomaly))
        blocks: list[Block] = [
            Headline("Question close", sentence, "good"),
            Facts(self._facts(anomaly, ("Question", question(anomaly)), said)),
        ]
        instant = "" if anomaly.answered_at is None else anomaly.answered_at.isoformat()
        return self._write(anomaly, "closed", instant, say("Question close : {what}", what=_what(anomaly)), blocks)

    def rejection(self, anomaly: Anomaly) -> list[Notice]:
        """UESL says that the figure is wrong: a corrected deposit is awaited."""
        said = (say("Ce qu'en dit l'UESL"), visible(anomaly.answer or "", 400))
        sentence = say("L'UESL dit qu'un chiffre de votre dépôt est faux : {what}.", what=_short(anomaly))
        blocks: list[Block] = [
            Headline("Chiffre à rectifier", sentence, "bad"),
            Facts(self._facts(anomaly, ("Question", question(anomaly)), said)),
            Title("À faire maintenant"),
            points((_WRONG, _NOT_AGREED if self.reply_to else _NOT_AGREED_WRITE)),
        ]
        instant = "" if anomaly.answered_at is None else anomaly.answered_at.isoformat()
        subject = say("Chiffre à rectifier : {what}", what=_what(anomaly))
        return self._write(anomaly, "rejected", instant, subject, blocks)

    def reminder(self, anomalies: Sequence[Anomaly]) -> list[Notice]:
        """The one reminder of an account's questions without an answer: one message to each person."""
        notices: list[Notice] = []
        for recipient, theirs in self._by_recipient(anomalies):
            named = ",".join(f"{one.number}@{one.raised_at:%Y%m%dT%H%M%S}" for one in theirs)
            organisation = theirs[0].organisation or theirs[0].account
            writing = Writing(
                key=f"anomaly-reminder:{theirs[0].account}:{named}",
                event=Event.ANOMALY,
                subject=say(
                    "Rappel : {what} sur vos chiffres ({who})",
                    what=waiting(len(theirs)),
                    who=visible(organisation, 20),
                ),
                blocks=self._reminder_blocks(theirs),
                reply_to=self.reply_to,
            )
            notices += writing.to([recipient])
        return notices

    def _reminder_blocks(self, theirs: Sequence[Anomaly]) -> list[Block]:
        one = len(theirs) == 1
        sentence = say(
            "Une question sur vos chiffres attend votre réponse depuis au moins {days} jours."
            if one
            else "{number} questions sur vos chiffres attendent votre réponse depuis au moins {days} jours.",
            number=str(len(theirs)),
            days=str(ANSWER_WITHIN_DAYS),
        )
        on_a_line = any(each.source is AnomalySource.JUDGING and each.row is not None for each in theirs)
        how = [_WRONG, *((_RIGHT,) if on_a_line else ()), _OR_REPLY if self.reply_to else _OR_WRITE]
        return [
            Headline("Confirmez ou rectifiez", sentence, "care"),
            Points(tuple(self._item(each) for each in theirs)),
            Title("Pour répondre"),
            points(how),
            Line(say("Si vous avez répondu entre-temps, ne tenez pas compte de ce message.")),
        ]

    def _item(self, anomaly: Anomaly) -> Item:
        where = say(
            "{collection} {period}, {place}, question du {day}",
            collection=anomaly.collection,
            period=period_name(anomaly.period),
            place=place(anomaly),
            day=short_date(anomaly.raised_at.astimezone(self.zone).date()),
        )
        return Item(figure(anomaly, self._names), details=(question(anomaly), where), tone="care")

    def _facts(self, anomaly: Anomaly, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
        facts = self.known.get(anomaly.collection)
        what = say(
            "{code} – {label}, {period}",
            code=anomaly.collection,
            label=facts.label if facts else anomaly.collection,
            period=period_name(anomaly.period),
        )
        told = [("Chiffre", figure(anomaly, self._names)), ("Collecte", what), ("Où", place(anomaly)), *more]
        return tuple((label, value) for label, value in told if value)

    def _write(self, anomaly: Anomaly, kind: str, instant: str, subject: str, blocks: Sequence[Block]) -> list[Notice]:
        writing = Writing(
            key=f"anomaly-{kind}:{anomaly.number}:{instant}",
            event=Event.ANOMALY,
            subject=subject,
            blocks=blocks,
            submission_id=anomaly.submission_id,
            reply_to=self.reply_to,
        )
        return writing.to(self._recipients(anomaly))

    def _by_recipient(self, anomalies: Iterable[Anomaly]) -> list[tuple[Recipient, list[Anomaly]]]:
        """Each person reads what concerns their service, in one message."""
        found: dict[str, tuple[Recipient, list[Anomaly]]] = {}
        for one in anomalies:
            for recipient in self._recipients(one):
                found.setdefault(recipient.address.lower(), (recipient, []))[1].append(one)
        return list(found.values())

    def _recipients(self, anomaly: Anomaly) -> tuple[Recipient, ...]:
        facts = self.known.get(anomaly.collection)
        organisation = self.directory.by_code.get(anomaly.organisation or "")
        services = (facts.service_in(Period.parse(anomaly.period)),) if facts else ()
        return depositors(self.directory, organisation, services, admin=self.admin)

    @property
    def _names(self) -> dict[str, str]:
        return {one.code: one.nom for one in self.directory.organisations}


def _short(anomaly: Anomaly) -> str:
    """« « Nb de diagnostics préalables », 240 »."""
    label = anomaly.label or anomaly.column
    parts = (say("« {label} »", label=visible(label, 120)) if label else "", visible(anomaly.value or "", 60))
    return ", ".join(part for part in parts if part) or say("l'ensemble du tableau")


def _what(anomaly: Anomaly) -> str:
    """« N1A 1er trimestre 2005, CIL002 (PF03) »."""
    about = ", ".join(part for part in (f"{anomaly.collection} {period_name(anomaly.period)}", anomaly.member) if part)
    return f"{about} ({visible(anomaly.organisation or anomaly.account, 20)})"


_WRONG: Final = say("Le chiffre est faux ? Corrigez-le dans votre fichier et déposez-le de nouveau dans « depot ».")
_RIGHT: Final = say(
    "Le chiffre est juste ? Écrivez pourquoi dans la colonne « justification » de sa ligne, dans le classeur annoté de "
    "votre dépôt ({name}), et déposez ce classeur dans « depot ».",
    name=_ANNOTATED,
)
_RIGHT_REPLY: Final = say("Le chiffre est juste ? Dites pourquoi en répondant à ce message.")
_RIGHT_WRITE: Final = say("Le chiffre est juste ? Écrivez à l'UESL pourquoi.")
_OR_REPLY: Final = say("Vous pouvez aussi répondre à ce message : une personne de l'UESL vous lira.")
_OR_WRITE: Final = say("Vous pouvez aussi écrire à l'UESL.")
_NOT_AGREED: Final = say("Vous n'êtes pas de cet avis ? Dites pourquoi en répondant à ce message.")
_NOT_AGREED_WRITE: Final = say("Vous n'êtes pas de cet avis ? Écrivez à l'UESL pourquoi.")

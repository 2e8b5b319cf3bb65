"""What platforms read about questions on their figures, besides the verdict that asks them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from domain.anomalies import Anomaly, AnomalySource, AnomalyState
from domain.notices import Notice
from domain.organisations import Directory
from notifications.anomalies import AnomalyWriter
from rendering.collections import Known
from tests.golden.mails.cases import PARIS, PILOT, Case, at

SPIKE = Anomaly(
    number=12,
    code="A-01",
    source=AnomalySource.JUDGING,
    state=AnomalyState.OPEN,
    account="pf03",
    organisation="PF03",
    collection="N1A",
    period="2005T1",
    member="CIL020",
    column="diagnostics_prealables",
    label="Nb de diagnostics préalables",
    value="240",
    message="240 est loin des trimestres précédents\u00a0: 22, 25, 19 et 24.",
    raised_at=at("2005-04-18", "10:16"),
    submission_id="20050418-101502-7f3a9c",
    row=3,
)
ZERO = replace(
    SPIKE,
    number=13,
    code="A-02",
    member="CIL022",
    column="engagements_reciproques",
    label="Nb d’engagements réciproques",
    value="0",
    message="0 après deux trimestres d’activité (4, puis 6).",
    row=5,
)
COPY = replace(
    SPIKE,
    number=14,
    code="A-04",
    collection="N1M",
    member=None,
    column=None,
    label=None,
    value=None,
    message="Tous les chiffres sont ceux du 4e trimestre 2004.",
    row=None,
    submission_id="20050419-090000-11aa22",
)
DISPUTE = replace(
    SPIKE,
    number=15,
    code="contestation",
    source=AnomalySource.DISPUTE,
    message="Nous en avons compté 24, pas 240.",
    raised_at=at("2005-05-10", "14:30"),
    raised_by="Marie Durand",
)
REJECTED = replace(
    SPIKE,
    state=AnomalyState.REJECTED,
    answer="Le CIL nous a dit par téléphone qu’il y en avait 24.",
    answered_by="Marie Durand",
    answered_at=at("2005-05-11", "09:05"),
)
CLOSED = replace(
    REJECTED,
    state=AnomalyState.CONFIRMED,
    answer="Vu avec le CIL : c’est bien 240.",
    answered_at=at("2005-05-12", "10:00"),
    rejected_at=at("2005-05-11", "09:05"),
)


def _case(
    name: str, story: str, compose: Callable[[AnomalyWriter], Sequence[Notice]], reply_to: str | None = PILOT
) -> Case:
    def composed(directory: Directory, known: Known) -> Sequence[Notice]:
        writer = AnomalyWriter(directory=directory, zone=PARIS, known=known, reply_to=reply_to)
        return compose(writer)

    return Case(name=name, story=story, compose=composed)


ANOMALY_CASES: Sequence[Case] = (
    _case(
        "anomaly-dispute",
        "Le 10 mai, le CIL de la Rive droite conteste un chiffre déposé par PF03.",
        lambda writer: writer.dispute(DISPUTE),
    ),
    _case(
        "anomaly-dispute-nil",
        "Le chiffre contesté vient d'un état néant, et le guichet ne reçoit pas de réponses.",
        lambda writer: writer.dispute(
            replace(DISPUTE, value="0", row=None, message="Nous avons eu 24 diagnostics ce trimestre.")
        ),
        reply_to=None,
    ),
    _case(
        "anomaly-rejected", "Le 11 mai, l'UESL dit qu'un chiffre est faux.", lambda writer: writer.rejection(REJECTED)
    ),
    _case(
        "anomaly-closed",
        "Le 12 mai, après avoir dit qu'il était faux, l'UESL tient ce chiffre pour juste.",
        lambda writer: writer.answered(CLOSED),
    ),
    _case(
        "anomaly-reminder",
        "Le 28 avril, dix jours après, rien n'a été répondu ; chaque service a son contact.",
        lambda writer: writer.reminder((SPIKE, ZERO, COPY, replace(DISPUTE, raised_at=at("2005-04-18", "11:00")))),
    ),
    _case(
        "anomaly-reminder-one",
        "Une seule question, à une plate-forme qui a un seul contact.",
        lambda writer: writer.reminder(
            (replace(SPIKE, account="pf01", organisation="PF01", member="CIL001", value="24"),)
        ),
        reply_to=None,
    ),
)

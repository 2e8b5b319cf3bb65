"""Recalls, once, the questions that nobody answered in ten days (contract §9); the digest tells the central body."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.anomalies import Anomaly
from domain.notices import Notice
from ingest.telemetry import logger
from ingest.wiring import Wiring
from notifications.anomalies import AnomalyWriter


def remind_anomalies(wiring: Wiring, now: datetime) -> int:
    """One message to each person for all the questions of their platform; how many were queued."""
    queued = 0

    def compose(anomalies: tuple[Anomaly, ...]) -> Sequence[Notice]:
        nonlocal queued
        notices = anomaly_writer(wiring).reminder(anomalies)
        queued += len(notices)
        if not notices:
            logger().warning("anomalies_without_reader", account=anomalies[0].account, anomalies=len(anomalies))
        return notices

    wiring.ledger.remind_anomalies(now, wiring.office_hours, compose)
    return queued


def anomaly_writer(wiring: Wiring) -> AnomalyWriter:
    """Who writes about questions, with the register in force."""
    settings = wiring.settings
    return AnomalyWriter(
        directory=wiring.register.current(),
        zone=settings.zone,
        known=wiring.known,
        reply_to=settings.mail_reply_to,
        admin=settings.mail_admin,
    )

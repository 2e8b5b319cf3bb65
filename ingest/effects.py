"""Carries out what committed transactions asked for outside the database; each may be done twice without harm."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from domain.errors import NotFound
from domain.outcome import Owed
from domain.situation import Deposit, DepositedSection, SituationView
from domain.submissions import SubmissionState
from domain.verdicts import Verdict
from ingest.ledger import Effect, EffectKind
from ingest.telemetry import logger
from ingest.wiring import Wiring
from rendering.answer import in_order, receipt_document
from rendering.report import report_html, situation_html

BATCH = 200
BACK_OFF_SECONDS = (2, 10, 60, 300, 1800)
"""Delays between tries; the last one is repeated for ever: an answer is never given up."""


class Effects:
    """Writes answers and situations, files originals."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._ledger = wiring.ledger
        self._log = logger()

    def carry_out(self) -> int:
        """Everything that is due now; the number done. What fails is put off and logged, the others go on."""
        done = 0
        while True:
            due = self._ledger.due_effects(self._wiring.clock.now(), BATCH)
            for effect in due:
                done += self._one(effect)
            if len(due) < BATCH:
                return done

    def _one(self, effect: Effect) -> int:
        try:
            self._carry(effect)
        except Exception as error:  # noqa: BLE001 - one failed answer never holds up the others
            delay = BACK_OFF_SECONDS[min(effect.attempts, len(BACK_OFF_SECONDS) - 1)]
            later = self._wiring.clock.now() + timedelta(seconds=delay)
            self._ledger.effect_failed(effect.id, f"{type(error).__name__}: {error}"[:500], later)
            self._log.warning(
                "effect_postponed",
                effect=effect.kind.value,
                submission=effect.submission_id,
                reason=str(error),
                again_at=later.isoformat(),
            )
            return 0
        self._ledger.effect_done(effect.id, self._wiring.clock.now())
        return 1

    def _carry(self, effect: Effect) -> None:
        if effect.kind is EffectKind.SITUATION:
            self._write_situation(effect.account or "")
        elif effect.submission_id is None:
            raise NotFound(f"effect {effect.id} names no deposit")
        elif effect.kind is EffectKind.RECU:
            self._write_receipt(effect.submission_id)
        elif effect.kind is EffectKind.ANSWER:
            self._write_answer(effect.submission_id)
        else:
            self._file_original(effect.submission_id, destroy=bool(effect.payload.get("destroy")))

    def _write_receipt(self, submission_id: str) -> None:
        dropped = self._ledger.dropped(submission_id)
        organisation = self._wiring.register.current().of_account(dropped.account)
        document = receipt_document(dropped, organisation, self._wiring.settings.zone)
        self._wiring.retours.write_receipt(dropped.account, submission_id, document)

    def _write_answer(self, submission_id: str) -> None:
        document = self._answer(submission_id)
        files: dict[str, str | Mapping[str, Any]] = {
            "rapport.html": report_html(document),
            "verdict.json": in_order(document),  # PostgreSQL's JSONB forgets the order of keys
        }
        self._wiring.retours.write_answer(str(document["account"]), submission_id, files)

    def _file_original(self, submission_id: str, *, destroy: bool) -> None:
        if destroy:
            self._wiring.archive.destroy(submission_id)
            self._ledger.archived(submission_id, None)
            return
        dropped = self._ledger.dropped(submission_id)
        path = self._wiring.archive.store(submission_id, dropped.name, self._answer(submission_id))
        self._ledger.archived(submission_id, str(path))

    def _answer(self, submission_id: str) -> Mapping[str, Any]:
        document = self._ledger.answer(submission_id)
        if document is None:
            raise NotFound(f"deposit {submission_id} has no verdict yet")
        return document

    def _write_situation(self, account: str) -> None:
        view = situation_of(self._wiring, account)
        self._wiring.retours.write_situation(account, situation_html(view, self._wiring.settings.zone))


def situation_of(wiring: Wiring, account: str, limit: int = 200) -> SituationView:
    """Where an account stands now."""
    now = wiring.clock.now()
    organisation = wiring.register.current().of_account(account)
    rows = wiring.ledger.submissions(account=account, limit=limit + 1)
    owed: tuple[Owed, ...] = wiring.ledger.still_owed(organisation.code, now) if organisation else ()
    return SituationView(
        account=account,
        organisation=organisation,
        made_at=now,
        deposits=tuple(_deposit(wiring, row) for row in rows[:limit]),
        still_owed=owed,
        deposits_hidden=max(0, wiring.ledger.count(account) - limit) if len(rows) > limit else 0,
    )


def _deposit(wiring: Wiring, row: Mapping[str, Any]) -> Deposit:
    return Deposit(
        submission_id=row["submission"],
        file_name=row["file"]["name"],
        received_at=datetime.fromisoformat(row["received_at"]),
        state=SubmissionState(row["state"]),
        test=row["test"],
        verdict=Verdict(row["verdict"]) if row["verdict"] else None,
        sections=tuple(
            DepositedSection(
                collection=section["collection"],
                label=_label(wiring, section["collection"]),
                period=section["period"],
                verdict=Verdict(section["verdict"]),
                in_force=section["in_force"],
            )
            for section in row["sections"]
        ),
    )


def _label(wiring: Wiring, code: str | None) -> str:
    collection = wiring.catalogue.by_code(code) if code else None
    return collection.label if collection else "Fichier"

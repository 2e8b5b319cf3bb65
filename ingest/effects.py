"""Carries out what committed transactions asked for outside the database; each may be done twice without harm."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from domain.errors import NotFound
from domain.organisations import Directory
from domain.outcome import Owed
from domain.retention import Rule
from domain.situation import Deposit, DepositedSection, SituationView
from domain.submissions import SubmissionState
from domain.verdicts import Verdict
from ingest import handouts
from ingest.destructions import Destructions, Line
from ingest.diffusion import GUIDE, SUIVI, TEMPLATES
from ingest.ledger import Effect, EffectKind, Kept
from ingest.ledger.destroying import overturned_line
from ingest.ledger.rows_destroyed import Mails
from ingest.outgoing import Content
from ingest.retention.places import destroy_mail_files
from ingest.retours import RECEIPT, REPORT, VERDICT
from ingest.sharing import Part, in_hand
from ingest.telemetry import logger
from ingest.wiring import Wiring
from rendering.answer import in_order, receipt_document
from rendering.report import report_html, situation_html

BATCH = 200
SHARE = 8
"""Accounts that one of several processes has in hand at a time."""
BACK_OFF_SECONDS = (2, 10, 60, 300, 1800)
"""Delays between tries; the last one is repeated for ever: an answer is never given up."""
SITUATION_SECONDS = 5.0
"""The page of an account is not written more often than this while answers keep coming."""

_AFTER_ANSWERS = frozenset(EffectKind) - {EffectKind.RECU, EffectKind.ANSWER, EffectKind.ARCHIVE}

Work = tuple[Sequence[Effect], Callable[[], object]]
"""Effects, and what carries them out."""


class Effects:
    """Writes answers and situations, files originals. For one thread."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._ledger = wiring.ledger
        self._log = logger()
        self._written: dict[str, float] = {}

    def carry_out(self) -> int:
        """Everything that is due now; the number done. What fails is put off and logged, the others go on.

        Templates and guides go one account at a time, after the answers that came meanwhile. An account's situation
        comes after its answers, and while answers keep coming it is written every few seconds only.
        """
        if self._wiring.sharing.several:
            return self._carry_out_shares()
        done = 0
        while True:
            due = self._ledger.due_effects(self._wiring.clock.now(), BATCH)
            others = [effect for effect in due if effect.kind is not EffectKind.SITUATION]
            models = [effect for effect in others if effect.kind is EffectKind.MODELES]
            answers = [effect for effect in others if effect.kind not in _AFTER_ANSWERS]
            done += self._batch(answers)
            tables = [effect for effect in others if effect.kind in {EffectKind.TABLES, EffectKind.OWN_LINES}]
            done += self._write_tables(tables)
            if models:
                done += self._carry([((models[0],), partial(self._write_models, models[0].account or ""))])
            situations = [effect for effect in due if effect.kind is EffectKind.SITUATION]
            if not models and (len(others) < BATCH or not (answers or tables)):
                break
            busy = {effect.account for effect in others}
            done += self._write_pages(
                [one for one in situations if one.account not in busy and not self._is_fresh(one)]
            )
        if done:
            situations = [one for one in situations if not self._is_fresh(one)]
        return done + self._write_pages(situations, due)

    def _carry_out_shares(self) -> int:
        """The same beside colleagues: some accounts at a time, each in one pair of hands."""
        done = 0
        while True:
            with self._share() as due:
                models = [effect for effect in due if effect.kind is EffectKind.MODELES]
                carried = self._batch([effect for effect in due if effect.kind not in _AFTER_ANSWERS])
                carried += self._write_tables(
                    [effect for effect in due if effect.kind in {EffectKind.TABLES, EffectKind.OWN_LINES}]
                )
                works: list[Work] = [((one,), partial(self._write_models, one.account or "")) for one in models[:1]]
                carried += self._carry(works)
                situations = [one for one in due if one.kind is EffectKind.SITUATION and not self._is_fresh(one)]
                carried += self._write_pages(situations, due)
            if not carried:
                return done
            done += carried

    @contextmanager
    def _share(self) -> Iterator[Sequence[Effect]]:
        """What is due of a few accounts that no colleague has in hand, read once they are in ours."""
        now = self._wiring.clock.now()
        found = self._ledger.due_effects(now, BATCH)
        accounts = dict.fromkeys(
            one.account or "" for one in found if one.kind is not EffectKind.SITUATION or not self._is_fresh(one)
        )
        most = SHARE if accounts and self._wiring.sharing.others() else None
        with ExitStack() as stack:
            mine: list[str] = []
            for account in accounts:
                if len(mine) == most:
                    break
                if stack.enter_context(in_hand(self._wiring.sharing, Part.EFFECTS, account)):
                    mine.append(account)
            yield self._ledger.due_effects(now, BATCH, mine) if mine else ()

    def _is_fresh(self, situation: Effect) -> bool:
        """Whether that page was written a moment ago."""
        written = self._written.get(situation.account or "")
        return written is not None and time.monotonic() - written < SITUATION_SECONDS

    def _write_pages(self, situations: Sequence[Effect], due: Sequence[Effect] = ()) -> int:
        """Situations, and the follow-up, once for all that asked for it."""
        pages: dict[str, list[Effect]] = {}
        for one in due:
            if one.kind is EffectKind.SUIVI:
                pages.setdefault(one.account or "", []).append(one)
        works: list[Work] = [((one,), partial(self._write_situation, one.account or "")) for one in situations]
        works += [(asked, partial(self._write_suivi, account, asked)) for account, asked in pages.items()]
        return self._carry(works)

    def _batch(self, due: Sequence[Effect]) -> int:
        """What is due of some deposits; the receipt and the answer of a deposit go together when both are due."""
        if not due:
            return 0
        deposits = self._ledger.deposits({effect.submission_id or "" for effect in due})
        directory = self._wiring.register.current()
        answers: dict[str, list[Effect]] = {}
        for effect in due:
            if effect.kind is not EffectKind.ARCHIVE:
                answers.setdefault(effect.submission_id or "", []).append(effect)
        archived: dict[str, str | None] = {}
        works: list[Work] = [
            (effects, partial(self._answer, deposits, number, {one.kind for one in effects}, directory))
            for number, effects in answers.items()
        ]
        works += [
            ((one,), partial(self._file_original, deposits, one, archived))
            for one in due
            if one.kind is EffectKind.ARCHIVE
        ]
        return self._carry(works, archived)

    def _carry(self, works: Sequence[Work], archived: Mapping[str, str | None] | None = None) -> int:
        """Do each, then write that all are done: a crash in between does some of them again, which is harmless."""
        done: list[Effect] = []
        for effects, work in works:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - one failed answer never holds up the others
                self._put_off(effects, error)
            else:
                done += effects
        if done:
            self._ledger.effects_done(done, self._wiring.clock.now(), archived=archived)
        return len(done)

    def _put_off(self, effects: Sequence[Effect], error: Exception) -> None:
        for effect in effects:
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

    def _answer(
        self,
        deposits: Mapping[str, Kept],
        number: str,
        kinds: Container[EffectKind],
        directory: Directory,
    ) -> None:
        """`recu.json`, and what the verdict adds."""
        dropped = _kept(deposits, number).dropped
        files: dict[str, Content] = {}
        if EffectKind.RECU in kinds:
            organisation = directory.of_account(dropped.account)
            files[RECEIPT] = receipt_document(dropped, organisation, self._wiring.settings.zone)
        if EffectKind.ANSWER in kinds:
            document = _answer_of(deposits[number])
            if document.get("verdict") == Verdict.DESTROYED.value:  # of a former verdict, say
                self._wiring.retours.destroy(dropped.account, dropped.submission_id)
                files[RECEIPT] = receipt_document(
                    dropped, directory.of_account(dropped.account), self._wiring.settings.zone
                )
            made = self._wiring.answers.files(number)
            files.update(made)
            files[REPORT] = report_html(document, files=tuple(made))
            files[VERDICT] = in_order(document)  # PostgreSQL's JSONB forgets the order of keys
        self._wiring.retours.write_answer(dropped.account, dropped.submission_id, files)

    def _file_original(
        self,
        deposits: Mapping[str, Kept],
        effect: Effect,
        archived: dict[str, str | None],
    ) -> None:
        deposit, archive = _kept(deposits, effect.submission_id or ""), self._wiring.archive
        dropped = deposit.dropped
        if effect.payload.get("destroy"):
            archive.destroy(dropped.submission_id)
            self._destroy_mails(effect.payload)
            self._list_destroyed(deposit)
            archived[dropped.submission_id] = None
        else:
            path = archive.store(dropped.submission_id, dropped.name, _answer_of(deposit))
            archived[dropped.submission_id] = str(path)

    def _destroy_mails(self, payload: Mapping[str, Any]) -> None:
        """Copies of what told a former verdict, and what people answered to it."""
        mails = Mails(message_ids=tuple(payload.get("message_ids", ())), kept=tuple(payload.get("kept", ())))
        if mails.message_ids or mails.kept:
            destroy_mail_files(self._wiring, mails)

    def _list_destroyed(self, deposit: Kept) -> None:
        """Outside the database too: a restored backup must know (ADR 13). The same line however often it is done."""
        dropped = deposit.dropped
        with self._wiring.database.read() as connection:
            line = overturned_line(connection, dropped.submission_id)
        line = line or Line(
            submission=dropped.submission_id,
            sha256=dropped.sha256,
            account=dropped.account,
            rule=Rule.ANONYMITY,
            at=datetime.fromisoformat(_answer_of(deposit)["judged_at"]),
        )
        Destructions(self._wiring.settings.home).add([line])

    def _write_models(self, account: str) -> None:
        """What the account may take from `diffusion/`: the templates of what it owes, and the guide."""
        wanted = self._ledger.wanted_models(account, self._wiring.clock.now())
        directory = self._wiring.register.current()
        templates = handouts.templates(self._wiring, directory, account, wanted)
        self._wiring.diffusion.write(account, TEMPLATES, templates, exactly=True)
        guide = handouts.guide(self._wiring, directory, account, wanted)
        if guide:
            self._wiring.diffusion.write(account, GUIDE, guide, exactly=True)

    def _write_tables(self, asked: Sequence[Effect]) -> int:
        """The edition of each period that is to be used, read once for all accounts."""
        periods: dict[tuple[str, EffectKind], list[Effect]] = {}
        for one in asked:
            periods.setdefault((str(one.payload["period"]), one.kind), []).append(one)
        done = 0
        for (period, kind), effects in periods.items():
            try:
                handed: handouts.Tables | handouts.OwnLines
                handed = (handouts.Tables if kind is EffectKind.TABLES else handouts.OwnLines)(self._wiring, period)
            except Exception as error:  # noqa: BLE001 - as for any effect
                self._put_off(effects, error)
                continue
            accounts: dict[str, list[Effect]] = {}
            for one in effects:
                accounts.setdefault(one.account or "", []).append(one)
            works: list[Work] = [
                (theirs, partial(self._write_tables_of, account, period, handed))
                for account, theirs in accounts.items()
            ]
            done += self._carry(works)
        return done

    def _write_tables_of(self, account: str, period: str, handed: handouts.Tables | handouts.OwnLines) -> None:
        if isinstance(handed, handouts.OwnLines):
            self._wiring.retours.write_own_lines(account, period, handed.of(account))
        else:
            self._wiring.diffusion.write(account, (period,), handed.of(account), exactly=True)

    def _write_suivi(self, account: str, asked: Sequence[Effect]) -> None:
        """The pages as things stand now, once for all that asked for them, and the copies that bear a date."""
        dated = [str(one.payload["dated"]) for one in asked if one.payload.get("dated")]
        self._wiring.diffusion.write(account, SUIVI, handouts.suivi_pages(self._wiring, dated))

    def _write_situation(self, account: str) -> None:
        view = situation_of(self._wiring, account)
        self._wiring.retours.write_situation(account, situation_html(view, self._wiring.settings.zone))
        self._written[account] = time.monotonic()


def _kept(deposits: Mapping[str, Kept], number: str) -> Kept:
    if number not in deposits:
        raise NotFound(f"no deposit {number!r}")
    return deposits[number]


def _answer_of(deposit: Kept) -> Mapping[str, Any]:
    if deposit.answer is None:
        raise NotFound(f"deposit {deposit.dropped.submission_id} has no verdict yet")
    return deposit.answer


def situation_of(wiring: Wiring, account: str, limit: int = 200) -> SituationView:
    """Where an account stands now."""
    now = wiring.clock.now()
    organisation = wiring.register.current().of_account(account)
    rows = wiring.ledger.submissions(account=account, limit=limit + 1)
    owed: tuple[Owed, ...] = wiring.ledger.still_owed(organisation.code, now) if organisation else ()
    asked = wiring.ledger.anomalies(account=account)
    return SituationView(
        account=account,
        organisation=organisation,
        made_at=now,
        deposits=tuple(_deposit(wiring, row) for row in rows[:limit]),
        still_owed=owed,
        deposits_hidden=max(0, wiring.ledger.count(account) - limit) if len(rows) > limit else 0,
        suivi=wiring.ledger.suivi(now, [organisation.code]) if organisation else None,
        questions=tuple(one for one in asked if one.state.waits),
        names={one.code: one.nom for one in wiring.register.current().organisations} if asked else {},
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
                waits=section["waits"],
            )
            for section in row["sections"]
        ),
    )


def _label(wiring: Wiring, code: str | None) -> str:
    collection = wiring.catalogue.by_code(code) if code else None
    return collection.label if collection else "Fichier"

"""Judging without consequence: `check` a file that was never dropped, `replay` one that is archived."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from domain.errors import CannotDo
from domain.judgement import Judgement
from domain.organisations import Directory
from domain.outcome import Outcome
from domain.periods import Period
from domain.submissions import Box, DroppedFile, ReceiptProof, new_submission_id
from ingest.answering.store import AnswerStore
from ingest.central import central_deposit
from ingest.context import JudgingContext
from ingest.inbox.names import printable
from ingest.retours import REPORT
from ingest.wiring import Wiring
from rendering.answer import verdict_document
from rendering.report import report_html
from schemas.collection import Collection

Forced = tuple[Collection, Period]


class Rehearsal:
    """The same checks and the same answer as a real deposit; stores nothing, sends nothing."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._judge = wiring.new_judge()

    def check(
        self,
        path: Path,
        account: str,
        forced: Forced | None = None,
        answers: Path | None = None,
    ) -> Mapping[str, Any]:
        """The answer that `path` would get if `account` dropped it now.

        `answers`: a folder for what would go with it (the report, the annotated copy).
        """
        directory = self._wiring.register.current()
        organisation = directory.of_account(account)
        if directory.organisations and organisation is None:
            known = ", ".join(sorted(one.compte_sftp for one in directory.organisations if one.compte_sftp)[:12])
            raise CannotDo(f"no account {account!r} in the register; there are {known}")
        now = self._wiring.clock.now()
        dropped = DroppedFile(
            submission_id=new_submission_id(now, self._wiring.settings.zone),
            account=account if organisation is None else organisation.compte_sftp or account,
            box=Box.DEPOT,
            name=printable(path.name.encode("utf-8", "surrogateescape")),
            size=path.stat().st_size,
            sha256=_hash_of(path),
            received_at=now,
            proof=ReceiptProof.CLOCK,
        )
        return self._answer(path, dropped, directory, forced, answers)

    def replay(self, submission_id: str) -> Mapping[str, Any]:
        """The answer that an archived deposit would get today, as received then."""
        dropped = self._wiring.ledger.dropped(submission_id)
        original = self._wiring.archive.original(submission_id)
        return self._answer(original, dropped, self._wiring.register.current(), None)

    def _answer(
        self,
        path: Path,
        dropped: DroppedFile,
        directory: Directory,
        forced: Forced | None,
        answers: Path | None = None,
    ) -> Mapping[str, Any]:
        with tempfile.TemporaryDirectory(prefix="guichet-check-") as work:
            context = self._context(dropped, directory)
            judgement = self._judgement(path, dropped, context, Path(work), forced)
            outcome = self._outcome(dropped, judgement, directory)
            document = verdict_document(outcome, self._wiring.settings.zone, self._wiring.known)
            if answers is not None:
                self._write_files(document, judgement, dropped, directory, path, Path(work), answers)
        return document

    def _write_files(  # noqa: PLR0913, PLR0917 - what is answered, to what, where
        self,
        document: Mapping[str, Any],
        judgement: Judgement,
        dropped: DroppedFile,
        directory: Directory,
        path: Path,
        work: Path,
        answers: Path,
    ) -> None:
        store = AnswerStore(work)
        self._wiring.new_maker(store).make(dropped, judgement, directory, path, work, rehearsal=True)
        made = store.files(dropped.submission_id)
        try:
            answers.mkdir(parents=True, exist_ok=True)
            for name, file in made.items():
                shutil.copyfile(file, answers / name)
            (answers / REPORT).write_text(report_html(document, files=tuple(made)), encoding="utf-8")
        except OSError as error:
            raise CannotDo(f"{answers} cannot be written ({error.strerror}); name another folder") from None

    def _judgement(
        self,
        path: Path,
        dropped: DroppedFile,
        context: JudgingContext,
        work: Path,
        forced: Forced | None,
    ) -> Judgement:
        if forced is None:
            central = central_deposit(self._wiring, path, dropped, context, self._judge.reader, work)
            if central is not None:
                return central.judgement
        return self._judge.judge(path, dropped, context, work, forced=forced)

    def _context(self, dropped: DroppedFile, directory: Directory) -> JudgingContext:
        context = self._wiring.judging_context(dropped, directory)
        if directory.organisations:
            return context
        return replace(context, directory=None, organisation=None)  # no register yet: say which stages did not run

    def _outcome(self, dropped: DroppedFile, judgement: Judgement, directory: Directory) -> Outcome:
        return self._wiring.ledger.preview(dropped, judgement, directory=directory, now=self._wiring.clock.now())


def _hash_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

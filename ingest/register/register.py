"""`Register`: everything that the service and the command line ask of the register of organisations."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from domain.errors import CannotDo, Retry
from domain.findings import Finding, Severity
from domain.organisations import Directory, OrganisationType
from domain.periods import Period
from domain.submissions import DroppedFile, SubmissionState
from domain.workdays import WorkingDays
from ingest.context import JudgingContext
from ingest.database import tables
from ingest.database.engine import Database
from ingest.register.checking import DEPOSITING, blocks, check_register, in_order
from ingest.register.depositing import RegisterDeposit, judgement_of
from ingest.register.effects import NOBODY, Calendar, effects_of
from ingest.register.exporting import export_directory
from ingest.register.merging import merge
from ingest.register.reading import FileReader, RegisterReading, read_register
from ingest.register.results import CheckResult, ImportResult, Plan
from ingest.register.snapshot import Snapshot, same_content
from ingest.register.storing import ConcurrentImportError, DirectoryStore, Version
from rules.messages import say
from schemas.collection import Collection


class Folders(Protocol):
    """What we need of `ingest.accounts.AccountStore`."""

    def make_folders(self, name: str) -> None:
        """Make the account's folders; those that exist are left alone."""
        ...


class CollectionList(Protocol):
    """What we need of `ingest.catalogue.Catalogue`."""

    @property
    def collections(self) -> tuple[Collection, ...]:
        """Everything that may be deposited."""
        ...

    @property
    def rules_version(self) -> str:
        """The hash of models and rules."""
        ...


class Register:
    """The register in force, its versions, and the one way to change it: importing a full snapshot."""

    def __init__(
        self,
        database: Database,
        catalogue: CollectionList,
        *,
        zone: ZoneInfo,
        first_period: Period,
        due_days: WorkingDays | None = None,
    ) -> None:
        """`due_days`: the days on which something may be due (setting `due_on_working_day`); None: all."""
        self._database = database
        self._catalogue = catalogue
        self._zone = zone
        self._first_period = first_period
        self._due_days = due_days
        self._store = DirectoryStore(database)

    # -- asking ------------------------------------------------------------------------------------------------------

    def current(self) -> Directory:
        """The register in force; an empty one, version 0, before the first import."""
        return self._store.current() or NOBODY

    def version(self, number: int) -> Directory:
        """Version `number`; NotFound when there is none."""
        return self._store.version(number)

    def as_of(self, instant: datetime) -> Directory:
        """The register that was in force at `instant` (aware)."""
        return self._store.as_of(instant) or NOBODY

    def versions(self) -> tuple[Version, ...]:
        """Every version, the oldest first."""
        return self._store.versions()

    def export(self, path: Path) -> str:
        """Write the register in force to a folder, or to a workbook; says what was done."""
        directory = self.current()
        if not directory.version:
            raise CannotDo("the register is empty: import one first with guichet directory import PATH")
        export_directory(directory, path)
        count = len(directory.organisations)
        return f"version {directory.version} of the register, {count} organisations, is in {path}"

    # -- checking and importing --------------------------------------------------------------------------------------

    def check(self, path: Path, reader: FileReader) -> CheckResult:
        """Read and check a register; changes nothing. CannotDo when there is nothing at `path`."""
        with tempfile.TemporaryDirectory(prefix="guichet-register-") as work:
            reading = read_register(path, reader, Path(work))
        return CheckResult(findings=_kept(self._findings(reading)))

    def import_from(  # noqa: PLR0913 - who, when, with what
        self,
        path: Path,
        reader: FileReader,
        *,
        author: str,
        now: datetime,
        confirmed: bool,
        accounts: Folders | None = None,
    ) -> ImportResult:
        """Read, check and compare a register; put it in force when it is valid, changes something and is `confirmed`.

        The folders of its accounts are made afterwards. Raises CannotDo when there is nothing at `path`, or when
        another import came in between.
        """
        with tempfile.TemporaryDirectory(prefix="guichet-register-") as work:
            reading = read_register(path, reader, Path(work))
        plan = self._plan(reading, self.current(), now)
        imported = False
        directory = plan.before
        if plan.after is not None and confirmed:
            if plan.changed:
                with self._database.write() as connection:
                    directory = self._store.append(
                        connection,
                        plan.after,
                        now=now,
                        author=author,
                        source=str(path),
                    )
                imported = True
            try:
                _make_folders(directory, accounts)
            except OSError as error:
                raise CannotDo(
                    f"version {directory.version} of the register is in force, but a folder cannot be made: {error}; "
                    "mend the inbox, then import again",
                ) from error
        return ImportResult(
            findings=_kept(plan.findings),
            effects=plan.effects,
            changed=plan.changed,
            imported=imported,
            version=directory.version or None,
            source=str(path),
        )

    def replace(self, directory: Directory, *, author: str, now: datetime, source: str) -> Directory:
        """Put a register built in code in force, unchecked and whole (demonstrations, benches, tests)."""
        with self._database.write() as connection:
            before = self._store.current(connection)
            return self._store.append(
                connection,
                Directory(
                    version=0 if before is None else before.version,
                    organisations=directory.organisations,
                    adhesions=directory.adhesions,
                    delegations=directory.delegations,
                    contacts=directory.contacts,
                    obligations=directory.obligations,
                ),
                now=now,
                author=author,
                source=source,
            )

    def _plan(self, reading: RegisterReading, before: Directory, now: datetime) -> Plan:
        findings = self._findings(reading)
        if blocks(findings):
            return Plan(
                findings=findings,
                before=before,
                detected=reading.detected,
                n_rows=reading.n_rows,
                destroy=bool(reading.nominative),
            )
        today = now.astimezone(self._zone).date()
        former = before if before.version else None
        after = merge(former, reading.snapshot.directory(before.version), today)
        conflicts = self._conflicts(after) if former is not None else ()
        if conflicts:
            findings = in_order((*findings, *conflicts))
            return Plan(findings=findings, before=before, detected=reading.detected, n_rows=reading.n_rows)
        calendar = Calendar(
            collections=self._catalogue.collections,
            first_period=self._first_period,
            today=today,
            zone=self._zone,
            due_days=self._due_days,
        )
        with self._database.read() as connection:
            waiting = refused_for_the_register(connection)
        return Plan(
            findings=findings,
            before=before,
            after=after,
            changed=former is None or not same_content(before, after),
            effects=effects_of(former, after, calendar, to_judge_again=waiting),
            detected=reading.detected,
            n_rows=reading.n_rows,
        )

    def _findings(self, reading: RegisterReading) -> tuple[Finding, ...]:
        if reading.nominative:
            return reading.nominative  # nothing else of such a file is quoted
        if reading.whole:
            codes = {collection.code for collection in self._catalogue.collections}
            checked: Sequence[Finding] = check_register(
                reading.snapshot,
                depositing=self._depositing(),
                collections=codes,
            )
        else:
            checked = [
                Finding(
                    code="G-18",
                    severity=Severity.INFO,
                    cause="G-18",
                    message=say(
                        "Les contrôles entre feuilles n'ont pas été faits : une feuille au moins n'a pas pu être lue.",
                    ),
                )
            ]
        return in_order((*reading.findings, *checked))

    def _depositing(self) -> frozenset[OrganisationType]:
        return DEPOSITING.union(*(collection.senders for collection in self._catalogue.collections))

    @staticmethod
    def _conflicts(after: Directory) -> tuple[Finding, ...]:
        """What the rows that an import leaves to the past contradict in the rows that it brings."""
        return tuple(
            Finding(
                code="ANN.R31",
                severity=Severity.ERROR,
                cause=f"ANN.R31:{finding.cause.split(':')[1]}:",
                message=say("Contradiction avec l'annuaire en vigueur : {what}", what=finding.message),
                hint=say(
                    "Une ligne absente de l'import prend fin la veille et reste vraie pour le passé. Écrivez-la avec "
                    "les dates qui conviennent.",
                ),
            )
            for finding in check_register(Snapshot.of(after))
            if blocks([finding])
        )

    # -- UESL's own deposit ------------------------------------------------------------------------------------------

    def judge_deposit(
        self,
        original: Path,
        dropped: DroppedFile,
        context: JudgingContext,
        reader: FileReader,
        workdir: Path,
    ) -> RegisterDeposit:
        """Judge a register dropped by UESL's own account; changes nothing. `apply_deposit` then puts it in force.

        Judged again after a crash that came once it was in force, it gets the same answer.
        """
        reading = read_register(original, reader, workdir, name=dropped.name)
        before, applied = self.current(), False
        latest = self._store.versions()[-1:] if before.version else ()
        if latest and latest[0].submission_id == dropped.submission_id:
            applied = True
            before = self._store.version(latest[0].number - 1) if latest[0].number > 1 else NOBODY
        plan = self._plan(reading, before, context.now)
        judgement = judgement_of(
            plan,
            rules_version=self._catalogue.rules_version,
            judged_at=context.now,
            directory_version=before.version or None,
            max_findings=context.max_findings,
        )
        return RegisterDeposit(judgement=judgement, plan=plan, applied=applied, test=dropped.test)

    def apply_deposit(
        self,
        deposit: RegisterDeposit,
        dropped: DroppedFile,
        *,
        now: datetime,
        accounts: Folders | None = None,
    ) -> Directory:
        """Put an accepted deposit in force, once; the register in force afterwards.

        Do it before the verdict is recorded. May be done again: the folders that are lacking are made. Raises Retry
        when another import came in between, or when a folder cannot be made.
        """
        plan = deposit.plan
        if plan.after is None or deposit.test:
            return self.current()
        try:
            if plan.changed and not deposit.applied:
                with self._database.write() as connection:
                    self._store.append(
                        connection,
                        plan.after,
                        now=now,
                        author=dropped.account,
                        source=dropped.name,
                        submission_id=dropped.submission_id,
                    )
            directory = self.current()
            _make_folders(directory, accounts)
        except (ConcurrentImportError, CannotDo, OSError) as error:
            raise Retry(str(error)) from error
        return directory


def _kept(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What an administrator's own file is told of G-12: it is not destroyed, it is where it was."""
    hint = say("Supprimez cette colonne ou ce numéro : l'annuaire ne le garde pas.")
    return tuple(replace(one, hint=hint) if one.code == "G-12" else one for one in findings)


def _make_folders(directory: Directory, accounts: Folders | None) -> None:
    if accounts is None:
        return
    for organisation in directory.organisations:
        if organisation.compte_sftp:
            accounts.make_folders(organisation.compte_sftp)


def refused_for_the_register(connection: Connection) -> tuple[str, ...]:
    """Deposits that were refused only because of the register, in order of receipt."""
    table = tables.submission
    query = (
        select(table.c.id)
        .where(table.c.state == SubmissionState.JUDGED.value, table.c.register_only, ~table.c.test)
        .order_by(table.c.received_at, table.c.id)
    )
    return tuple(connection.scalars(query))

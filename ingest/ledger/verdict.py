"""The second transaction of a deposit: everything that a verdict causes, on one connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update
from sqlalchemy.engine import Connection

from domain.errors import Park, Retry
from domain.in_force import Candidate
from domain.judgement import Judgement, SectionJudgement
from domain.notices import Notice
from domain.organisations import Directory
from domain.outcome import DeadlineView, Outcome, SectionOutcome
from domain.submissions import DroppedFile, ReceiptProof, SubmissionState
from domain.verdicts import Verdict
from domain.workdays import WorkingDays
from ingest.context import CompletionState
from ingest.database.collections import CollectionTable
from ingest.database.tables import in_force, section, submission
from ingest.database.types import storable_json
from ingest.ledger import queries, standing
from ingest.ledger.asking import settle_questions
from ingest.ledger.completing import completion
from ingest.ledger.effects import EffectKind, ask
from ingest.ledger.figures import Figures
from ingest.ledger.force import Key, Settled, foresee, key_of, settle
from ingest.ledger.importing import asking_nothing
from ingest.ledger.journal import EventKind, record
from ingest.ledger.justifications import forget_justifications, write_justifications
from ingest.ledger.loading import Loader, loaded_rows, row_numbers
from ingest.ledger.oddities import without_cases
from ingest.ledger.outages import excuse_on_verdict
from ingest.ledger.rejudging import merged, same_place
from ingest.ledger.rows_destroyed import Mails, overturn, write_overturned
from ingest.ledger.sections import (
    Owner,
    delete_section,
    insert_section,
    judgement_values,
    read_sections,
    replace_section,
    write_weighed,
)
from ingest.ledger.stale import mark_dependents
from ingest.ledger.telling import (
    Former,
    nothing_new,
    outcome_of,
    quoting_nothing,
    rules_broken,
    summary,
    told,
)

_SUBMISSION = update(submission).where(submission.c.id == bindparam("number"))

Answer = tuple[dict[str, Any], Sequence[Notice]]
"""What `compose` gives: the document of the answer, and the messages."""


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What every verdict needs, whatever the deposit."""

    calendar: standing.Calendar
    tables: Mapping[str, CollectionTable]
    enqueue: Callable[[Connection, Sequence[Notice], datetime], None]
    outages: WorkingDays | None = None
    """The days by which what we delayed is given back; None: the rule is off (a rehearsal)."""

    @property
    def figures(self) -> Figures:
        """Where the figures in force are found."""
        return Figures(calendar=self.calendar, tables=self.tables)


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """One section in hand: its number, what is to be written of it, and what was answered before (judged again)."""

    number: int
    judged: SectionJudgement
    former: SectionOutcome | None = None


class VerdictWriter:
    """Writes one verdict on the caller's connection; the caller commits, or rolls everything back."""

    def __init__(
        self,
        connection: Connection,
        tools: Tools,
        dropped: DroppedFile,
        directory: Directory | None,
        now: datetime,
    ) -> None:
        self._connection = connection
        self._tools = tools
        self._dropped = dropped
        self._directory = directory
        self._now = now
        self._unsaid: Mails | None = None
        """Messages that told a former verdict, of a deposit that turns out to break anonymity."""
        self._organisation = None if directory is None else directory.of_account(dropped.account)
        self._owner = Owner(
            submission_id=dropped.submission_id,
            account=dropped.account,
            organisation=None if self._organisation is None else self._organisation.code,
        )

    def write(self, judgement: Judgement, *, compose: Callable[[Outcome], Answer] | None) -> Outcome:
        """Everything at once. Without `compose` nothing is loaded, queued or asked for: a rehearsal.

        A verdict recorded before is given back, unless the deposit is on the desk again, or this is a rehearsal.
        """
        row = queries.find(self._connection, self._dropped.submission_id, lock=True)
        judgement = quoting_nothing(judgement) if judgement.destroy else without_cases(judgement, self._tools.calendar)
        judgement = asking_nothing(judgement) if self._dropped.proof is ReceiptProof.IMPORTED else judgement
        if compose is not None and row.state != SubmissionState.CLAIMED.value and row.judged_at is not None:
            return outcome_of(self._connection, self._tools.calendar, row, self._directory, self._now)
        if compose is not None:
            self._check_completed(judgement)
        self._synchronise()
        if row.judged_at is None:
            entries = self._first_time(judgement, load=compose is not None)
        else:
            former = read_sections(self._connection, row.id)
            overturned = compose is not None and judgement.destroy and row.verdict != Verdict.DESTROYED.value
            entries = (
                self._overturn(judgement) if overturned else self._again(judgement, former, load=compose is not None)
            )
            said_before = not overturned and nothing_new(row, former, (one.judged for one in entries), judgement)
            if compose is not None and said_before:
                return self._unchanged(row, judgement)
            record(
                self._connection,
                EventKind.JUDGED_AGAIN,
                self._now,
                submission_id=row.id,
                account=row.account,
                former=summary(row, former),
                verdict=judgement.verdict.value,
            )
        if compose is not None:
            self._keep_justifications(judgement, entries)
        weighed = replace(judgement, sections=tuple(entry.judged for entry in entries))
        outcome = self._weigh(weighed, entries, counts=compose is not None)
        document = None if compose is None else self._cause(outcome, compose, first_time=row.judged_at is None)
        self._describe(row, outcome.judgement, document)
        return outcome

    def _synchronise(self) -> None:
        if self._directory is not None and self._organisation is not None:
            standing.synchronise(
                self._connection,
                self._directory,
                self._tools.calendar,
                self._now,
                self._organisation.code,
            )

    # ── sections and rows ────────────────────────────────────────────────────────────────────────────────────────

    def _first_time(self, judgement: Judgement, *, load: bool) -> list[_Entry]:
        entries = []
        for position, judged in enumerate(judgement.sections):
            number = insert_section(self._connection, self._owner, position, judged)
            entries.append(_Entry(number=number, judged=judged))
            if load:
                self._load(number, judged)
        return entries

    def _again(self, judgement: Judgement, former: Former, *, load: bool) -> list[_Entry]:
        entries: list[_Entry] = []
        left = list(former)
        for judged in judgement.sections:
            match = next((one for one in left if same_place(one[1].judgement, judged)), None)
            if match is None:
                number = insert_section(self._connection, self._owner, self._next_position(), judged)
                entries.append(_Entry(number=number, judged=judged))
                if load:
                    self._load(number, judged)
            else:
                left.remove(match)
                entries.append(self._over(match[0], match[1], judged, load=load))
        for number, outcome in left if load else ():  # a rehearsal tells what is found today, and that alone
            if outcome.judgement.verdict.loads or self._was_in_force(number):
                entries.append(_Entry(number=number, judged=outcome.judgement, former=outcome))
            else:
                delete_section(self._connection, number)
        return entries

    def _overturn(self, judgement: Judgement) -> list[_Entry]:
        """Nothing that a first judgement kept stays; a section that was in force does, empty, for what it tells."""
        rows, self._unsaid = overturn(self._connection, self._dropped.submission_id, self._tools.tables)
        write_overturned(self._connection, self._dropped.submission_id, rows, self._now)
        former = read_sections(self._connection, self._dropped.submission_id)
        entries = self._again(judgement, former, load=False)
        taken = {entry.number for entry in entries}
        for number, outcome in former:
            if number not in taken and self._was_in_force(number):
                entries.append(_Entry(number=number, judged=outcome.judgement, former=outcome))
            elif number not in taken:
                delete_section(self._connection, number)
        return entries

    def _next_position(self) -> int:
        mine = section.c.submission_id == self._dropped.submission_id
        last = self._connection.execute(select(func.max(section.c.position)).where(mine)).scalar_one_or_none()
        return 0 if last is None else int(last) + 1

    def _over(self, number: int, former: SectionOutcome, judged: SectionJudgement, *, load: bool) -> _Entry:
        if not load:
            replace_section(self._connection, self._owner, number, judged)
            return _Entry(number=number, judged=judged, former=former)
        loaded = loaded_rows(self._connection, self._tools.tables, number, former.judgement.slug)
        offered = frozenset[int]() if judged.rows is None or not judged.verdict.loads else row_numbers(judged.rows)
        kept = merged(former.judgement, loaded, judged, offered)
        if kept is not former.judgement:
            replace_section(self._connection, self._owner, number, kept)
            self._load(number, kept, known_rows=loaded)
            if kept.period is not None and kept.verdict.loads:
                mark_dependents(self._connection, kept.period, self._now)  # it may be in force, with more rows now
        return _Entry(number=number, judged=kept, former=former)

    def _was_in_force(self, number: int) -> bool:
        query = select(in_force.c.id).where(in_force.c.section_id == number).limit(1)
        return self._connection.execute(query).first() is not None

    def _load(self, number: int, judged: SectionJudgement, known_rows: frozenset[int] = frozenset()) -> None:
        """Load what was accepted; `essai/` never. No row is lost between the judge and the table, or nothing is."""
        if self._dropped.test or not judged.verdict.loads:
            return
        if judged.rows is None and judged.slug not in self._tools.tables:
            return  # a register: it is put in force elsewhere and has no table of rows
        loaded = len(known_rows)
        if judged.rows is not None:
            if judged.slug is None or judged.slug not in self._tools.tables or judged.period is None:
                raise Park(f"accepted rows of {judged.collection} have no table or no period")
            loader = Loader(
                self._tools.tables[judged.slug],
                submission_id=self._dropped.submission_id,
                section_id=number,
                organisation=self._owner.organisation,
                period=judged.period,
                known_rows=known_rows,
            )
            loaded += loader.load(self._connection, judged.rows)
        if loaded != judged.records_accepted:
            raise Park(f"{judged.records_accepted} rows of {judged.slug} were accepted and {loaded} could be loaded")

    def _keep_justifications(self, judgement: Judgement, entries: Sequence[_Entry]) -> None:
        """What the depositor confirmed, also in a deposit that is refused: it was said."""
        if judgement.destroy:
            forget_justifications(self._connection, self._dropped.submission_id)
            return
        said = [(entry.number, entry.judged) for entry in entries]
        write_justifications(self._connection, self._dropped, self._owner.organisation, said, self._now)

    # ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────

    def _describe(self, row: Row[Any], judgement: Judgement, document: dict[str, Any] | None) -> None:
        values = judgement_values(judgement, judgement.sections)
        values["answer"] = storable_json(document)
        if row.state != SubmissionState.WITHDRAWN.value:
            values["state"] = SubmissionState.JUDGED.value
        values |= {"organisation": self._owner.organisation, "trouble": None, "not_before_at": None}
        self._connection.execute(_SUBMISSION, {"number": row.id, **values})

    def _weigh(self, judgement: Judgement, entries: list[_Entry], *, counts: bool) -> Outcome:
        settled = self._foresee(entries) if self._dropped.test else self._settle(entries)
        if counts and not self._dropped.test and self._dropped.proof is not ReceiptProof.IMPORTED:
            self._excuse(entries)
        obligations = standing.obligations_of(self._connection, self._owner.organisation)
        sections = []
        for entry in entries:
            outcome = self._section_outcome(entry, settled, self._deadline(entry.judged, obligations))
            write_weighed(self._connection, entry.number, outcome)
            sections.append(outcome)
        return Outcome(
            dropped=self._dropped,
            organisation=self._organisation,
            judgement=judgement,
            sections=tuple(sections),
            still_owed=standing.still_owed(obligations, self._tools.calendar, self._now),
        )

    def _settle(self, entries: list[_Entry]) -> dict[Key, Settled]:
        settled: dict[Key, Settled] = {}
        for entry in entries:
            key = self._key(entry.judged)
            if key is None or key in settled or entry.judged.period is None:
                continue
            settled[key] = settle(self._connection, key, self._now)
            settle_questions(self._connection, self._tools.figures, key, settled[key].section_id, self._now)
            if self._owner.organisation is not None:
                standing.refresh(
                    self._connection,
                    self._owner.organisation,
                    key.collection,
                    entry.judged.period,
                    self._now,
                )
        return settled

    def _excuse(self, entries: list[_Entry]) -> None:
        """Before the answer is written, so that it shows the due instant that our outage or our delay moved."""
        if self._tools.outages is None or self._owner.organisation is None:
            return
        about = {
            (entry.judged.collection, entry.judged.period): None
            for entry in entries
            if entry.judged.collection is not None and entry.judged.period is not None
        }
        for collection, period in about:
            excuse_on_verdict(
                self._connection,
                self._tools.calendar,
                self._tools.outages,
                organisation=self._owner.organisation,
                collection=collection,
                period=period,
                received_at=self._dropped.received_at,
                now=self._now,
            )

    def _foresee(self, entries: list[_Entry]) -> dict[Key, Settled]:
        """For a trial: what would be in force if it were a deposit, so that the answer says so; nothing changes."""
        foreseen: dict[Key, Settled] = {}
        for entry in entries:
            judged, key = entry.judged, self._key(entry.judged)
            if key is not None:
                trial = Candidate(
                    section_id=entry.number,
                    submission_id=self._dropped.submission_id,
                    received_at=self._dropped.received_at,
                    verdict=judged.verdict,
                    complete=judged.complete,
                    has_rows=judged.records_accepted > 0,
                    accumulates=judged.accumulates,
                )
                foreseen[key] = foresee(self._connection, key, trial)
        return foreseen

    def _key(self, judged: SectionJudgement) -> Key | None:
        return key_of(self._dropped.account, judged.collection, judged.period)

    def _section_outcome(
        self,
        entry: _Entry,
        settled: Mapping[Key, Settled],
        deadline: DeadlineView | None,
    ) -> SectionOutcome:
        judged, key = entry.judged, self._key(entry.judged)
        plain = SectionOutcome(judgement=judged, in_force=False, deadline=deadline)
        if key is None or key not in settled:
            return plain
        found = settled[key]
        if entry.number in found.now.section_ids:
            if self._dropped.test:
                return plain
            return replace(plain, in_force=True, replaces=self._replaced(entry, found))
        if judged.verdict is Verdict.DUPLICATE:
            self._check_duplicate(found.after)
            return replace(plain, stays=found.after)
        waits = found.now.waiting_nil is not None and found.now.waiting_nil.section_id == entry.number
        return replace(plain, stays=found.after if judged.verdict.loads else None, waits=waits)

    def _replaced(self, entry: _Entry, found: Settled) -> str | None:
        if entry.judged.accumulates:
            return None
        if found.before == self._dropped.submission_id:
            return None if entry.former is None else entry.former.replaces
        return found.before

    def _check_duplicate(self, original: str | None) -> None:
        """A doublon is one only while its original is in force: another process may have changed that since."""
        query = select(submission.c.sha256).where(submission.c.id == original)
        if original is None or self._connection.execute(query).scalar_one() != self._dropped.sha256:
            raise Retry("the deposit that this one repeats is no longer in force; it must be judged again")

    def _check_completed(self, judgement: Judgement) -> None:
        """A kit took over what was in force when it was judged: another process may have changed that since."""
        for judged in judgement.sections:
            key = None if judged.completes is None else self._key(judged)
            if key is None or judged.completes is None:
                continue
            found = completion(self._connection, key, judged.completes, before=self._dropped.submission_id)
            if found is None or found.base != judged.completes or found.state is not CompletionState.READY:
                raise Retry("the deposit that this one completes is no longer in force; it must be judged again")

    def _deadline(self, judged: SectionJudgement, obligations: Sequence[Row[Any]]) -> DeadlineView | None:
        if judged.collection is None or judged.period is None:
            return None
        return standing.deadline_view(
            obligations,
            self._tools.calendar,
            self._directory,
            organisation=self._owner.organisation,
            collection=judged.collection,
            period=judged.period,
            received_at=self._dropped.received_at,
            now=self._now,
        )

    def _cause(
        self,
        outcome: Outcome,
        compose: Callable[[Outcome], Answer],
        *,
        first_time: bool,
    ) -> dict[str, Any]:
        """Messages, effects and journal; the document of the answer."""
        dropped, judgement = self._dropped, outcome.judgement
        document, notices = compose(outcome)
        self._tools.enqueue(self._connection, notices, self._now)
        wanted: dict[EffectKind, dict[str, Any]] = {EffectKind.ANSWER: {}}
        if first_time:
            record(
                self._connection,
                EventKind.JUDGED,
                self._now,
                submission_id=dropped.submission_id,
                account=dropped.account,
                verdict=judgement.verdict.value,
                rules_version=judgement.rules_version,
                directory_version=judgement.directory_version,
                sections=[told(one.judgement, in_force=one.in_force) for one in outcome.sections],
            )
            wanted[EffectKind.ARCHIVE] = {"destroy": judgement.destroy}
        elif self._unsaid is not None:
            mails = {"message_ids": list(self._unsaid.message_ids), "kept": list(self._unsaid.kept)}
            wanted[EffectKind.ARCHIVE] = {"destroy": True, **mails}
        if judgement.destroy:
            record(
                self._connection,
                EventKind.DESTROYED,
                self._now,
                submission_id=dropped.submission_id,
                account=dropped.account,
                sha256=dropped.sha256,
                rules=rules_broken(judgement),
            )
        wanted[EffectKind.SITUATION] = {}
        ask(self._connection, self._now, dropped.account, dropped.submission_id, wanted)
        return document

    def _unchanged(self, row: Row[Any], judgement: Judgement) -> Outcome:
        """Nothing to say again; only that this version of the register was looked at."""
        self._connection.execute(
            update(submission)
            .where(submission.c.id == row.id)
            .values(
                directory_version=judgement.directory_version,
                state=SubmissionState.JUDGED.value,
                trouble=None,
                not_before_at=None,
            ),
        )
        return outcome_of(self._connection, self._tools.calendar, row, self._directory, self._now)

"""Makes the files of an answer before its verdict is recorded, so that the transaction knows what it announces."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from domain.findings import Severity
from domain.judgement import Judgement, SectionJudgement
from domain.organisations import Directory
from domain.outcome import Outcome, SectionOutcome
from domain.submissions import NO_DEPOSIT, DroppedFile
from ingest.annotating.client import Annotator
from ingest.answering.kit import write_kits
from ingest.answering.store import AnswerStore, accepted_name
from ingest.judging import Judge
from ingest.limited.client import Turn
from rendering.answer import verdict_document
from rendering.collections import Known
from rendering.workbooks.plan import plan_of

ANNOTATED: Final = "annote.xlsx"
_WORTH_SHOWING: Final = ("error", "warning")


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """The names of the files made. `attachable`: the annotated copy is small enough for a mail."""

    files: tuple[str, ...] = ()
    attachable: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Clerk:
    """Who serves one worker: the judge, and the maker of what goes with its verdicts."""

    judge: Judge
    maker: AnswerMaker

    @contextmanager
    def turn(self, turn: Turn) -> Iterator[None]:
        """Say which try of a deposit this is to the two processes that will have it in hand."""
        with self.judge.reader.turn(turn), self.maker.annotator.turn(turn):
            yield


class AnswerMaker:
    """Makes the annotated copy and the correction kits of one deposit at a time; one maker a worker."""

    def __init__(
        self,
        store: AnswerStore,
        annotator: Annotator,
        *,
        zone: ZoneInfo,
        known: Known,
        attachment_bytes: int,
    ) -> None:
        self._store = store
        self.annotator = annotator
        self._zone = zone
        self._known = known
        self._attachment_bytes = attachment_bytes

    def make(  # noqa: PLR0913 - what is answered, to what, where
        self,
        dropped: DroppedFile,
        judgement: Judgement,
        directory: Directory | None,
        original: Path,
        workdir: Path,
        *,
        accepted: Sequence[frozenset[int]] = (),
        rehearsal: bool = False,
    ) -> Made:
        """Make what is useful, and nothing for a file that is right, destroyed or no table.

        `accepted`: for each section, the rows that a first judgement accepted, which no kit gives back.
        `rehearsal`: nothing is kept, so that there is no deposit to complete: the annotated copy names none, and there
        is no kit.

        Raises:
            Retry: our disk failed. What is wrong with the file never does.
        """
        if judgement.destroy:
            self._store.destroy(dropped.submission_id)
            return Made()
        with self._store.replacing(dropped.submission_id) as folder:
            if dropped.test:
                _keep_accepted(judgement, folder)
            if _worth_annotating(judgement):
                self._annotate(dropped, judgement, directory, original, workdir, folder, rehearsal=rehearsal)
            if not rehearsal:
                write_kits(judgement, dropped.submission_id, folder, directory=directory, accepted=accepted)
        files = self._store.files(dropped.submission_id)
        small = ANNOTATED in files and files[ANNOTATED].stat().st_size <= self._attachment_bytes
        return Made(files=tuple(files), attachable=small)

    def _annotate(  # noqa: PLR0913, PLR0917 - what is annotated, for whom, where
        self,
        dropped: DroppedFile,
        judgement: Judgement,
        directory: Directory | None,
        original: Path,
        workdir: Path,
        folder: Path,
        *,
        rehearsal: bool,
    ) -> None:
        plan = plan_of(self._document(dropped, judgement, directory), judgement, self._known)
        room = workdir / "annotating"
        room.mkdir(parents=True, exist_ok=True)
        copy = self.annotator.annotate(
            original,
            format=judgement.detected.format or "csv",
            tables=judgement.tables,
            plan=replace(plan, submission=NO_DEPOSIT) if rehearsal else plan,
            workdir=room,
        )
        if copy is not None:
            shutil.move(copy.path, folder / ANNOTATED)

    def _document(self, dropped: DroppedFile, judgement: Judgement, directory: Directory | None) -> Mapping[str, Any]:
        """The verdict as far as judging alone knows it: what is in force and what is owed is not told in the copy."""
        outcome = Outcome(
            dropped=dropped,
            organisation=directory.of_account(dropped.account) if directory is not None else None,
            judgement=judgement,
            sections=tuple(SectionOutcome(judgement=one, in_force=False) for one in judgement.sections),
        )
        return verdict_document(outcome, self._zone, self._known)


MOST_COPIED_CELLS: Final = 8_000_000
"""Cells that a copy can hold within the time that a file is given; beyond, it was tried in vain for a minute."""


def _worth_annotating(judgement: Judgement) -> bool:
    """There is a table of ours in the file, of a size that can be copied, and something to mend or to confirm."""
    cells = sum(table.n_rows * table.n_columns for table in judgement.tables if table.path is not None)
    return 0 < cells <= MOST_COPIED_CELLS and any(map(_has_to_mend, judgement.sections))


def _has_to_mend(section: SectionJudgement) -> bool:
    """What blocks without a place (a deposit that cannot be completed) is not mended in the cells of a copy."""
    if section.collection is None:
        return False
    return any(section.finding_counts[word] for word in _WORTH_SHOWING) or any(
        one.severity is Severity.BLOCKING and (one.row is not None or one.cell or one.column)
        for one in section.findings
    )


def _keep_accepted(judgement: Judgement, folder: Path) -> None:
    """A trial's accepted records are in no table, and its correction kit completes them."""
    for section in judgement.sections:
        if section.rows is not None and section.slug is not None and section.period is not None:
            shutil.copyfile(section.rows, folder / accepted_name(section.slug, section.period.code))

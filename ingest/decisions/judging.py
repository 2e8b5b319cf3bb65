"""Judges a workbook of decisions by the road of every deposit, with rules that ask the ledger (contract §6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from domain.decisions import Decision, DecisionKind
from domain.findings import Severity
from domain.judgement import Judgement, SectionJudgement
from domain.periods import Period
from domain.submissions import DroppedFile
from domain.text import fold
from domain.verdicts import Verdict
from ingest.catalogue import Catalogue
from ingest.context import JudgingContext, NamedSection, NoLedger
from ingest.decisions.results import Known, Refusal, Taken, Weighed
from ingest.judging import Judge
from ingest.reading.client import Reader
from ingest.reading.raw import RawFile
from ingest.settings import Settings
from ingest.stages.checked import CheckedSection
from ingest.stages.naming import NameReading
from ingest.stages.sheets import SheetView
from rules import decisions as codes
from rules.generic import generic_finding
from rules.messages import say
from rules.rule import Batch, FileRule, Remark, RuleContext, RuleSet
from schemas.decisions import DECISIONS

Weigh = Callable[[Sequence[Decision]], Mapping[int, tuple[Weighed, ...]]]
"""Weighs decisions in their order, as if for good, and undoes it: what becomes of each, by row."""

_NAMED: Final = re.compile(r"decisions?(?: |\Z)")


def is_decisions_deposit(name: str) -> bool:
    """Whether a file is meant as decisions: its name begins so. Only the central body's account may deposit it."""
    return _NAMED.match(fold(name)) is not None


class DecisionsJudge(Judge):
    """Judges one workbook of decisions; what it decides is in `decisions` afterwards, if it is accepted."""

    def __init__(self, catalogue: Catalogue, reader: Reader, settings: Settings, weigh: Weigh) -> None:
        """`catalogue`: of what the decisions are about."""
        own = Catalogue(
            collections=(DECISIONS,),
            rule_sets={DECISIONS.code: RuleSet(collection=DECISIONS.code)},
            rules_version=catalogue.rules_version,
        )
        super().__init__(own, reader, settings)
        self._weigh = weigh
        self.code = DECISIONS.code
        self.decisions: tuple[Decision, ...] = ()

    def judge_decisions(
        self, path: Path, dropped: DroppedFile, context: JudgingContext, workdir: Path, former: str | None
    ) -> Judgement:
        """The judgement of the workbook at `path`. `former`: the deposit of the same bytes that was applied before."""
        # The stages work on one period; decisions have none of their own, and the answer tells none.
        period = Period(context.received_at.astimezone(context.zone).year - 1)
        alone = replace(context, ledger=_OwnLedger(period, former), close_after_months=None)
        judgement = self.judge(path, dropped, alone, workdir, forced=(DECISIONS, period))
        return replace(judgement, sections=tuple(self._without_period(one, former) for one in judgement.sections))

    def views_of(self, raw: RawFile, codes: Container[str]) -> tuple[SheetView, ...]:
        """Its sheets, whatever they are called: « Décisions 2005 » is no period."""
        return tuple(replace(view, named=NameReading()) for view in super().views_of(raw, codes))

    def rules_of(self, checked: CheckedSection) -> RuleSet:
        """Rules that tell what was found when all the lines that can be read were weighed together."""
        self.decisions = tuple(_decisions(checked))
        weighed = self._weigh(self.decisions)
        return RuleSet(
            collection=DECISIONS.code,
            rules=(
                *(_refusing(code, sentence, weighed) for code, sentence in codes.SENTENCES.items()),
                *(_telling(code, sentence, weighed, checked) for code, sentence in codes.REMARKS.items()),
            ),
        )

    def _without_period(self, section: SectionJudgement, former: str | None) -> SectionJudgement:
        """As it is told: no period, no rows to load, no lines to give back apart from the annotated copy."""
        plain = replace(section, period=None, rows=None, rejected=None, justifications=(), oddities=())
        if section.verdict is not Verdict.DUPLICATE or former is None:
            return plain
        finding = generic_finding(
            "G-23",
            say(
                "Ce fichier est identique au dépôt {former}, dont les décisions sont prises : rien n'est refait.",
                former=former,
            ),
            hint=say("Rien à faire."),
        )
        return replace(plain, findings=(finding,))


class _OwnLedger(NoLedger):
    """What the stages may ask: whether these bytes were applied before; any deposit named is one of decisions."""

    def __init__(self, period: Period, former: str | None) -> None:
        self._period = period
        self._former = former

    def is_duplicate(self, account: str, collection: str, period: Period, sha256: str) -> str | None:
        """The deposit of the same bytes, told beforehand."""
        del account, collection, period, sha256
        return self._former

    def sections_of(self, account: str, submission_id: str) -> tuple[NamedSection, ...]:
        """An annotated copy dropped back names the deposit that it was made for."""
        del account, submission_id
        return (NamedSection(collection=DECISIONS.code, period=self._period, read=False),)


def _decisions(checked: CheckedSection) -> Iterator[Decision]:
    """The lines that can be read; the others have their own findings already."""
    for first, batch in checked.spool.batches():
        columns = {column.name: batch.column(column.name) for column in DECISIONS.columns}
        for index, row in enumerate(batch.rows):
            if checked.spool.bad[first + index]:
                continue
            told = {name: values[index] for name, values in columns.items()}
            yield Decision(
                row=row,
                kind=DecisionKind(told["decision"]),
                reason=" ".join(told["motif"].split()),
                who=told["compte"],
                collection=told["collection"],
                period=told["periode"],
                until=told["jusqu_au"],
                submission_id=told["depot"],
                anomaly=told["anomalie"],
            )


def _refusing(code: str, sentence: str, weighed: Mapping[int, tuple[Weighed, ...]]) -> FileRule[None]:
    def step(state: None, batch: Batch, context: RuleContext) -> Iterator[Remark]:
        del state, context
        for index, row in enumerate(batch.rows):
            for one in weighed.get(row, ()):
                if isinstance(one, Refusal) and one.code == code:
                    yield Remark(
                        message=one.message,
                        index=index,
                        column=one.column,
                        value=one.value,
                        expected=one.expected,
                        hint=one.hint,
                    )

    return FileRule(code=code, severity=Severity.ERROR, sentence=sentence, start=_nothing, step=step, finish=_no_remark)


def _telling(
    code: str, sentence: str, weighed: Mapping[int, tuple[Weighed, ...]], checked: CheckedSection
) -> FileRule[None]:
    kind = Taken if code == codes.TAKEN else Known

    def finish(state: None, context: RuleContext) -> Iterator[Remark]:
        del state, context
        if checked.collector.faulty:
            return  # nothing is decided
        for row, found in weighed.items():
            for one in found:
                if isinstance(one, (Taken, Known)) and isinstance(one, kind):
                    yield Remark(message=one.sentence, row=row, column="decision")

    return FileRule(code=code, severity=Severity.INFO, sentence=sentence, start=_nothing, step=_no_step, finish=finish)


def _nothing(context: RuleContext) -> None:
    del context


def _no_step(state: None, batch: Batch, context: RuleContext) -> Iterable[Remark]:
    del state, batch, context
    return ()


def _no_remark(state: Any, context: RuleContext) -> Iterable[Remark]:
    del state, context
    return ()

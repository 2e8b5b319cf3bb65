"""What a second judgement makes of a first one: a correction of the register never un-accepts a row (contract §5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from domain.anomalies import Oddity
from domain.findings import Finding, Severity
from domain.judgement import Judgement, SectionJudgement
from domain.verdicts import Verdict
from ingest.ledger.loading import row_numbers


def merged(
    former: SectionJudgement,
    former_rows: frozenset[int],
    latter: SectionJudgement,
    latter_rows: frozenset[int],
) -> SectionJudgement:
    """The judgement to keep of a section judged again, given the row numbers that each accepted.

    A section that was loaded and would now be refused stays as it was. Rows accepted before stay accepted: what
    the second judgement says against them is left out.
    """
    if former.verdict.loads and not latter.verdict.loads:
        return former
    kept = former_rows - latter_rows
    if not kept:
        return latter
    said = tuple(one for one in latter.findings if not _against(one, kept))
    counts = dict(latter.finding_counts)
    for one in latter.findings:
        if _against(one, kept):
            counts[one.severity.value] = max(0, counts.get(one.severity.value, 0) - 1)
    accepted = len(former_rows | latter_rows)
    errors = counts[Severity.ERROR.value] + counts[Severity.BLOCKING.value]
    return replace(
        latter,
        findings=said,
        finding_counts=counts,
        causes=(),  # counted before some findings were left out: the answer counts again
        records_accepted=accepted,
        records_rejected=max(0, latter.records_read - accepted),
        verdict=Verdict.PARTIALLY_ACCEPTED if errors else _without_errors(counts),
        complete=not errors and not latter.missing_lines,
        register_only=latter.register_only and bool(errors),
        oddities=(*latter.oddities, *_still_asked(former, latter, kept)),
    )


def _still_asked(former: SectionJudgement, latter: SectionJudgement, kept: frozenset[int]) -> tuple[Oddity, ...]:
    """What was asked about rows that stay accepted and that the second judgement did not weigh."""
    asked = {one.subject for one in latter.oddities}
    return tuple(one for one in former.oddities if one.row in kept and one.subject not in asked)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A second judgement as it will be kept; `accepted`: for each of its sections, the rows loaded already."""

    judgement: Judgement
    accepted: tuple[frozenset[int], ...]


def as_kept(former: Iterable[tuple[SectionJudgement, frozenset[int]]], judgement: Judgement) -> Kept:
    """What recording `judgement` will keep of it, for those who make the answer beforehand.

    `former`: the sections recorded before, each with the rows loaded. Where the table is, and what can be given back,
    are the latter's: the former one has no file at hand.
    """
    left = list(former)
    sections: list[SectionJudgement] = []
    accepted: list[frozenset[int]] = []
    for latter in judgement.sections:
        match = next((one for one in left if same_place(one[0], latter)), None)
        if match is None:
            sections.append(latter)
            accepted.append(frozenset())
            continue
        left.remove(match)
        offered = row_numbers(latter.rows) if latter.rows is not None and latter.verdict.loads else frozenset[int]()
        kept = merged(match[0], match[1], latter, offered)
        sections.append(replace(kept, table=latter.table, rejected=latter.rejected))
        accepted.append(match[1])
    return Kept(judgement=replace(judgement, sections=tuple(sections)), accepted=tuple(accepted))


def same_place(one: SectionJudgement, other: SectionJudgement) -> bool:
    """Whether two judgements are about the same part of the file."""
    return (one.collection, one.period, one.sheet) == (other.collection, other.period, other.sheet)


def _against(one: Finding, rows: frozenset[int]) -> bool:
    return one.row in rows and one.severity in {Severity.ERROR, Severity.BLOCKING}


def _without_errors(counts: dict[str, int]) -> Verdict:
    return Verdict.ACCEPTED_WITH_WARNINGS if counts[Severity.WARNING.value] else Verdict.ACCEPTED


def same_answer(former: Iterable[SectionJudgement], latter: Iterable[SectionJudgement]) -> bool:
    """Whether a depositor would read the same thing twice."""

    def told(sections: Iterable[SectionJudgement]) -> list[tuple[object, ...]]:
        return [
            (
                one.collection,
                one.period,
                one.sheet,
                one.verdict,
                one.records_accepted,
                one.complete,
                dict(one.finding_counts),
            )
            for one in sections
        ]

    return told(former) == told(latter)

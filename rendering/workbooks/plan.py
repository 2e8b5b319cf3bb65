"""From a verdict to what its annotated copy says: the same sentences and causes as the mail and the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from domain.findings import Finding, Severity
from domain.judgement import Judgement, SectionJudgement, TablePlace
from rendering import wording
from rendering.causes import Cause
from rendering.collections import Known
from rendering.escaping import visible
from rendering.french import NBSP, count, say
from rendering.view import AnswerView, SectionView, rules_fact, view_of
from rendering.workbooks.annotation import (
    AnnotationPlan,
    CauseLine,
    CellMark,
    FindingLine,
    RowNote,
    SheetPlan,
    Spot,
)

__all__ = ["AnnotationPlan", "plan_of"]

MESSAGE_CHARS: Final = 4_000
"""What one cell or one row is told at most: more is in the list."""
_MARKED: Final = frozenset({Severity.BLOCKING, Severity.ERROR, Severity.WARNING})
_CELL: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ALPHABET: Final = 26
_FACTS: Final = ("Numéro de dépôt", "Déposant", "Fichier", "Reçu le", "Règles appliquées")


def plan_of(document: Mapping[str, Any], judgement: Judgement, known: Known | None = None) -> AnnotationPlan:
    """The plan of the annotated copy of a deposit; `known` tells cases and quantities apart."""
    view = view_of(document)
    parts = tuple(zip(view.sections, judgement.sections, strict=False))
    facts = dict((*view.facts, rules_fact(document)))
    return AnnotationPlan(
        submission=document["submission"],
        file_name=view.file_name,
        made_at=document["judged_at"],
        banner=wording.TEST_BANNER if view.test else "",
        label=view.label,
        tone=view.tone.value,
        headline=view.headline,
        actions=tuple(view.actions),
        counts=tuple((one.title, tuple(one.counts)) for one in view.sections),
        causes=tuple(
            _cause(cause, judged.table)
            for section, judged in parts
            for cause in (*section.causes, *section.consequences)
        ),
        findings=_lines(view, parts, judgement),
        remarks=_remarks(view),
        facts=tuple((label, facts[label]) for label in _FACTS if label in facts),
        sheets=_sheets(parts, known or {}),
    )


def _cause(cause: Cause, table: TablePlace | None) -> CauseLine:
    first = min((one for one in cause.examples if one.row is not None), key=lambda one: one.row or 0, default=None)
    word = _word(cause.severity, confirmed=bool(cause.examples) and all(one.justification for one in cause.examples))
    where = [visible(cause.where, None)]
    if cause.sample:
        where.append(say("Par exemple : {sample}", sample=visible(cause.sample, None)))
    return CauseLine(
        severity=Severity.INFO if cause.consequence else cause.severity,
        word="En conséquence" if cause.consequence else word,
        title=visible(cause.title, None),
        count=cause.count,
        places="\n".join(one for one in where if one),
        hint="" if cause.consequence else "\n".join(_advice(cause)),
        spot=_spot(first, table) if first is not None else None,
    )


def _advice(cause: Cause) -> Iterator[str]:
    """How to mend it, three examples when each says its own, and what it brings."""
    if cause.hint:
        yield visible(cause.hint, None)
    if cause.count > 1 and not cause.alike:
        for one in cause.examples:
            place = one.cell or (f"ligne {one.row}" if one.row is not None else "")
            hint = f" → {visible(one.hint, None)}" if one.hint and not cause.hint else ""
            yield (
                f"• {place}{NBSP}: {visible(one.message, None)}{hint}"
                if place
                else f"• {visible(one.message, None)}{hint}"
            )
    if cause.brings:
        yield cause.brings


def _word(severity: Severity, *, confirmed: bool) -> str:
    return wording.CONFIRMED if confirmed else wording.SEVERITIES[severity.value]


def _lines(
    view: AnswerView,
    parts: Sequence[tuple[SectionView, SectionJudgement]],
    judgement: Judgement,
) -> tuple[FindingLine, ...]:
    names = {table.index: table.name or "" for table in judgement.tables}
    lines = [_line(one, None, "") for one in view.file_findings]
    for section, judged in parts:
        sheet = names.get(judged.table.sheet_index, "") if judged.table is not None else judged.sheet or ""
        lines.extend(_line(one, judged.table, sheet) for one in section.findings)
    return tuple(lines)


def _line(finding: Finding, table: TablePlace | None, sheet: str) -> FindingLine:
    row = f"ligne {finding.row}" if finding.row is not None else ""
    return FindingLine(
        severity=finding.severity,
        word=_word(finding.severity, confirmed=finding.justification is not None),
        sheet=visible(sheet),
        place=finding.cell or row,
        label=visible(finding.label or finding.column or "", None),
        value=visible(finding.value or "", None),
        message=visible(finding.message, None),
        hint=visible(finding.hint or "", None),
        code=finding.code,
        spot=_spot(finding, table),
    )


def _spot(finding: Finding, table: TablePlace | None) -> Spot | None:
    if table is None or finding.row is None:
        return None
    return Spot(sheet_index=table.sheet_index, cell=finding.cell or f"A{finding.row}")


def _remarks(view: AnswerView) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.truncated for one in view.sections if one.truncated))


def _sheets(parts: Iterable[tuple[SectionView, SectionJudgement]], known: Known) -> tuple[SheetPlan, ...]:
    """One plan a sheet; when two sections share a sheet, the first one's table says where our columns go."""
    sheets: dict[int, SheetPlan] = {}
    for section, judged in parts:
        if judged.table is None:
            continue
        marked = [one for one in section.findings if one.severity in _MARKED and one.row is not None]
        place, former = judged.table, sheets.get(judged.table.sheet_index)
        facts = known.get(judged.collection or "")
        cases = facts is not None and facts.cases
        # A schema names its quantities; the facts that answers need in general do not.
        quantities = {column.name for column in getattr(facts, "quantities", ())}
        sheets[place.sheet_index] = SheetPlan(
            sheet_index=place.sheet_index,
            header_row=former.header_row if former else place.header_row,
            body_from=former.body_from if former else place.body_from,
            n_columns=max(place.n_columns, former.n_columns if former else 0),
            reserved=dict(former.reserved if former else place.reserved),
            quantities=tuple(sorted(index for name, index in place.columns.items() if name in quantities)),
            marks=(*(former.marks if former else ()), *_marks(marked)),
            notes=_merged(former.notes if former else (), _notes(marked, asks=not cases)),
            justify=not cases and (former is None or former.justify),
        )
    return tuple(sheets[index] for index in sorted(sheets))


def _marks(findings: Iterable[Finding]) -> list[CellMark]:
    by_cell: dict[tuple[int, int], list[Finding]] = {}
    for finding in findings:
        match = _CELL.fullmatch(finding.cell or "")
        if match is not None:
            by_cell.setdefault((int(match[2]), column_index(match[1])), []).append(finding)
    return [
        CellMark(
            row=row,
            column=column,
            severity=_gravest(members),
            text=_joined(_sentence(one, with_cell=False) for one in members),
        )
        for (row, column), members in sorted(by_cell.items())
    ]


def _notes(findings: Iterable[Finding], *, asks: bool) -> list[RowNote]:
    by_row: dict[int, list[Finding]] = {}
    for finding in findings:
        if finding.row is not None:
            by_row.setdefault(finding.row, []).append(finding)
    return [
        RowNote(
            row=row,
            text=_joined(_sentence(one, with_cell=True) for one in members),
            asks=asks and any(one.severity is Severity.WARNING for one in members),
        )
        for row, members in sorted(by_row.items())
    ]


def _merged(former: Sequence[RowNote], new: Sequence[RowNote]) -> tuple[RowNote, ...]:
    notes = {one.row: one for one in former}
    for one in new:
        other = notes.get(one.row)
        notes[one.row] = (
            one
            if other is None
            else RowNote(row=one.row, text=_joined([other.text, one.text]), asks=other.asks or one.asks)
        )
    return tuple(notes[row] for row in sorted(notes))


def _sentence(finding: Finding, *, with_cell: bool) -> str:
    """« Erreur (E9) : … → … »: readable where no colour is; the message names the column itself."""
    word = wording.SEVERITIES[finding.severity.value]
    if with_cell and finding.cell:
        word = f"{word} ({finding.cell})"
    hint = f" → {visible(finding.hint, None)}" if finding.hint else ""
    return f"{word}{NBSP}: {visible(finding.message, None)}{hint}"


def _joined(sentences: Iterable[str]) -> str:
    """The sentences one under the other, the last ones counted when they are too long together."""
    told = list(dict.fromkeys(sentences))
    kept: list[str] = []
    length = 0
    for sentence in told:
        length += len(sentence) + 1
        if kept and length > MESSAGE_CHARS:
            break
        kept.append(sentence[:MESSAGE_CHARS])
    if len(kept) < len(told):
        more = count(len(told) - len(kept), "autre point", "autres points")
        kept.append(say("… et {more} : voyez la feuille « À corriger ».", more=more))
    return "\n".join(kept)


def _gravest(findings: Iterable[Finding]) -> Severity:
    return min((one.severity for one in findings), key=lambda severity: severity.rank)


def column_index(letters: str) -> int:
    """The index from 0 of a column's letters."""
    index = 0
    for letter in letters:
        index = index * _ALPHABET + ord(letter) - ord("A") + 1
    return index - 1

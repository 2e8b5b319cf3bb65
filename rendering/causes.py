"""Findings grouped by cause: what one mending cures is said once, with three examples (contract §6, Answering)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from domain.findings import Finding, Severity
from rendering.escaping import visible
from rendering.french import NBSP, agree, count, number, say

EXAMPLES: Final = 3
SHARED_WORDS: Final = 4
_PLACES_SHOWN: Final = 12
_VALUE_SHOWN: Final = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """Findings that one mending cures. `count` is of the findings at hand: a capped list says so elsewhere."""

    code: str
    severity: Severity
    title: str
    count: int
    rows: tuple[int, ...]
    columns: tuple[str, ...]
    examples: tuple[Finding, ...]
    hint: str | None = None
    """The advice that cures them all; each example tells its own when they differ."""

    @property
    def places(self) -> str:
        """« cellule E9 (Nb …) », « lignes 4 à 8, 12 et 5 autres »; empty when it is about the whole file."""
        if self.count == 1 and self.examples[0].cell:
            label = f" ({self.columns[0]})" if self.columns else ""
            read = value_read(self.examples[0])
            return f"cellule {self.examples[0].cell}{label}" + (f"{NBSP}: {read}" if read else "")
        spans = _spans(self.rows)
        shown = spans[:_PLACES_SHOWN]
        if not shown:
            return ""
        hidden = sum(last - first + 1 for first, last in spans[_PLACES_SHOWN:])
        words = [str(first) if first == last else f"{first} à {last}" for first, last in shown]
        if hidden:
            words.append(count(hidden, "autre"))
        text = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} et {words[-1]}"
        return f"{agree(len(self.rows), 'ligne')} {text}"


def group(findings: Iterable[Finding]) -> tuple[Cause, ...]:
    """Group by `Finding.cause`, else by code and column; gravest first, then most frequent."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        # Two severities are never one cause: a warning must not hide among errors.
        # A cause that is only the code says nothing: two columns with the same fault are mended apart.
        named = finding.cause not in {"", finding.code}
        key = (finding.severity.value, finding.cause if named else "", "" if named else _code_and_column(finding))
        groups.setdefault(key, []).append(finding)
    causes = [_cause(members) for members in groups.values()]
    return tuple(sorted(causes, key=lambda one: (one.severity.rank, -one.count)))


def value_read(finding: Finding) -> str:
    """« 12,5 », unless the message quotes it already; empty when there is none to show."""
    told = finding.value is not None and finding.value in finding.message
    return "" if told or not finding.value else say("« {value} »", value=visible(finding.value, _VALUE_SHOWN))


def _code_and_column(finding: Finding) -> str:
    return f"{finding.code}/{finding.column or ''}"


def _cause(members: list[Finding]) -> Cause:
    first = members[0]
    return Cause(
        code=first.code,
        severity=first.severity,
        title=_title(members),
        count=len(members),
        rows=tuple(sorted({one.row for one in members if one.row is not None})),
        columns=tuple(dict.fromkeys(one.label or one.column or "" for one in members if one.label or one.column)),
        examples=_examples(members),
        hint=_hint(members),
    )


def _hint(members: list[Finding]) -> str | None:
    """The advice they share; None when each has its own (« Codes proches : 12 » is for one value only)."""
    hints = {one.hint for one in members if one.hint}
    return next(iter(hints)) if len(hints) == 1 else None


def _examples(members: list[Finding]) -> tuple[Finding, ...]:
    """Three that differ, rather than three times the same value."""
    different = list({(one.value, one.message): one for one in reversed(members)}.values())[::-1]
    return tuple(sorted(different, key=lambda one: one.row or 0)[:EXAMPLES])


def _title(members: list[Finding]) -> str:
    first = members[0]
    if all(one.message == first.message for one in members):
        return first.message
    labels = {one.label or one.column for one in members}
    expected = {one.expected for one in members}
    label, awaited = next(iter(labels)), next(iter(expected))
    if len(labels) == 1 and label and len(expected) == 1 and awaited:
        return say(
            "Colonne « {label} » : {n} {values} ne {agreement} pas (attendu : {expected}).",
            label=label,
            n=number(len(members)),
            values=agree(len(members), "valeur"),
            agreement="conviennent" if len(members) > 1 else "convient",
            expected=awaited,
        )
    return _what_they_share([one.message for one in members])


def _what_they_share(messages: list[str]) -> str:
    """« La ligne de … manque. » for sentences that differ by a name only; the first one when they share too little."""
    sentences = [message.split() for message in messages]
    shortest = min(len(words) for words in sentences)
    head = 0
    while head < shortest and len({words[head] for words in sentences}) == 1:
        head += 1
    tail = 0
    while tail < shortest - head and len({words[-1 - tail] for words in sentences}) == 1:
        tail += 1
    if not head or head + tail < SHARED_WORDS:
        return messages[0]
    first = sentences[0]
    return " ".join([*first[:head], "…", *first[len(first) - tail :]])


def _spans(rows: tuple[int, ...]) -> list[tuple[int, int]]:
    """Runs of following rows, as (first, last)."""
    spans: list[tuple[int, int]] = []
    for row in rows:
        if spans and row == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], row)
        else:
            spans.append((row, row))
    return spans

"""Findings grouped by cause: what one mending cures is said once, with three examples (contract §6, Answering).

The mail, the page, the workbook and the terminal all lay out these causes, in this order. Counts come from the tallies
of the judgement, over the whole file; without tallies (an old answer, a part of one) the findings at hand are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.causes import CauseTally, cause_key
from domain.findings import Finding, Severity
from rendering.escaping import visible
from rendering.french import NBSP, agree, count, number, say

EXAMPLES: Final = 3
SHARED_WORDS: Final = 4
_PLACES_SHOWN: Final = 12
_VALUE_SHOWN: Final = 60
_RUN: Final = 2
"""Row numbers from which « 4 à 6 » is shorter than a list."""
_FAULTS: Final = frozenset({Severity.BLOCKING, Severity.ERROR})
_OTHERS: Final = "D'autres défauts, moins fréquents, sont dans la liste complète."


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """What one mending cures. `lines`: how many lines it touches; `cures`: those that have no other fault.

    `rows`: the numbers of the first lines. `brings`: one sentence on what mending it brings, empty when it goes
    without saying. `consequence`: it goes when other causes do, and asks for nothing by itself.
    """

    code: str
    severity: Severity
    title: str
    count: int
    rows: tuple[int, ...]
    columns: tuple[str, ...]
    examples: tuple[Finding, ...]
    hint: str | None = None
    """The advice that cures them all; each example tells its own when they differ."""
    lines: int = 0
    cures: int = 0
    brings: str = ""
    consequence: bool = False
    spans: tuple[tuple[int, int], ...] = ()
    alike: bool = False
    """The title says all that its findings say: examples are places and values, without a sentence each."""

    @property
    def sample(self) -> str:
        """« E9 « n.c. », E12 « - » » for a cause whose title says the rest; empty when there is nothing to quote."""
        if not self.alike or self.count == 1:
            return ""
        told = [f"{one.cell}{NBSP}{read}" for one in self.examples if one.cell and (read := value_read(one))]
        return ", ".join(told)

    @property
    def where(self) -> str:
        """`places`, with the number of cells when it is not that of the lines."""
        if self.count > 1 and self.count != self.lines and self.places and self.examples[0].cell:
            return f"{self.places} ({count(self.count, 'case')})"
        return self.places

    @property
    def to_mend(self) -> bool:
        """Whether the file must be changed."""
        return self.severity in _FAULTS and not self.consequence

    @property
    def to_confirm(self) -> bool:
        """Whether it is a question."""
        return self.severity is Severity.WARNING and not self.consequence

    @property
    def places(self) -> str:
        """« cellule E9 (Nb …) », « lignes 4 à 8, 12 et 5 autres »; empty when it is about the whole file."""
        if self.count == 1 and self.examples and self.examples[0].cell:
            label = f" ({self.columns[0]})" if self.columns else ""
            read = value_read(self.examples[0])
            return f"cellule {self.examples[0].cell}{label}" + (f"{NBSP}: {read}" if read else "")
        shown = self.spans[:_PLACES_SHOWN]
        if not shown:
            return ""
        hidden = self.lines - sum(last - first + 1 for first, last in shown)
        words = [word for first, last in shown for word in _words(first, last)]
        if hidden > 0:
            words.append(count(hidden, "autre"))
        text = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} et {words[-1]}"
        return f"{agree(self.lines, 'ligne')} {text}"


def group(
    findings: Iterable[Finding],
    tallies: Sequence[CauseTally] = (),
    *,
    rejected: int = 0,
) -> tuple[Cause, ...]:
    """The causes of a section, in the order to mend them; consequences last.

    Blocking first, then errors by the lines that mending them cures, then questions, then remarks. `rejected`: how
    many records are refused, to tell a cause that cures them all.
    """
    groups: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in findings:
        # Two severities are never one cause: a warning must not hide among errors.
        groups.setdefault((finding.severity, cause_key(finding)), []).append(finding)
    known = {(one.severity, one.cause): one for one in tallies}
    if tallies:
        _gather_others(groups, known)
    counted = [(members, known.get(key) or _counted(key, members)) for key, members in groups.items()]
    faults = [tally for _, tally in counted if tally.severity in _FAULTS and not tally.consequence]
    causes = [_cause(members, tally, rejected, sole=faults == [tally]) for members, tally in counted]
    return tuple(sorted(causes, key=_order))


def value_read(finding: Finding) -> str:
    """« 12,5 », unless the message quotes it already; empty when there is none to show."""
    told = finding.value is not None and finding.value in finding.message
    return "" if told or not finding.value else say("« {value} »", value=visible(finding.value, _VALUE_SHOWN))


def _gather_others(
    groups: dict[tuple[Severity, str], list[Finding]], known: Mapping[tuple[Severity, str], CauseTally]
) -> None:
    """Findings of causes that were not told apart are under the one that counted them."""
    for severity, key in [key for key in groups if key not in known]:
        other = next((one for one in known.values() if one.severity is severity and one.cause == "autres"), None)
        if other is not None:
            groups.setdefault((severity, other.cause), []).extend(groups.pop((severity, key)))


def _counted(key: tuple[Severity, str], members: list[Finding]) -> CauseTally:
    rows = sorted({one.row for one in members if one.row is not None})
    return CauseTally(
        cause=key[1], code=members[0].code, severity=key[0], count=len(members), rows=len(rows), spans=_spans(rows)
    )


def _order(cause: Cause) -> tuple[bool, int, int, int, int]:
    return (cause.consequence, cause.severity.rank, -cause.cures, -cause.lines, -cause.count)


def _cause(members: list[Finding], tally: CauseTally, rejected: int, *, sole: bool) -> Cause:
    title = tally.title or _title(members, tally)
    return Cause(
        code=members[0].code,
        severity=tally.severity,
        title=title,
        count=tally.count,
        rows=tuple(row for first, last in tally.spans for row in range(first, min(last, first + _PLACES_SHOWN) + 1)),
        columns=tuple(dict.fromkeys(one.label or one.column or "" for one in members if one.label or one.column)),
        examples=_examples(members),
        hint=tally.hint or _hint(members),
        lines=tally.rows,
        cures=tally.cures,
        brings=_brings(tally, rejected, sole=sole),
        consequence=tally.consequence,
        spans=tally.spans,
        alike=_alike(members, title),
    )


def _alike(members: list[Finding], title: str) -> bool:
    """Whether the title holds what every message says, and one hint is enough."""
    said = {_without_label(one.message, one.label or one.column or "") for one in members}
    return len(said) == 1 and next(iter(said)) in title and len({one.hint for one in members}) == 1


def _brings(tally: CauseTally, rejected: int, *, sole: bool) -> str:
    """What mending it brings: nothing to say of one line that it cures."""
    if tally.severity is not Severity.ERROR or not tally.rows or not rejected:
        return ""
    cured, others = count(tally.cures, "ligne"), tally.rows - tally.cures
    if tally.rows == 1:
        return ""
    if not others and sole:
        return say("C'est la seule cause : la corriger suffit pour les {n}.", n=cured)
    if not others:
        return say("Corriger ceci suffit pour {n}.", n=cured)
    if not tally.cures:
        return say("Ces lignes ont encore un autre défaut.")
    have = "ont" if others > 1 else "a"
    return say(
        "Corriger ceci suffit pour {n} ; {m} {have} encore un autre défaut.",
        n=cured,
        m=count(others, "autre"),
        have=have,
    )


def _hint(members: list[Finding]) -> str | None:
    """The advice they share; None when each has its own (« Codes proches : 12 » is for one value only)."""
    hints = {one.hint for one in members if one.hint}
    return next(iter(hints)) if len(hints) == 1 else None


def _examples(members: list[Finding]) -> tuple[Finding, ...]:
    """Three that differ, rather than three times the same value."""
    different = list({(one.value, one.message): one for one in reversed(members)}.values())[::-1]
    return tuple(sorted(different, key=lambda one: one.row or 0)[:EXAMPLES])


def _title(members: list[Finding], tally: CauseTally) -> str:
    first = members[0]
    if tally.cause == "autres":
        return say(_OTHERS)
    if tally.count == 1:
        return first.message
    in_column = _same_column(members)
    alike = all(one.message == first.message for one in members)
    shared = first.message if alike else _what_they_share([one.message for one in members])
    if in_column is None:
        return shared or first.message
    label = first.label or first.column or ""
    what = _without_label(shared, label)
    if what and what == shared and not what.startswith("…"):
        return shared
    if not what or what.startswith("…"):
        expected = {one.expected for one in members}
        wanted = next(iter(expected)) if len(expected) == 1 else None
        asks = tally.severity is Severity.WARNING
        several = "valeurs sont à confirmer" if asks else "valeurs ne conviennent pas"
        one = "valeur est à confirmer" if asks else "valeur ne convient pas"
        what = f"{number(tally.count)}{NBSP}{several if tally.count > 1 else one}"
        what += say(" (attendu : {expected})", expected=wanted) if wanted else ""
        return say("{column} : {what}.", column=in_column, what=what)
    return say("{column} : {what}", column=in_column, what=what)


def _same_column(members: list[Finding]) -> str | None:
    """« Colonne H « Montant » » when they are all in one column."""
    labels = {one.label or one.column for one in members}
    if len(labels) != 1 or None in labels:
        return None
    letters = {one.cell.rstrip("0123456789") for one in members if one.cell}
    label = next(iter(labels))
    if len(letters) != 1:
        return say("Colonne « {label} »", label=label)
    return say("Colonne {letter} « {label} »", letter=next(iter(letters)), label=label)


def _without_label(message: str, label: str) -> str:
    """The message without the column's title before it."""
    before = f"«{NBSP}{label}{NBSP}»{NBSP}: "
    return message.removeprefix(before)


def _what_they_share(messages: list[str]) -> str:
    """« La ligne de … manque. » for sentences that differ by a name only; nothing when they share too little."""
    sentences = [message.split(" ") for message in dict.fromkeys(messages)]
    shortest = min(len(words) for words in sentences)
    head = 0
    while head < shortest and len({words[head] for words in sentences}) == 1:
        head += 1
    tail = 0
    while tail < shortest - head and len({words[-1 - tail] for words in sentences}) == 1:
        tail += 1
    if head + tail < SHARED_WORDS:
        return ""
    first = sentences[0]
    return " ".join([*first[:head], "…", *first[len(first) - tail :]])


def _words(first: int, last: int) -> list[str]:
    if last - first < _RUN:
        return [str(row) for row in range(first, last + 1)]
    return [f"{first} à {last}"]


def _spans(rows: list[int]) -> tuple[tuple[int, int], ...]:
    """Runs of following rows, as (first, last)."""
    spans: list[tuple[int, int]] = []
    for row in rows:
        if spans and row == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], row)
        else:
            spans.append((row, row))
    return tuple(spans)

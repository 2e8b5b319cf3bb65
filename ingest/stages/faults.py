"""Bad cells and mended ones of a section, put in words in the order of the file while there is room for them."""

from __future__ import annotations

from dataclasses import dataclass

from domain.cells import column_letters
from domain.findings import Finding, Severity
from ingest.reading.reasons import NoteCode
from ingest.stages.collector import FindingCollector
from ingest.stages.confirming import About
from ingest.stages.layout import Layout
from ingest.stages.parsed import Notice, Problem
from ingest.stages.sections import IdentifiedSection
from rules.generic import GENERIC
from rules.messages import plural, quoted, say, typeset

_FORMULA = Problem(
    kind="formula-uncached",
    message=say("la formule est enregistrée sans son résultat"),
    hint=say("Ouvrez le fichier dans votre tableur, laissez-le calculer, enregistrez-le de nouveau, puis déposez-le."),
)
_MAYBE_FORMULA = say(
    "Si la case contient une formule, ouvrez le fichier dans votre tableur et enregistrez-le de nouveau : son résultat "
    "n'y est pas. {hint}",
    hint="",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A bad cell, before it is put in words: the position of its record, its column, its text."""

    index: int
    column: str
    text: str
    problem: Problem
    register: bool = False


@dataclass(kw_only=True, slots=True)
class _Tally:
    """A remark made once per column: how often, and where first."""

    notice: Notice
    count: int
    row: int
    value: str


class FaultBook:
    """What the cells of a section have to say to the depositor."""

    def __init__(self, section: IdentifiedSection, layout: Layout, collector: FindingCollector) -> None:
        """One book a section."""
        self._layout, self._collector = layout, collector
        self._notices: dict[tuple[str, str], _Tally] = {}
        notes = [note for note in section.raw.notes if note.code is NoteCode.FORMULA_UNCACHED]
        self._uncached = frozenset(cell for note in notes for cell in note.cells)
        self._more_uncached = sum(note.count for note in notes) > len(self._uncached)
        self._merged = [
            ends for note in section.raw.notes if note.code is NoteCode.MERGED_CELLS for ends in map(_ends, note.cells)
        ]

    @property
    def formulas(self) -> bool:
        """Whether the file has formulas saved without their results."""
        return bool(self._uncached)

    def formula_without_result(self, column: str, row: int) -> Problem | None:
        """The problem of an empty cell that holds a formula saved without its result, else None."""
        return _FORMULA if self._uncached and self._layout.cell(column, row) in self._uncached else None

    def notice(self, column: str, notice: Notice, count: int, row: int, value: str) -> None:
        """Remember a remark that is made once per column."""
        tally = self._notices.setdefault(
            (column, notice.kind),
            _Tally(notice=notice, count=0, row=row, value=value),
        )
        tally.count += count
        if row < tally.row:
            tally.row, tally.value = row, value

    def report(self, rows: list[int], faults: list[Fault]) -> None:
        """Report the bad cells of a batch."""
        faults.sort(key=lambda fault: fault.index)
        collector = self._collector
        for fault in faults:
            code, row, cause = fault.problem.code, rows[fault.index], _cause(fault)
            if collector.wants(GENERIC[code].severity, cause):
                collector.add(self._finding(row, fault), register=fault.register)
            else:
                collector.skip(code, cause, GENERIC[code].severity, row, register=fault.register)

    def report_overflow(self, row: int, index: int, text: str) -> None:
        """Report a record of a CSV with more cells than titles: its figures may be in the wrong columns."""
        letter = column_letters(index)
        self._collector.add(
            Finding(
                code="G-07",
                severity=Severity.ERROR,
                row=row,
                cell=f"{letter}{row}",
                value=None if self._layout.collection.cases else text,
                message=say("La ligne a plus de cases que le tableau n'a de titres."),
                hint=say(
                    "Un séparateur de trop décale les cases : par exemple 1,50 écrit sans guillemets dans un "
                    "fichier séparé par des virgules. Corrigez la ligne : chaque chiffre sous son titre.",
                ),
                cause="G-07:overflow",
            ),
        )

    def finish(self) -> None:
        """Say, once per column, what was understood or mended while reading."""
        for (name, kind), tally in self._notices.items():
            self._collector.add(
                self._layout.finding(
                    tally.notice.code,
                    GENERIC[tally.notice.code].severity,
                    say(
                        "{label} : {what} ({where}).",
                        label=quoted(self._layout.label(name)),
                        what=tally.notice.message,
                        where=plural(tally.count, "case"),
                    ),
                    row=tally.row,
                    column=name,
                    value=tally.value,
                    hint=tally.notice.hint,
                    cause=f"{tally.notice.code}:{name}:{kind}",
                ),
                about=About(value=f"{tally.value} ({tally.count})"),
            )

    def _empty_hint(self, name: str, row: int, hint: str | None) -> str | None:
        """What to do of an empty cell, as far as one can tell why it is empty."""
        column = self._layout.positions.get(self._layout.stand_in(name), -2) + 1
        for first, (left, top), (right, bottom) in self._merged:
            if left <= column <= right and top <= row <= bottom:
                return say(
                    "La case est fusionnée avec {first} : une fusion ne garde qu'un chiffre. Annulez la fusion, puis "
                    "écrivez le chiffre de chaque ligne.",
                    first=first,
                )
        return _MAYBE_FORMULA + (hint or "") if self._more_uncached else hint

    def _finding(self, row: int, fault: Fault) -> Finding:
        column, problem = self._layout.collection.by_name[fault.column], fault.problem
        hint = (self._layout.collection.cases and problem.blind_hint) or problem.hint
        if problem.kind == "empty":
            problem = self.formula_without_result(fault.column, row) or problem
            hint = problem.hint
            if problem.kind == "empty":
                hint = self._empty_hint(fault.column, row, hint)
        label = self._layout.label(self._layout.stand_in(fault.column))
        return self._layout.finding(
            problem.code,
            GENERIC[problem.code].severity,
            say("{label} : {what}.", label=quoted(label), what=problem.message),
            row=row,
            column=fault.column,
            value=fault.text or None,
            expected=typeset(column.expected),
            hint=hint,
            cause=f"{problem.code}:{fault.column}:{problem.kind}",
        )


def _ends(cells: str) -> tuple[str, tuple[int, int], tuple[int, int]]:
    """First cell, and the corners, of « D5:D6 »."""
    first, _, last = cells.partition(":")
    return first, _corner(first), _corner(last or first)


def _corner(cell: str) -> tuple[int, int]:
    """(column, row) of a reference, columns from 1; (0, 0) when it is none."""
    letters = cell.rstrip("0123456789")
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index, int(cell[len(letters) :] or 0)


def _cause(fault: Fault) -> str:
    return f"{fault.problem.code}:{fault.column}:{fault.problem.kind}"

"""The correction kit: only what was rejected, as it was written, with what is wrong with it (contract §6, Answering).

A table that was refused as a whole (more errors than its tolerance) is given back whole, since nothing of it was
accepted. Expected lines that are missing stand at the end, filled with what the register knows, and under them those
that must be reckoned anew because of them (a platform's cumul).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa

from domain.findings import Finding, Severity
from domain.judgement import Judgement, MissingLine, SectionJudgement
from domain.organisations import Directory
from ingest.stages.completing.giving_back import BAD, CASES, CUMULS, FILL, LINES, NUMBER, ROW, TITLE
from ingest.stages.reserved import with_apostrophe
from rendering import wording
from rendering.escaping import visible
from rendering.french import NBSP
from rendering.workbooks.kit import CUMUL, LONGEST_TEXT, MISSING, UNLISTED, KitColumn, KitLine, write_kit
from schemas.columns import RESERVED_COLUMNS

__all__ = ["MOST_CELLS", "write_kits"]

MOST_CELLS: Final = 200_000
"""Above that there is a CSV and no workbook: nobody mends so many cells one by one, and it takes a minute to write."""
MESSAGE_CHARS: Final = 4_000
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_]{0,80}")


def write_kits(
    judgement: Judgement,
    submission_id: str,
    folder: Path,
    *,
    directory: Directory | None = None,
    accepted: Sequence[frozenset[int]] = (),
) -> tuple[Path, ...]:
    """Write the kits of a judged file in `folder`; their paths. None for a section with nothing to give back.

    `accepted`: for each section, rows that an earlier judgement accepted: they stay so, and are not given back.
    """
    made: list[Path] = []
    taken: set[str] = set()
    for number, section in enumerate(judgement.sections):
        if section.rejected is None or section.slug is None or section.period is None:
            continue
        name = f"a_corriger_{section.slug}"
        name = f"{name}_{section.period.code.lower()}" if name in taken else name
        if name in taken or _NAME.fullmatch(name) is None:
            continue
        taken.add(name)
        kit = _Kit(section, section.rejected, directory, accepted[number] if accepted else frozenset())
        made.extend(_write(section, kit, folder / name, submission_id))
    return tuple(made)


def _write(section: SectionJudgement, kit: _Kit, stem: Path, submission_id: str) -> list[Path]:
    if not kit.n_lines:
        return []
    made = [stem.with_suffix(".csv")]
    _write_csv(made[0], kit, submission_id)
    if kit.n_lines * (len(kit.columns) + len(RESERVED_COLUMNS)) <= MOST_CELLS:
        made.append(stem.with_suffix(".xlsx"))
        write_kit(
            made[1],
            kit.lines(apostrophes=False),
            kit.columns,
            submission=submission_id,
            sheet=f"{section.collection}_{section.period.code if section.period else ''}",
            justification=not kit.cases,
        )
    return made


def _write_csv(path: Path, kit: _Kit, submission_id: str) -> None:
    own = RESERVED_COLUMNS[:3]
    asked = [] if kit.cases else [RESERVED_COLUMNS[3]]
    with path.open("w", encoding="utf-8-sig", newline="", errors="backslashreplace") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
        writer.writerow([*own, *(column.title for column in kit.columns), *asked])
        for line in kit.lines(apostrophes=True):
            message = with_apostrophe(line.message.replace("\n", " • "))
            row = "" if line.row is None else str(line.row)
            writer.writerow([submission_id, row, message, *line.texts, *([""] if asked else [])])


@dataclass(slots=True)
class _Notes:
    """What is wrong with one row."""

    findings: list[Finding] = field(default_factory=list)

    def message(self) -> str:
        told = list(dict.fromkeys(_sentence(one) for one in sorted(self.findings, key=lambda one: one.severity.rank)))
        return "\n".join(told)[:MESSAGE_CHARS]


class _Kit:
    """The lines of a kit, made again at each reading: a big one never waits in memory."""

    def __init__(
        self, section: SectionJudgement, rejected: Path, directory: Directory | None, accepted: frozenset[int]
    ) -> None:
        self._section, self._path, self._directory, self._accepted = section, rejected, directory, accepted
        with pa.OSFile(str(rejected), "rb") as source, pa.ipc.open_stream(source) as reader:
            self._schema = reader.schema
            n_rows = sum(row not in accepted for batch in reader for row in batch.column(ROW).to_pylist())
        self._names = [name for name in self._schema.names if name not in {ROW, BAD}]
        facts = [self._schema.field(name).metadata for name in self._names]
        self._fills = [one[FILL].decode() for one in facts]
        self.columns = [KitColumn(title=one[TITLE].decode(), number=json.loads(one[NUMBER])) for one in facts]
        self.cases: bool = json.loads(self._schema.metadata[CASES])
        self._missing = self._to_add() if set(self._fills) & {"code", "nom"} else []
        self.n_lines = n_rows + len(self._missing)
        self._notes = _by_row(section.findings)

    def lines(self, *, apostrophes: bool) -> Iterator[KitLine]:
        """The rejected lines in the order of the file, then the missing ones; `apostrophes`: for a CSV."""
        with pa.OSFile(str(self._path), "rb") as source, pa.ipc.open_stream(source) as reader:
            for batch in reader:
                rows, bad = batch.column(ROW).to_pylist(), batch.column(BAD).to_pylist()
                texts = zip(*(batch.column(name).to_pylist() for name in self._names), strict=True)
                for row, is_bad, cells in zip(rows, bad, texts, strict=True):
                    if row not in self._accepted:
                        yield self._line(row, is_bad, cells, apostrophes=apostrophes)
        yield from self._missing

    def _to_add(self) -> list[KitLine]:
        """The lines that are missing, then the cumuls that were accepted without them: all of them, by service."""
        lines, cumuls = (json.loads(self._schema.metadata[key]) for key in (LINES, CUMULS))
        places = self._section.missing_places or [MissingLine(code=one) for one in self._section.missing_lines]
        added = [self._added(told, one.code, MISSING) for one in places for told in lines[one.service or ""]]
        services = dict.fromkeys(one.service or "" for one in places) if self._section.records_accepted else ()
        return added + [self._added(told, None, CUMUL) for service in services for told in cumuls[service]]

    def _added(self, told: Mapping[str, str], code: str | None, message: str) -> KitLine:
        known = ["" if code is None else self._known(fill, code) for fill in self._fills]
        texts = [told.get(name, one) for name, one in zip(self._names, known, strict=True)]
        return KitLine(row=None, texts=texts, message=message)

    def _line(self, row: int, bad: bool, cells: Sequence[str], *, apostrophes: bool) -> KitLine:  # noqa: FBT001
        notes = self._notes.get(row)
        texts = [_safe(text, csv_cell=apostrophes) for text in cells]
        if notes is None:
            return KitLine(row=row, texts=texts, message=UNLISTED if bad else "")
        return KitLine(
            row=row,
            texts=texts,
            message=notes.message(),
            marks=self._marks(notes.findings),
            asks=any(one.severity is Severity.WARNING for one in notes.findings),
        )

    def _marks(self, findings: Sequence[Finding]) -> dict[int, tuple[Severity, str]]:
        marks: dict[int, tuple[Severity, str]] = {}
        for one in findings:
            if one.column not in self._names or one.severity is Severity.INFO:
                continue
            index = self._names.index(one.column)
            former = marks.get(index)
            worst = one.severity if former is None or one.severity.rank < former[0].rank else former[0]
            marks[index] = (worst, _sentence(one) if former is None else f"{former[1]}\n{_sentence(one)}")
        return marks

    def _known(self, fill: str, code: str) -> str:
        organisation = None if self._directory is None else self._directory.by_code.get(code)
        if fill == "code":
            return code
        if organisation is None:
            return ""
        return str(getattr(organisation, fill, None) or "") if fill else ""


def _by_row(findings: Sequence[Finding]) -> dict[int, _Notes]:
    notes: dict[int, _Notes] = {}
    for one in findings:
        if one.row is not None and one.severity is not Severity.INFO:
            notes.setdefault(one.row, _Notes()).findings.append(one)
    return notes


def _sentence(finding: Finding) -> str:
    """« Erreur : … → … », without the cell: it stands elsewhere here."""
    hint = f" → {visible(finding.hint, None)}" if finding.hint else ""
    word = wording.SEVERITIES[finding.severity.value]
    return f"{word}{NBSP}: {visible(finding.message, None)}{hint}"


def _safe(text: str, *, csv_cell: bool) -> str:
    """The text so that it comes back the same and nothing runs; in a workbook a text is never a formula."""
    if csv_cell:
        return with_apostrophe(text)
    return with_apostrophe(text) if text.startswith("'") else text[:LONGEST_TEXT]

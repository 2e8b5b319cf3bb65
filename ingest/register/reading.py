"""A register from a folder of CSV files or from one workbook, by the road of every deposit (contract §5).

Same reading child, same header matching, same reading of values, same messages.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from domain.cells import column_letters
from domain.errors import CannotDo
from domain.findings import Finding, Severity
from domain.judgement import Detected
from domain.organisations import Directory
from domain.text import normalise_header
from ingest.reading.limits import ReadingLimits
from ingest.reading.raw import RawFile, RawSheet, ReadOutcome, Unreadable, Vocabulary
from ingest.reading.reasons import UnreadableReason
from ingest.register.checking import blocks
from ingest.register.checking.findings import on, on_all
from ingest.register.rows import Rows, snapshot_of
from ingest.register.snapshot import Place, Snapshot
from ingest.stages.headers import PREVIEW_ROWS, nearest_column, read_header
from ingest.stages.screening import Screening, screen_sheet
from ingest.stages.sections import Header
from ingest.stages.values import ColumnReader
from rules.messages import say
from rules.unreadable import unreadable_finding
from schemas.annuaire import OPTIONAL_SHEETS, SHEETS
from schemas.collection import Collection
from schemas.columns import RESERVED_COLUMNS

MAX_ROWS = 20_000
"""Rows of a sheet of the register; the network has some hundreds."""
MAX_FINDINGS_PER_SHEET = 1_000

VOCABULARY = Vocabulary(words=frozenset(header for sheet in SHEETS.values() for header in sheet.header_names))


class FileReader(Protocol):
    """What we need of `ingest.reading.Reader`."""

    def read(self, path: Path, *, name: str, workdir: Path, vocabulary: Vocabulary) -> ReadOutcome:
        """Read the file at `path`, called `name`, into Arrow streams under `workdir`."""
        ...


@dataclass(frozen=True, kw_only=True)
class RegisterReading:
    """What a register says. `whole`: every sheet was read, so that what one says of another can be checked.

    `nominative`: what no deposit may hold (G-12), whatever its collection.
    """

    snapshot: Snapshot
    findings: tuple[Finding, ...]
    detected: Detected = field(default_factory=Detected)
    n_rows: int = 0
    whole: bool = True
    nominative: tuple[Finding, ...] = ()


def read_register(path: Path, reader: FileReader, folder: Path, *, name: str | None = None) -> RegisterReading:
    """Read a folder of CSV files, or a workbook; `folder` holds the work files.

    Raises CannotDo when there is nothing at `path`.
    """
    if path.is_dir():
        return _finish(*_from_folder(path, reader, folder))
    if not path.is_file():
        raise CannotDo(f"there is nothing at {path}: give a folder of CSV files, or a workbook")
    return _finish(*_from_workbook(path, reader, folder, name or path.name))


def directory_of_folder(path: Path) -> Directory:
    """A register of our own (the demonstration's, a test's), read in this process: never one that came from outside.

    Raises CannotDo when it is not as it should be.
    """
    with tempfile.TemporaryDirectory(prefix="guichet-register-") as work:
        reading = read_register(path, _OwnFiles(), Path(work))
    for finding in (*reading.nominative, *reading.findings):
        if blocks([finding]):
            raise CannotDo(f"{path}: {finding.message}")
    return reading.snapshot.directory()


class _OwnFiles:
    """Reads without the child process."""

    def read(self, path: Path, *, name: str, workdir: Path, vocabulary: Vocabulary) -> ReadOutcome:
        """Read a file of ours."""
        from ingest.reading.files import read_file  # noqa: PLC0415 - the child's code, wanted here only

        return read_file(path, name, workdir, vocabulary, ReadingLimits())


_Found = dict[str, tuple[RawFile, RawSheet]]


def _from_folder(path: Path, reader: FileReader, folder: Path) -> tuple[_Found, list[Finding], Detected]:
    found: _Found = {}
    findings: list[Finding] = []
    detected = Detected(format="csv")
    for file in sorted(path.iterdir()):
        sheet = normalise_header(file.stem)
        if not file.is_file() or file.name.startswith(".") or file.suffix.lower() != ".csv":
            continue
        if sheet not in SHEETS:
            findings.append(_ignored(file.name))
            continue
        if sheet in found:
            findings.append(on_all(sheet, "ANN.R01", f"plusieurs fichiers la donnent ({file.name}).", hint=_ONE))
            continue
        work = folder / sheet
        work.mkdir(parents=True, exist_ok=True)
        outcome = reader.read(file, name=file.name, workdir=work, vocabulary=VOCABULARY)
        if isinstance(outcome, Unreadable) and outcome.reason is not UnreadableReason.EMPTY:
            findings.append(_unreadable(sheet, outcome))
        elif isinstance(outcome, Unreadable) or not outcome.sheets:
            findings.append(on_all(sheet, "ANN.R01", "le fichier est vide.", hint=_HEADER_ONLY))
        else:
            found[sheet] = (outcome, outcome.sheets[0])
            detected = Detected(format="csv", encoding=outcome.encoding, separator=outcome.separator)
    findings.extend(_missing(found, findings))
    return found, findings, detected


def _from_workbook(path: Path, reader: FileReader, folder: Path, name: str) -> tuple[_Found, list[Finding], Detected]:
    folder.mkdir(parents=True, exist_ok=True)
    outcome = reader.read(path, name=name, workdir=folder, vocabulary=VOCABULARY)
    found: _Found = {}
    if isinstance(outcome, Unreadable):
        return found, [unreadable_finding(outcome.reason, outcome.detail)], Detected()
    findings: list[Finding] = []
    if outcome.format == "csv":
        findings.append(
            on_all(
                "annuaire",
                "ANN.R01",
                "un seul fichier CSV ne peut pas contenir les feuilles de l’annuaire.",
                hint="Déposez un classeur (XLSX, ODS) dont les feuilles s’appellent organisations, adhesions, "
                "delegations et contacts.",
            )
        )
        return found, findings, Detected(format="csv", encoding=outcome.encoding, separator=outcome.separator)
    for sheet in outcome.sheets:
        slug = normalise_header(sheet.name or "")
        if slug not in SHEETS or not sheet.visible or sheet.path is None:
            if sheet.visible:
                findings.append(_ignored(sheet.name or ""))
        elif slug in found:
            findings.append(on_all(slug, "ANN.R01", f"deux feuilles portent ce nom ({sheet.name}).", hint=_ONE))
        else:
            found[slug] = (outcome, sheet)
    findings.extend(_missing(found, findings))
    return found, findings, Detected(format=outcome.format)


_ONE = "N’en gardez qu’une."
_HEADER_ONLY = "Une feuille sans ligne garde sa ligne de titres."


def _ignored(name: str) -> Finding:
    return Finding(
        code="G-22",
        severity=Severity.INFO,
        cause="G-22",
        message=say("« {name} » n’est pas une feuille de l’annuaire : ignoré.", name=name),
    )


def _unreadable(sheet: str, outcome: Unreadable) -> Finding:
    """The same words as for any deposit; the whole register waits for it."""
    found = unreadable_finding(outcome.reason, outcome.detail)
    return replace(found, message=say("Feuille « {sheet} » : ", sheet=sheet) + found.message, cause=f"ANN.R01:{sheet}:")


def _missing(found: _Found, findings: list[Finding]) -> Iterator[Finding]:
    told = {finding.cause for finding in findings}
    for sheet in SHEETS:
        if sheet not in found and sheet not in OPTIONAL_SHEETS and f"ANN.R01:{sheet}:" not in told:
            yield on_all(
                sheet,
                "ANN.R01",
                "elle est absente. Un import dit tout : ce qui n’y est pas prend fin.",
                hint=f"Ajoutez {sheet}.csv (ou la feuille « {sheet} » du classeur), même réduite à sa ligne de titres.",
            )


def _finish(found: _Found, findings: list[Finding], detected: Detected) -> RegisterReading:
    tables: dict[str, Rows] = {}
    whole = not blocks(findings)
    nominative: list[Finding] = []
    for slug, sheet in SHEETS.items():
        if slug in found:
            raw_file, raw = found[slug]
            read = _Sheet(sheet, raw, raw_file).read()
            findings.extend(read.findings)
            nominative.extend(read.nominative)
            whole = whole and read.rows is not None
            tables[slug] = read.rows or []
    return RegisterReading(
        snapshot=snapshot_of(tables),
        findings=tuple(findings),
        detected=detected,
        n_rows=sum(map(len, tables.values())),
        whole=whole,
        nominative=tuple(nominative),
    )


@dataclass(frozen=True, kw_only=True)
class _SheetRead:
    findings: list[Finding]
    rows: Rows | None
    nominative: tuple[Finding, ...] = ()


class _Sheet:
    """Reads one sheet: its header, then its rows."""

    def __init__(self, collection: Collection, raw: RawSheet, file: RawFile) -> None:
        self._collection = collection
        self._raw = raw
        self._findings: list[Finding] = []
        self._formulas = sum(note.count for note in (*raw.notes, *file.notes) if note.code == "formula_uncached")

    def read(self) -> _SheetRead:
        """Rows with their places; None when the sheet has no usable header."""
        name = self._collection.slug
        preview = self._raw.preview(PREVIEW_ROWS)
        reading = read_header(preview, self._collection, self._raw.n_columns)
        nominative = screen_sheet(self._raw, Screening(header=reading.header, preview=preview))
        if reading.header is None:
            self._findings.append(
                on_all(
                    name,
                    "G-06",
                    "aucune ligne de titres n’a été reconnue.",
                    hint=f"La première ligne doit être : {';'.join(self._collection.by_name)}",
                )
            )
            return _SheetRead(findings=self._findings, rows=None, nominative=nominative)
        header = reading.header
        self._columns(header)
        if self._formulas:
            self._findings.append(
                on_all(
                    name,
                    "G-10",
                    "des formules ont été enregistrées sans leur valeur.",
                    hint="Ouvrez le classeur dans un tableur, puis enregistrez-le de nouveau.",
                )
            )
        if nominative or blocks(self._findings):
            return _SheetRead(findings=self._findings, rows=None, nominative=nominative)
        return _SheetRead(findings=self._findings, rows=list(self._rows(header)))

    def _columns(self, header: Header) -> None:
        name = self._collection.slug
        for column in self._collection.columns:
            if column.name not in header.columns and not column.optional:
                self._findings.append(
                    on_all(
                        name,
                        "G-06",
                        f"la colonne « {column.name} » manque.",
                        hint=f"Ajoutez-la, même vide. Titres attendus : {';'.join(self._collection.by_name)}",
                    )
                )
        for index, title in header.unknown:
            if not title or normalise_header(title) in RESERVED_COLUMNS:
                continue
            twice = self._collection.header_names.get(normalise_header(title))
            if twice is not None:
                letters = f"{column_letters(header.columns[twice])}, {column_letters(index)}"
                self._findings.append(
                    on_all(
                        name,
                        "G-06",
                        f"la colonne « {twice} » est donnée plusieurs fois ({letters}).",
                        hint=_ONE,
                    )
                )
                continue
            near = nearest_column(title, self._collection)
            self._findings.append(
                on(
                    Place(sheet=name, row=header.row, letters={"?": column_letters(index)}, labels={"?": title}),
                    "G-07",
                    f"la colonne « {title} » est inconnue et n’est pas lue.",
                    severity=Severity.WARNING,
                    column="?",
                    value=title,
                    hint=f"Vouliez-vous dire « {near.name} » ?" if near else "Supprimez-la, ou corrigez son titre.",
                )
            )

    def _rows(self, header: Header) -> Iterator[tuple[Place, dict[str, object], bool]]:
        letters = {name: column_letters(index) for name, index in header.columns.items()}
        readers = {column.name: ColumnReader(column) for column in self._collection.columns}
        count = 0
        for number, cells in self._raw_rows(header):
            texts = {
                name: (cells[index] if index < len(cells) else None) or "" for name, index in header.columns.items()
            }
            if not any(text.strip() for text in texts.values()) or _is_nil(cells):
                continue
            count += 1
            place = Place(sheet=self._collection.slug, row=number, letters=letters, labels=header.labels)
            if count > MAX_ROWS:
                self._findings.append(
                    on(
                        place,
                        "G-14",
                        f"la feuille a plus de {MAX_ROWS} lignes.",
                        hint="Vérifiez son contenu.",
                    )
                )
                return
            yield (place, *self._row(place, texts, readers))

    def _row(
        self,
        place: Place,
        texts: Mapping[str, str],
        readers: Mapping[str, ColumnReader],
    ) -> tuple[dict[str, object], bool]:
        values: dict[str, object] = {}
        good = True
        for name, reader in readers.items():
            text = texts.get(name, "")
            parsed = reader(text)
            values[name] = parsed.value
            told = parsed.problem or parsed.notice
            if parsed.problem is not None:
                good = False
            if told is not None and len(self._findings) < MAX_FINDINGS_PER_SHEET:
                self._findings.append(
                    on(
                        place,
                        told.code,
                        f"« {name} » : {told.message}.",
                        severity=Severity.ERROR if parsed.problem is not None else Severity.WARNING,
                        column=name,
                        value=text.strip() or None,
                        expected=reader.column.expected,
                        hint=told.hint,
                    )
                )
        return values, good

    def _raw_rows(self, header: Header) -> Iterator[tuple[int, list[str | None]]]:
        for batch in self._raw.batches():
            columns = [column.to_pylist() for column in batch.columns]
            for row, *cells in zip(*columns, strict=True):
                if row >= header.body_from:
                    yield row, list(cells)


def _is_nil(cells: list[str | None]) -> bool:
    told = [text.strip() for text in cells if text and text.strip()]
    return len(told) == 1 and normalise_header(told[0]) == "neant"

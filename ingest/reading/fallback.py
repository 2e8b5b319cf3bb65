"""The second reader of XLSX, tried when the first refuses a workbook: openpyxl, streamed and without entities.

No reader reads everything: in 912 public test workbooks, 27 opened with calamine only and 8 with openpyxl only.
"""

from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.chartsheet import Chartsheet

from ingest.reading.cells import cell_array
from ingest.reading.limits import ReadingLimits
from ingest.reading.raw import RawSheet, ReadNote
from ingest.reading.reasons import NoteCode, UnreadableReason
from ingest.reading.refusals import RefusedError
from ingest.reading.streams import SheetWriter
from ingest.reading.workbooks import Extras, sheet_notes

__all__ = ["read_with_openpyxl"]

LAST_ROW = 1_048_576
CELLS_PER_BATCH = 200_000


def read_with_openpyxl(path: Path, folder: Path, extras: Extras, limits: ReadingLimits) -> list[RawSheet]:
    """Read every worksheet into `folder/sheet-N.arrow`.

    Raises:
        RefusedError: a limit was passed, or it cannot read the workbook either.
    """
    try:
        # Opened here: by a path, it insists on an extension, which the copy that we read need not have.
        source = path.open("rb")
        book = load_workbook(source, read_only=True, data_only=True, keep_links=False)
        return [_read(sheet, index, folder, extras, limits) for index, sheet in enumerate(_sheets(book))]
    except (RefusedError, MemoryError):
        raise
    except Exception as error:  # it raises whatever the damaged part makes it stumble on
        raise RefusedError(UnreadableReason.CORRUPT, kind="workbook") from error


def _sheets(book: Any) -> list[Any]:
    return [*book.worksheets, *book.chartsheets] if book.chartsheets else list(book.worksheets)


def _read(sheet: Any, index: int, folder: Path, extras: Extras, limits: ReadingLimits) -> RawSheet:
    visible = sheet.sheet_state == "visible"
    if isinstance(sheet, Chartsheet) or sheet.title in extras.vast:
        notes = (ReadNote(code=NoteCode.NOT_A_WORKSHEET),) if isinstance(sheet, Chartsheet) else ()
        return RawSheet(
            index=index,
            name=sheet.title,
            visible=visible,
            path=None,
            n_rows=0,
            n_columns=0,
            notes=notes,
        )
    # The stated dimension may be too small, and cells outside it would be dropped.
    sheet.reset_dimensions()
    target = folder / f"sheet-{index}.arrow"
    rows = sheet.iter_rows(values_only=True)
    first_row, size = 1, 1000
    with SheetWriter(target, limits) as writer:
        while chunk := list(islice(rows, size)):
            writer.write(first_row, [cell_array(values) for values in zip_longest(*chunk)])
            first_row += len(chunk)
            if first_row > LAST_ROW + 1:
                raise RefusedError(UnreadableReason.TOO_MANY_ROWS, limit=LAST_ROW)
            size = min(limits.batch_rows, max(100, CELLS_PER_BATCH // max(len(chunk[-1]), 1)))
    return RawSheet(
        index=index,
        name=sheet.title,
        visible=visible,
        path=target,
        n_rows=writer.n_rows,
        n_columns=writer.n_columns,
        notes=sheet_notes(extras.of(index, sheet.title), []) if visible else (),
    )

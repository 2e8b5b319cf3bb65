"""What the annotating child does: opens one untrusted workbook and writes its annotated copy, plain when it must."""

import errno
import json
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook

from ingest.annotating.contents import contents_of
from ingest.limited.confinement import no_new_privileges
from ingest.reading.limits import ReadingLimits
from ingest.reading.refusals import RefusedError
from ingest.reading.streams import read_batches
from rendering.french import count, typeset
from rendering.workbooks import remarks
from rendering.workbooks.annotated import annotate
from rendering.workbooks.annotation import AnnotationPlan
from rendering.workbooks.plain import CELLS_KEPT, PlainSheet, write_plain
from rendering.workbooks.remarks import WhyPlain

__all__ = ["COPY_NAME", "RESULT_NAME", "AnnotatingJob"]

COPY_NAME: Final = "annote.xlsx"
RESULT_NAME: Final = "result.json"
ROWS_AT_ONCE: Final = 2_000
_REOPENED: Final = frozenset({"xlsx", "xlsm"})
_OUR_DISK: Final = frozenset({errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.ENOENT})


class AnnotatingJob:
    """Writes `workdir/annote.xlsx`, and says in `workdir/result.json` whether it kept the workbook."""

    open_files = 256
    """A streamed workbook holds one temporary file a sheet."""
    needed_calls = frozenset({"utimensat"})
    """The instants of these files, which end in the workbook: always the same."""

    def take(self, document: dict[str, Any]) -> bool:
        """Nothing is shared by the children."""
        del document
        return False

    def warm_up(self) -> None:
        """Write a small workbook and a French number."""
        no_new_privileges()
        Workbook().save(BytesIO())
        typeset(count(1_234, "ligne"))

    def reads(self, document: dict[str, Any]) -> Iterable[Path]:
        """The depositor's file, the messages, the tables as they were read."""
        tables = (table["path"] for table in document["tables"])
        return [Path(one) for one in (document["path"], document["plan"], *tables) if one is not None]

    def run(self, document: dict[str, Any]) -> None:
        """Annotate `path`, a file of `format` whose `tables` were read; `plain`: do not even try to reopen it."""
        workdir = Path(document["workdir"])
        tempfile.tempdir = str(workdir)
        warnings.simplefilter("ignore")  # they go where last words go, and may quote the file
        limits = ReadingLimits.from_document(document["limits"])
        plan = AnnotationPlan.from_json(Path(document["plan"]).read_bytes())
        target = workdir / COPY_NAME
        why = WhyPlain.FORMAT
        if document["plain"]:
            why = WhyPlain.LIMITS
        elif document["format"] in _REOPENED:
            failed = _reopened(Path(document["path"]), target, plan, document, limits)
            if failed is None:
                _say(workdir, kept=True, why="")
                return
            why = failed
        target.unlink(missing_ok=True)
        try:
            reason = remarks.why_plain(why, document["format"], CELLS_KEPT)
            write_plain(target, plan, _sheets(document), reason=reason, tmpdir=workdir)
        except OSError as error:
            if error.errno != errno.EFBIG:
                raise
            why = "too large"  # type: ignore[assignment]  # said to the log only
            target.unlink(missing_ok=True)
        _say(workdir, kept=False, why=str(why))


def _reopened(
    path: Path,
    target: Path,
    plan: AnnotationPlan,
    document: dict[str, Any],
    limits: ReadingLimits,
) -> WhyPlain | None:
    """Annotate the workbook itself; why that was not possible."""
    try:
        contents = contents_of(path, limits, CELLS_KEPT)
        if contents.n_cells > CELLS_KEPT:
            return WhyPlain.SIZE
        annotate(
            path,
            target,
            plan,
            sheets={table["index"]: table["name"] for table in document["tables"] if table["name"] is not None},
            cached=contents.cached,
            recalculate=contents.recalculate,
            losses=[remarks.loss(kind) for kind in contents.losses],
        )
    except MemoryError:
        raise
    except OSError as error:
        if error.errno in _OUR_DISK:
            raise
        return WhyPlain.LIBRARY
    except RefusedError:
        return WhyPlain.LIBRARY
    except Exception:  # noqa: BLE001 - it raises whatever a damaged part makes it stumble on
        return WhyPlain.LIBRARY
    return None


def _say(workdir: Path, *, kept: bool, why: str) -> None:
    (workdir / RESULT_NAME).write_text(json.dumps({"kept": kept, "why": why}), encoding="ascii")


def _sheets(document: dict[str, Any]) -> Sequence[PlainSheet]:
    return [
        PlainSheet(
            index=table["index"],
            name=table["name"],
            n_columns=table["n_columns"],
            rows=partial(_rows, Path(table["path"]), table["n_columns"]),
        )
        for table in document["tables"]
        if table["path"] is not None
    ]


def _rows(path: Path, width: int) -> Iterator[tuple[int, Sequence[str | None]]]:
    for batch in read_batches(path, width):
        for start in range(0, batch.num_rows, ROWS_AT_ONCE):
            part = batch.slice(start, ROWS_AT_ONCE)
            for number, *cells in zip(*(column.to_pylist() for column in part.columns), strict=True):
                yield number, cells
